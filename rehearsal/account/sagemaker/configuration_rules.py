"""What CreateEndpointConfig and UpdateEndpoint refuse beyond the service model's own bounds.

Facts: the hosting chapters of the SageMaker developer guide
(https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, .../shadow-tests.html,
.../endpoint-scaling-managed-instance.html; copies of 2023 to 2026) and botocore's documentation of the
members. The wording is ours where AWS's is not known. That a shadow follows neither a queue nor a serverless
variant is not confirmed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

Members = dict[str, Any]
FindModel = Callable[[str], Members]
_SERVERLESS_MEMORY_MIB = (1024, 2048, 3072, 4096, 5120, 6144)


def configuration_problem(configuration: Members, find_model: FindModel) -> str | None:
    """Return why an endpoint configuration is refused, or None if it is not.

    Args:
        configuration: the request, already sound by the service model.
        find_model: returns a model by name.
    """
    return next(_problems(configuration, find_model), None)


def update_problem(old: Members, new: Members) -> str | None:
    """Return why an endpoint cannot change from one configuration to another, or None if it can."""
    if _is_serverless(new) and not _is_serverless(old):
        return "Cannot update an instance-based endpoint to a serverless endpoint."
    if ("AsyncInferenceConfig" in new) != ("AsyncInferenceConfig" in old):
        # Removing: https://github.com/aws/sagemaker-python-sdk/pull/3124 (read 2026-11-25). Adding is not confirmed.
        verb = "added to" if "AsyncInferenceConfig" in new else "removed from"
        return f"The AsyncInferenceConfig parameter cannot be {verb} this endpoint."
    if _takes_components(new) != _takes_components(old):
        return "Cannot update between an endpoint of models and one of inference components."
    return None


def _problems(configuration: Members, find_model: FindModel) -> Iterator[str]:
    variants = configuration["ProductionVariants"]
    shadows = configuration.get("ShadowProductionVariants", [])
    names = Counter(variant["VariantName"] for variant in [*variants, *shadows])
    for name in [name for name, count in names.items() if count > 1]:
        yield f"Variant names must be unique; {name} is not."
    for variant in [*variants, *shadows]:
        yield from _variant_problems(variant)
    if "AsyncInferenceConfig" in configuration:
        output = configuration["AsyncInferenceConfig"]["OutputConfig"]
        if "S3OutputPath" not in output:  # AWS would find a bucket of its own
            yield "the local account plays asynchronous endpoints with an S3OutputPath"
    if shadows:
        yield from _shadow_problems(configuration, variants, shadows)
    if _takes_components(configuration):
        yield from _component_problems(configuration, variants)
    if _is_serverless(configuration):
        yield from _serverless_problems(configuration, variants, find_model)


def _variant_problems(variant: Members) -> Iterator[str]:
    name = variant["VariantName"]
    is_serverless = "ServerlessConfig" in variant
    instance_members = {"InstanceType", "InitialInstanceCount"} & variant.keys()
    if is_serverless and instance_members:
        yield f"Variant {name}: ServerlessConfig cannot be combined with InstanceType or InitialInstanceCount."
    if not is_serverless and len(instance_members) < 2:  # noqa: PLR2004 - both of the two above
        yield f"Variant {name}: InstanceType and InitialInstanceCount are required without a ServerlessConfig."
    scaling = variant.get("ManagedInstanceScaling", {})
    least, most = scaling.get("MinInstanceCount"), scaling.get("MaxInstanceCount")
    if least is not None and most is not None and least > most:
        yield f"Variant {name}: MinInstanceCount must be less than or equal to MaxInstanceCount."


def _shadow_problems(
    configuration: Members, variants: list[Members], shadows: list[Members]
) -> Iterator[str]:
    if len(variants) != 1 or len(shadows) != 1:
        yield (
            "With ShadowProductionVariants, exactly one ProductionVariant and one "
            "ShadowProductionVariant can be specified."
        )
    for excluded, is_there in (
        ("serverless inference", _is_serverless(configuration)),
        ("AsyncInferenceConfig", "AsyncInferenceConfig" in configuration),
        ("inference components", _takes_components(configuration)),
    ):
        if is_there:
            yield f"ShadowProductionVariants cannot be combined with {excluded}."


def _component_problems(configuration: Members, variants: list[Members]) -> Iterator[str]:
    if any("ModelName" in variant for variant in variants):
        yield "Either every production variant has a ModelName or none."
    if any("ServerlessConfig" in variant for variant in variants):
        yield "A serverless variant needs a ModelName."
    if "ExecutionRoleArn" not in configuration:
        yield "ExecutionRoleArn is required when production variants have no ModelName."
    if "AsyncInferenceConfig" in configuration:
        yield "AsyncInferenceConfig cannot be combined with inference components."


def _serverless_problems(
    configuration: Members, variants: list[Members], find_model: FindModel
) -> Iterator[str]:
    for member in ("AsyncInferenceConfig", "DataCaptureConfig"):
        if member in configuration:
            yield f"{member} is not supported for serverless endpoints."
    if len(variants) > 1:
        yield "A serverless endpoint can have only one production variant."
    for variant in variants:
        limits = variant.get("ServerlessConfig", {})
        provisioned = limits.get("ProvisionedConcurrency", 0)
        if limits.get("MemorySizeInMB") not in {None, *_SERVERLESS_MEMORY_MIB}:
            wanted = ", ".join(map(str, _SERVERLESS_MEMORY_MIB))
            yield f"MemorySizeInMB must be one of {wanted}; it is {limits['MemorySizeInMB']}."
        if provisioned > limits.get("MaxConcurrency", provisioned):
            yield "ProvisionedConcurrency must be less than or equal to MaxConcurrency."
        model = find_model(variant["ModelName"])
        if "VpcConfig" in model:
            yield "Models with a VpcConfig are not supported for serverless endpoints."
        if model.get("EnableNetworkIsolation"):
            yield "Models with network isolation are not supported for serverless endpoints."
        if "ModelDataSource" in model.get("PrimaryContainer", {}):
            yield "Model with containers that use ModelDataSource is not supported for serverless endpoints."


def _is_serverless(configuration: Members) -> bool:
    return any("ServerlessConfig" in variant for variant in configuration["ProductionVariants"])


def _takes_components(configuration: Members) -> bool:
    return any("ModelName" not in variant for variant in configuration["ProductionVariants"])
