"""Secrets that a stack file shows to everyone who reads it. Rules GA701 to GA719."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from settings.draft import Draft
from settings.problems import Finding
from settings.rules.rule import rule

# The forms that their makers document, or that GitHub's secret scanning looks for:
# docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
_FORMS = {
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "the id of an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
    "an API key (sk-...)": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
_ACCESS_KEY_ID = _FORMS["the id of an AWS access key"]
# An AWS secret access key has no form of its own: 40 characters, recognised only beside an id.
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
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
    has_access_key = any(map(_ACCESS_KEY_ID.search, texts.values()))
    for name, value in texts.items():
        if draft.is_wrong(f"{at}.{name}"):
            continue
        found = _recognise(value, beside_access_key=has_access_key)
        if found:
            what, secret = found
            message = (
                f"holds {what} ({secret[:_SHOWN]}...) that everyone who reads this file can see"
            )
            yield Finding(draft.key(f"{at}.{name}"), message, fix)


def _recognise(text: str, *, beside_access_key: bool) -> tuple[str, str] | None:
    """What kind of secret a text holds, and the secret itself."""
    for what, form in _FORMS.items():
        if match := form.search(text):
            return what, match[0]
    if beside_access_key and (match := _AWS_SECRET.search(text)):
        return "an AWS secret access key", match[0]
    return None


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
