"""What can be relied on in settings that are wrong elsewhere: the ground for the rules."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ValidationError

from catalog.errors import CatalogError
from catalog.images import Contract, ServingImage, choose_image, lookup_family
from catalog.instances import InstanceType, lookup_instance
from settings.defaults import default_of
from settings.image_uri import CUSTOM_FAMILY, PACKAGE_FAMILY
from settings.model_folder import ModelFolder, read_folder
from settings.model_source import HubModel, SourceKind, hub_model, source_kind
from settings.sections.endpoint import Mode
from settings.stack_settings import StackSettings, default_endpoint_name

KeyPath = tuple[object, ...]
T = TypeVar("T")


class Machine(NamedTuple):
    """An instance type that the stack names, and where."""

    key: str
    """Such as `endpoint.variants.candidate.instanceType`."""

    instance: InstanceType
    """Its hardware."""


class Draft:
    """The settings that passed their own checks, with defaults for those that are absent.

    A setting that is missing or wrong has no value, and a rule that needs it stays silent: what is wrong
    with it is told already.
    """

    def __init__(
        self,
        sections: Mapping[str, Any],
        wrong: Iterable[KeyPath],
        *,
        region: str | None,
        project: str,
        stack: str,
        project_dir: Path,
    ) -> None:
        """`wrong` is where an error is told already: paths of keys, as written in YAML."""
        self._sections = sections
        self._wrong = tuple(wrong)
        self.region = region
        self.project = project
        self.stack = stack
        self.project_dir = project_dir

    def value(self, dotted: str, kind: type[T]) -> T | None:
        """The value at `endpoint.volumeGb`, or its default; None if it has none, or is missing or wrong."""
        return self._value(tuple(dotted.split(".")), kind)

    def entry_value(self, dotted: str, name: str, key: str, kind: type[T]) -> T | None:
        """The value of `key` in the entry `name` of a group; a name may hold dots."""
        return self._value((*dotted.split("."), name, key), kind)

    def _value(self, path: KeyPath, kind: type[T]) -> T | None:
        if self._is_wrong(path):
            return None
        found = self._said(path)
        if found is None:
            found = default_of(path)
        if isinstance(found, BaseModel):
            found = found.model_dump(by_alias=True)
        # A whole number is as good as any other where a fraction may stand.
        if kind is float and isinstance(found, int):
            found = _as_float(found)
        return cast("T", found) if isinstance(found, kind) else None

    def group(self, dotted: str) -> Mapping[str, Any]:
        """The entries at `endpoint.variants`, by name; empty if there are none, or not as a group.

        An entry may be wrong by itself.
        """
        path = tuple(dotted.split("."))
        is_wrong = any(path[: len(other)] == other for other in self._wrong)
        found = None if is_wrong else self._said(path)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def is_said(self, dotted: str) -> bool:
        """Whether the stack says anything at this key, right or wrong."""
        return self._said(tuple(dotted.split("."))) is not None

    def said_among(self, *dotted: str) -> Iterator[str]:
        """Those of some keys at which the stack says something, and nothing wrong."""
        return (key for key in dotted if self.is_said(key) and not self.is_wrong(key))

    def is_wrong(self, dotted: str) -> bool:
        """Whether something at, above or below this key is told to be wrong already."""
        return self._is_wrong(tuple(dotted.split(".")))

    def key(self, dotted: str) -> str:
        """`genai:endpoint.name` for `endpoint.name`."""
        return f"{self.project}:{dotted}"

    @cached_property
    def whole(self) -> StackSettings | None:
        """The settings with everything that follows from them; None while any of them is wrong by itself."""
        if self._wrong or self.region is None:
            return None
        said = {"project": self.project, "stack": self.stack, "region": self.region}
        try:
            return StackSettings.model_validate({**self._sections, **said})
        except ValidationError:
            return None

    @property
    def mode(self) -> Mode | None:
        """How the model is hosted."""
        return cast("Mode | None", self.value("endpoint.mode", str))

    @property
    def source(self) -> str | None:
        """Where the model comes from."""
        return self.value("model.source", str)

    @property
    def source_kind(self) -> SourceKind | None:
        """Which form the source has."""
        return None if self.source is None else source_kind(self.source)

    @property
    def hub(self) -> HubModel | None:
        """The model's id and revision on the Hub, if it comes from there."""
        if self.source is None or self.source_kind != "hub":
            return None
        return hub_model(self.source)

    @cached_property
    def model_folder(self) -> ModelFolder | None:
        """What lies in the model's folder, if it is on this machine."""
        if self.source is None or self.source_kind != "folder":
            return None
        return read_folder(self.project_dir / self.source)

    @property
    def family(self) -> str | None:
        """The image family."""
        return self.value("image.family", str)

    @property
    def brings_its_own_image(self) -> bool:
        """Whether the catalog knows nothing of the image."""
        return self.family in {CUSTOM_FAMILY, PACKAGE_FAMILY}

    @property
    def variables(self) -> Mapping[str, str] | None:
        """The container's variables that the stack gives."""
        return self.value("image.env", dict)

    @property
    def endpoint_name(self) -> str | None:
        """The endpoint's name: given, or made of project and stack."""
        if self.is_said("endpoint.name") or self.is_wrong("endpoint.name"):
            return self.value("endpoint.name", str)
        return default_endpoint_name(self.project, self.stack)

    @property
    def instance_type(self) -> str | None:
        """Name of the instance type; None in the mode serverless, which has none."""
        return None if self.mode == "serverless" else self.value("endpoint.instanceType", str)

    @property
    def instance(self) -> InstanceType | None:
        """The instance type, if it is known to AWS and to the catalog."""
        return known_instance(self.instance_type)

    @property
    def other_variants(self) -> tuple[str, ...]:
        """Where the stack describes variants besides the main one: `endpoint.shadow`."""
        names = (str(name) for name in self.group("endpoint.variants"))
        shadow = ["endpoint.shadow"] if self.group("endpoint.shadow") else []
        # A name with a dot in it is told to be wrong already.
        return (*(f"endpoint.variants.{name}" for name in names if "." not in name), *shadow)

    @property
    def places_of_types(self) -> tuple[str, ...]:
        """Where the stack may name an instance type; nowhere in the mode serverless."""
        if self.mode == "serverless":
            return ()
        return ("endpoint.instanceType", *(f"{at}.instanceType" for at in self.other_variants))

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """The instance types that the stack names and the catalog knows: the main one's, then the variants'."""
        known = {at: known_instance(self.value(at, str)) for at in self.places_of_types}
        return tuple(Machine(at, instance) for at, instance in known.items() if instance)

    @cached_property
    def images(self) -> tuple[ServingImage, ...]:
        """The images that may be meant: one once mode or instance type tell, none if the stack brings its own."""
        if self.family is None or self.brings_its_own_image:
            return ()
        if self.mode == "serverless":
            return (choose_image(self.family, None),)
        if self.instance is None:
            return lookup_family(self.family)
        return (choose_image(self.family, self.instance),)

    @property
    def image(self) -> ServingImage | None:
        """The image of the family, if it is known which one is meant."""
        return self.images[0] if len(self.images) == 1 else None

    @property
    def contract(self) -> Contract | None:
        """How the container is asked: as the stack says, or as its image speaks."""
        said = self.value("invoker.contract", str)
        if said == "auto":
            return self.image.contract if self.image else None
        return cast("Contract | None", said)

    def _said(self, path: KeyPath) -> Any:
        value: Any = self._sections
        for step in path:
            if not isinstance(value, Mapping) or step not in value:
                return None
            value = cast("Mapping[object, Any]", value)[step]
        return value

    def _is_wrong(self, path: KeyPath) -> bool:
        return any(_overlap(path, other) for other in self._wrong)


def known_instance(name: str | None) -> InstanceType | None:
    """The hardware of an instance type, if the catalog knows it."""
    try:
        return lookup_instance(name) if name else None
    except CatalogError:
        return None


def _as_float(number: int) -> float | None:
    try:
        return float(number)
    except OverflowError:  # no setting is as large as that
        return None


def _overlap(path: KeyPath, other: KeyPath) -> bool:
    shared = min(len(path), len(other))
    return path[:shared] == other[:shared]
