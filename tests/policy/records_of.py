"""Resources for tests of policies, and the findings on them in words."""

import json
from collections.abc import Mapping
from typing import Any

from policy.configuration import configured
from policy.records import Resource

STACK = "prod"


def resource(
    resource_type: str, properties: Mapping[str, Any] | None = None, **more: Any
) -> Resource:
    """A resource `it` of the stack `prod`."""
    named: dict[str, Any] = {"name": "it", "stack": STACK, **more}
    return Resource(resource_type, properties=properties or {}, **named)


def document(*statements: Mapping[str, Any]) -> str:
    """The text of a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def told(policy: str, *resources: Resource, **options: Any) -> list[str]:
    """What a policy has to say about resources, in its own words."""
    (found,) = [each for each in configured({policy: options}) if each.policy.name == policy]
    return [str(finding) for finding in found.policy.findings(resources, found.options)]
