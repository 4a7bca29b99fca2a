"""What people may configure of a policy: one declaration for Pulumi's schema, the defaults and the checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

ENFORCEMENT = "enforcementLevel"
Level = Literal["advisory", "mandatory", "disabled"]
LEVELS: tuple[Level, ...] = ("advisory", "mandatory", "disabled")
Kind = Literal["integer", "number", "boolean", "texts", "texts by name"]
_SCHEMAS: Mapping[Kind, Mapping[str, Any]] = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "texts by name": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    },
}


class PolicyConfigError(ValueError):
    """What was configured cannot be used; the text tells where, and what was expected."""


@dataclass(frozen=True)
class Option:
    """One thing to configure."""

    kind: Kind
    default: Any
    """None is: not used unless given."""

    description: str
    minimum: float | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """As JSON schema, for Pulumi."""
        said = {**_SCHEMAS[self.kind], "description": self.description}
        if self.minimum is not None:
            said["minimum"] = self.minimum
        return said if self.default is None else {**said, "default": self.default}

    def check(self, value: Any, where: str) -> Any:
        """Return the value to use.

        Raises:
            PolicyConfigError: it is of another kind, or too small.
        """
        if not _is(self.kind, value):
            raise PolicyConfigError(f"{where}: expected {_TOLD[self.kind]}, found {value!r}")
        if self.minimum is not None and value < self.minimum:
            raise PolicyConfigError(f"{where}: expected at least {self.minimum:g}, found {value!r}")
        return value


_TOLD: Mapping[Kind, str] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "texts": "a list of texts",
    "texts by name": "lists of texts by name",
}


def _is(kind: Kind, value: Any) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "number" | "integer":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return kind == "number" or float(value).is_integer()  # JSON has no other numbers
        case "texts":
            return isinstance(value, list) and all(
                isinstance(text, str) for text in cast("list[Any]", value)
            )
        case "texts by name":
            return isinstance(value, dict) and all(
                _is("texts", texts) for texts in cast("dict[str, Any]", value).values()
            )


def settled(options: Mapping[str, Option], said: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Every option's value: what was said, or the default.

    Raises:
        PolicyConfigError: something else was said, or something in another form.
    """
    strange = sorted(said.keys() - options.keys())
    if strange:
        known = ", ".join(sorted(options)) or "none"
        raise PolicyConfigError(f"{where}: there is no option {strange[0]!r}; it has {known}")
    return {
        name: option.check(said[name], f"{where}.{name}") if name in said else option.default
        for name, option in options.items()
    }
