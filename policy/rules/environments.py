"""No secret stands in an environment, where everyone who may describe the function or the model reads it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from catalog.hub import hub_families, token_variable
from catalog.secrets import has_access_key_id, is_secret_name, recognise_secret
from policy.findings import Finding
from policy.records import UNKNOWN, Resource, Secret, opened

FUNCTION = "aws:lambda/function:Function"
MODEL = "aws:sagemaker/model:Model"
_REFERENCES = ("arn:", "ssm:", "secretsmanager:")

TOKENS_OF_CONTAINERS: Mapping[str, str] = {
    token_variable(
        family
    ): "images that fetch from the Hub read their token from this variable and from nowhere else "
    "(docs/adr/0005-hub-token-ends-in-the-container.md)"
    for family in hub_families()
}
"""Variables of a container that may hold a secret, if Pulumi encrypts it in its state; each with its reason."""


class _Variable(NamedTuple):
    path: str
    name: str
    value: Any
    is_secret: bool


def environments_are_plain(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """No variable has a secret's name or form, but for the Hub's token of a container, which is marked as one."""
    del options
    variables = list(_variables(resource))
    texts = [str(variable.value) for variable in variables]
    beside_access_key = any(map(has_access_key_id, texts))
    for variable in variables:
        found = _told(variable, beside_access_key=beside_access_key)
        if found is None or (resource.type == MODEL and _is_exempt(resource, variable)):
            continue
        # Never the value: the finding is printed, and kept by whoever runs the policies.
        yield Finding(
            resource,
            f"{variable.path}.{variable.name}" if variable.name else variable.path,
            found,
            "no secret: the value is shown to everyone who may describe it",
            _fix(resource, variable),
        )


def _told(variable: _Variable, *, beside_access_key: bool) -> Any:
    """What is wrong with a variable; None if nothing is."""
    if variable.value is UNKNOWN:
        # What AWS decides of other resources, such as a bucket's name, is no secret; a secret's name is one anyway.
        return UNKNOWN if not variable.name or is_secret_name(variable.name) else None
    text = str(variable.value)
    if recognised := recognise_secret(text, beside_access_key=beside_access_key):
        return recognised[0]
    if is_secret_name(variable.name) and text and not text.startswith(_REFERENCES):
        return "a value under the name of a secret"
    return None


def _is_exempt(resource: Resource, variable: _Variable) -> bool:
    return variable.name in TOKENS_OF_CONTAINERS and (
        variable.is_secret or not resource.marks_secrets
    )


def _fix(resource: Resource, variable: _Variable) -> str:
    if resource.type == MODEL and variable.name in TOKENS_OF_CONTAINERS:
        return "give it as genai:hubToken or model.tokenSecretArn, so that Pulumi encrypts it in its state"
    return (
        "take it out and revoke it; keep it in Secrets Manager, and let the code read it by its ARN"
    )


def _variables(resource: Resource) -> Iterator[_Variable]:
    if resource.type == FUNCTION:
        yield from _of(resource.properties.get("environment"), "environment", "variables")
    elif resource.type == MODEL:
        yield from _of(
            resource.properties.get("primaryContainer"), "primaryContainer", "environment"
        )
        containers = opened(resource.properties.get("containers")) or []
        for place, container in enumerate([] if containers is UNKNOWN else containers):
            yield from _of(container, f"containers.{place}", "environment")


def _of(group: Any, path: str, key: str) -> Iterator[_Variable]:
    """The variables under a key of a group; one without a name for an environment that is not known yet."""
    is_secret = isinstance(group, Secret)
    group = opened(group)
    values = group.get(key) if isinstance(group, Mapping) else group
    is_secret = is_secret or isinstance(values, Secret)
    values = opened(values)
    at = f"{path}.{key}"
    if values is UNKNOWN:
        yield _Variable(at, "", UNKNOWN, is_secret)
    elif values:
        for name, value in cast("Mapping[str, Any]", values).items():
            yield _Variable(at, name, opened(value), is_secret or isinstance(value, Secret))
