"""IAM statements of one's own: in the form of a policy document, and no broader than one would sign."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator

from settings import limits
from settings.wording import one_of, quote, refuse, suggestion

_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_EXAMPLE = "{Effect: Allow, Action: s3:GetObject, Resource: arn:aws:s3:::my-bucket/lookup/*}"
# docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html (read 2026-11-25).
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_WILDCARDS = "*?"


def check_statements(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Refuse what IAM would refuse of them together: they become one policy."""
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    for sid in sids:
        if sids.count(sid) > 1:
            raise refuse(f"two statements have the Sid {quote(sid)}", "rename one, or remove both")
    written = len(json.dumps(statements, separators=(",", ":")))
    if written > limits.OWN_STATEMENTS_CHARACTERS:
        raise refuse(
            f"the statements have {written} characters; IAM allows the policies of a role 10240 in all, of which"
            f" {limits.OWN_STATEMENTS_CHARACTERS} are for yours",
            "put several actions or resources into one statement, or name them by a common prefix",
        )
    return statements


def check_statement(statement: dict[str, Any]) -> dict[str, Any]:
    """Refuse what IAM would refuse, and an action left wide open."""
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
    _check_form(statement)
    if statement["Effect"] == "Allow":
        _check_breadth(statement)
    return statement


def _check_texts(key: str, statement: dict[str, Any]) -> None:
    values = _listed(statement[key])
    if not values or not all(isinstance(value, str) and value for value in values):
        raise refuse(f"{key} must be a text or a list of texts", f"write {_EXAMPLE}")


def _check_form(statement: dict[str, Any]) -> None:
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        raise refuse("Sid must be letters and digits", "write such as Sid: ReadLookup")
    # Nothing is quoted: what stands in the place of an ARN may be a secret.
    for key, value in statement.items():
        texts = _listed(value)
        if key.endswith("Action") and not all(map(_ACTION.fullmatch, texts)):
            raise refuse(
                f"{key} must be a service and what it does, or *", "write such as s3:GetObject"
            )
        if key.endswith("Resource") and not all(map(_RESOURCE.fullmatch, texts)):
            raise refuse(
                f"{key} must be an ARN, or *", "write such as arn:aws:s3:::my-bucket/lookup/*"
            )
    _check_condition(statement.get("Condition", {}))


def _check_condition(condition: Any) -> None:
    if not isinstance(condition, dict) or not all(
        isinstance(compared, dict) for compared in condition.values()
    ):
        raise refuse(
            "Condition must be a group: operator, then key and value",
            'write such as Condition: {StringEquals: {"aws:SourceAccount": "123456789012"}}',
        )


def _check_breadth(statement: dict[str, Any]) -> None:
    if "NotAction" in statement or "NotResource" in statement:
        raise refuse(
            "NotAction and NotResource allow everything that nobody thought of",
            "name the actions and resources that are needed",
        )
    for action in _listed(statement["Action"]):
        if not action.rpartition(":")[2].strip(_WILDCARDS):
            raise refuse(
                f"the action {quote(action)} allows everything, of a service or of all",
                "name the actions that are needed, such as s3:GetObject",
            )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


Statements = Annotated[
    list[Annotated[dict[str, Any], AfterValidator(check_statement)]],
    AfterValidator(check_statements),
]
"""What a stack adds to a role."""
