"""IAM statements of one's own: in the form of a policy document, and no broader than one would sign."""

from typing import Any

from settings.wording import one_of, quote, refuse, suggestion

_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_EXAMPLE = "{Effect: Allow, Action: s3:GetObject, Resource: arn:aws:s3:::my-bucket/lookup/*}"


def check_statement(statement: dict[str, Any]) -> dict[str, Any]:
    """Refuse what IAM would refuse, and an action or resource left wide open."""
    for key in statement:
        if key not in _KEYS:
            fix = suggestion(key, _KEYS, otherwise="remove it")
            raise refuse(f"{quote(key)} is not part of an IAM statement ({', '.join(_KEYS)})", fix)
    if statement.get("Effect") not in {"Allow", "Deny"}:
        raise refuse(f"a statement needs Effect, {one_of(('Allow', 'Deny'))}", f"write {_EXAMPLE}")
    for key, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if (key in statement) == (other in statement):
            raise refuse(f"a statement needs either {key} or {other}", f"write {_EXAMPLE}")
        _check_texts(key if key in statement else other, statement)
    if not isinstance(statement.get("Condition", {}), dict):
        raise refuse("Condition must be a group: operator, then key and value", f"write {_EXAMPLE}")
    if statement["Effect"] == "Allow":
        _check_breadth(statement)
    return statement


def _check_texts(key: str, statement: dict[str, Any]) -> None:
    values = _listed(statement[key])
    if not values or not all(isinstance(value, str) and value for value in values):
        raise refuse(f"{key} must be a text or a list of texts", f"write {_EXAMPLE}")


def _check_breadth(statement: dict[str, Any]) -> None:
    if "NotAction" in statement or "NotResource" in statement:
        raise refuse(
            "NotAction and NotResource allow everything that nobody thought of",
            "name the actions and resources that are needed",
        )
    for action in _listed(statement["Action"]):
        if action == "*" or action.endswith(":*"):
            raise refuse(
                f"the action {quote(action)} allows everything, of a service or of all",
                "name the actions that are needed, such as s3:GetObject",
            )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
