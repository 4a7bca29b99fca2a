"""Secrets that a stack file shows to everyone who reads it. Rules GA701 to GA719."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from catalog.secrets import has_access_key_id, recognise_secret
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.rule import rule

_SHOWN = 4


@rule(701)
def variables_hold_no_secret(draft: Draft) -> Iterator[Finding]:
    """Everyone who reads the stack file, or may describe the model, reads a variable's value."""
    places = ("image.env", *(f"{at}.env" for at in draft.other_variants))
    fix = (
        "take it out and revoke it; a Hub token goes into genai:hubToken or model.tokenSecretArn, any other secret into "
        "Secrets Manager, where the container can read it"
    )
    for at in places:
        yield from _secrets(draft, at, draft.group(at), fix)


@rule(702)
def tags_hold_no_secret(draft: Draft) -> Iterator[Finding]:
    """Tags are shown on bills and to everyone who may list the resources."""
    yield from _secrets(draft, "tags", draft.group("tags"), "take it out and revoke it")


@rule(703)
def statements_hold_no_secret(draft: Draft) -> Iterator[Finding]:
    """A policy is read by everyone who may see the role."""
    fix = "take it out and revoke it; a policy names resources and principals, never their keys"
    for at in ("roles.executionStatements", "invoker.statements"):
        statements = draft.value(at, list) or []
        texts = {
            str(number): " ".join(_texts(statement)) for number, statement in enumerate(statements)
        }
        yield from _secrets(draft, at, texts, fix)


@rule(704)
def template_holds_no_secret(draft: Draft) -> Iterator[Finding]:
    """A template becomes a variable of the function, which everyone who may see the function reads."""
    request = {} if draft.is_wrong("invoker.template") else draft.group("invoker.template.request")
    texts = {name: " ".join(_texts(value)) for name, value in request.items()}
    fix = "take it out and revoke it; a container behind SageMaker needs no key from its caller"
    yield from _secrets(draft, "invoker.template.request", texts, fix)


def _secrets(draft: Draft, at: str, entries: Mapping[str, Any], fix: str) -> Iterator[Finding]:
    texts = {name: value for name, value in entries.items() if isinstance(value, str)}
    has_access_key = any(map(has_access_key_id, texts.values()))
    for name, value in texts.items():
        if draft.is_wrong(f"{at}.{name}"):
            continue
        found = recognise_secret(value, beside_access_key=has_access_key)
        if found:
            what, secret = found
            message = (
                f"holds {what} ({secret[:_SHOWN]}...) that everyone who reads this file can see"
            )
            yield Finding(draft.key(f"{at}.{name}"), message, fix)


def _texts(value: object) -> Iterator[str]:
    """Every text in a statement."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in cast("Mapping[object, object]", value).items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _texts(inner)
