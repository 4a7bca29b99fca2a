"""Resources made through AWS Cloud Control, which carry CloudFormation's properties as JSON text."""

import json
from collections.abc import Mapping
from typing import Any, cast

from policy.records import UNKNOWN, Resource, Unknown

CLOUD_CONTROL = "aws:cloudcontrol/resource:Resource"


def desired_state(resource: Resource) -> Mapping[str, Any] | Unknown:
    """CloudFormation's properties of such a resource; `UNKNOWN` before the deployment, empty if it is another."""
    if resource.type != CLOUD_CONTROL:
        return {}
    text = resource.read("desiredState")
    return UNKNOWN if text is UNKNOWN else cast("Mapping[str, Any]", json.loads(text or "{}"))
