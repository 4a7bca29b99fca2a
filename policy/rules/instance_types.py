"""Endpoints run on the types of instances that their stack may use."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

from policy.findings import Finding
from policy.options import Option
from policy.records import UNKNOWN, Resource, opened

EVERY_OTHER_STACK = "*"
_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_VARIANTS = ("productionVariants", "shadowProductionVariants")

OPTIONS = {
    "allowed": Option(
        "texts by name",
        {
            "dev": ["ml.*.medium", "ml.*.large", "ml.*.xlarge", "ml.*.2xlarge"],
            EVERY_OTHER_STACK: ["ml.c*", "ml.m*", "ml.r*", "ml.t2.*", "ml.g*", "ml.inf*"],
        },
        "the types of instances by stack, with * for any characters; the stack * is every one that is not named. "
        "Serverless endpoints have none",
    )
}


def types_are_allowed(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Every variant's type matches a pattern of the stack."""
    if resource.type != _CONFIGURATION:
        return
    patterns = _patterns(options["allowed"], resource.stack)
    expected = f"one of {', '.join(patterns) or 'none'} in the stack {resource.stack}"
    fix = (
        "set genai:endpoint.instanceType to one of them, or have the type added to the policy's option allowed for "
        f"{resource.stack}"
    )
    for variants in _VARIANTS:
        for place, variant in enumerate(resource.read_list(variants)):
            path = f"{variants}.{place}.instanceType"
            found: Any = UNKNOWN if variant is UNKNOWN else opened(variant.get("instanceType"))
            if found is None:  # serverless
                continue
            if found is UNKNOWN or not any(fnmatchcase(found, pattern) for pattern in patterns):
                yield Finding(resource, path, found, expected, fix)


def _patterns(allowed: Mapping[str, Any], stack: str) -> list[str]:
    return cast("list[str]", allowed.get(stack, allowed.get(EVERY_OTHER_STACK, [])))
