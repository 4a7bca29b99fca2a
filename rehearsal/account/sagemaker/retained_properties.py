"""What an update keeps of the endpoint's own properties instead of taking them from the new configuration.

UpdateEndpoint's RetainAllVariantProperties and ExcludeRetainedVariantProperties, as botocore documents them.
"""

import copy
from typing import Any

from rehearsal.account.sagemaker.fleet import Fleet

Members = dict[str, Any]
_CAPTURE = "DataCaptureConfig"


def with_retained_properties(new: Members, old: Fleet, request: Members) -> Members:
    """Return the new endpoint configuration, with what the request retains of the fleet in service.

    Args:
        new: the endpoint configuration that the endpoint comes to.
        old: the fleet in service; variants are matched by name.
        request: the request to UpdateEndpoint.
    """
    if not request.get("RetainAllVariantProperties"):
        return new
    excluded = request.get("ExcludeRetainedVariantProperties", [])
    overridden = {each["VariantPropertyType"] for each in excluded}
    kept = copy.deepcopy(new)
    for members in kept["ProductionVariants"]:
        variant = old.choose(members["VariantName"])
        if variant is None:
            continue
        if "DesiredWeight" not in overridden:
            members["InitialVariantWeight"] = variant.desired_weight
        if "DesiredInstanceCount" not in overridden and "InitialInstanceCount" in members:
            members["InitialInstanceCount"] = variant.desired_instances
    if _CAPTURE not in overridden:
        kept.pop(_CAPTURE, None)
        if _CAPTURE in old.configuration:
            kept[_CAPTURE] = old.configuration[_CAPTURE]
    return kept
