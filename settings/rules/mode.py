"""What each mode has, and what it cannot have. Rules GA301 to GA309, and GA341."""

from collections.abc import Iterator

from settings.draft import Draft
from settings.problems import Finding
from settings.rules.marketplace import is_from_marketplace
from settings.rules.rule import rule

_OF_INSTANCES = (
    "endpoint.instanceType",
    "endpoint.instances",
    "endpoint.volumeGb",
    "endpoint.inferenceAmiVersion",
    "endpoint.routing",
    "endpoint.startupTimeoutSeconds",
    "endpoint.downloadTimeoutSeconds",
    "keys.volumeArn",
)
_OF_ONE_MODE = {
    "endpoint.serverless": "serverless",
    "endpoint.async": "async",
    "keys.asyncOutputArn": "async",
    "endpoint.inferenceComponent": "scale-to-zero",
}


@rule(301)
def instance_type_is_named(draft: Draft) -> Iterator[Finding]:
    """Every mode but serverless runs on instances, and which ones decides what the stack costs."""
    if draft.mode in {None, "serverless"} or draft.is_wrong("endpoint.instanceType"):
        return
    if not draft.is_said("endpoint.instanceType"):
        yield Finding(
            draft.key("endpoint.instanceType"),
            f"is missing: the mode {draft.mode} runs on instances",
            "add instanceType: ml.m5.large for a small model on a CPU, or ml.g6e.xlarge for one on a GPU",
        )


@rule(302)
def serverless_has_no_instances(draft: Draft) -> Iterator[Finding]:
    """Serverless inference has no machines to describe: a setting of theirs would do nothing."""
    if draft.mode != "serverless":
        return
    for dotted in draft.said_among(*_OF_INSTANCES):
        yield Finding(
            draft.key(dotted),
            "is about instances, which the mode serverless does not have",
            "remove it; endpoint.serverless says how much memory and how many requests at once",
        )


@rule(303)
def serverless_has_no_network_of_yours(draft: Draft) -> Iterator[Finding]:
    """A serverless container can be neither in a VPC nor isolated.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, feature exclusions
    """
    if draft.mode != "serverless":
        return
    fix = "remove it, or choose the mode realtime, async or scale-to-zero"
    if draft.is_said("endpoint.vpc") and not draft.is_wrong("endpoint.vpc"):
        yield Finding(
            draft.key("endpoint.vpc"),
            "puts the container into a VPC, which serverless inference does not have",
            fix,
        )
    if draft.value("endpoint.networkIsolation", bool):
        yield Finding(
            draft.key("endpoint.networkIsolation"),
            "is true, and serverless inference has no network isolation",
            fix,
        )


@rule(304)
def serverless_captures_nothing(draft: Draft) -> Iterator[Finding]:
    """Serverless inference has no data capture.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, feature exclusions
    """
    if draft.mode == "serverless" and draft.is_said("endpoint.capture"):
        yield Finding(
            draft.key("endpoint.capture"),
            "asks for data capture, which serverless inference does not have",
            "remove it; the function stores every request and reply under records/ anyway",
        )


@rule(305)
def serverless_has_one_variant(draft: Draft) -> Iterator[Finding]:
    """A serverless endpoint serves one variant.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, feature exclusions
    """
    if draft.mode == "serverless":
        for dotted in ("endpoint.variants", "endpoint.shadow"):
            if draft.group(dotted):
                yield Finding(
                    draft.key(dotted),
                    "describes another variant, and a serverless endpoint has one",
                    "remove it, or choose the mode realtime",
                )


@rule(306)
def scale_to_zero_has_one_variant(draft: Draft) -> Iterator[Finding]:
    """In the mode scale-to-zero the model is one inference component; another variant would have no model.

    That is how this project builds it, not a limit of AWS.
    """
    if draft.mode == "scale-to-zero":
        for dotted in ("endpoint.variants", "endpoint.shadow"):
            if draft.group(dotted):
                yield Finding(
                    draft.key(dotted),
                    "describes another variant, and in the mode scale-to-zero there is one, with one component",
                    "remove it, or choose the mode realtime",
                )


@rule(307)
def settings_belong_to_the_mode(draft: Draft) -> Iterator[Finding]:
    """Settings of another mode would do nothing, and look as if they did."""
    for dotted in draft.said_among(*_OF_ONE_MODE):
        mode = _OF_ONE_MODE[dotted]
        if draft.mode is not None and draft.mode != mode:
            yield Finding(
                draft.key(dotted),
                f"is for the mode {mode}, and this endpoint's is {draft.mode}",
                f"remove it, or write endpoint.mode: {mode}",
            )


@rule(308)
def provisioned_concurrency_is_part_of_all(draft: Draft) -> Iterator[Finding]:
    """What stays warm is a part of what may run at once (ProductionVariantServerlessConfig)."""
    if draft.mode != "serverless":
        return
    most = draft.value("endpoint.serverless.maxConcurrency", int)
    for name in ("provisionedConcurrency", "maxProvisionedConcurrency"):
        warm = draft.value(f"endpoint.serverless.{name}", int)
        if warm is not None and most is not None and warm > most:
            yield Finding(
                draft.key(f"endpoint.serverless.{name}"),
                f"is {warm}, and maxConcurrency allows {most} requests at once",
                f"write at most {most}, or raise maxConcurrency",
            )


@rule(309)
def provisioned_concurrency_is_scaled_upwards(draft: Draft) -> Iterator[Finding]:
    """Only a concurrency that is provisioned can be scaled, and it starts as the least there is.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-autoscale.html
    """
    at = "endpoint.serverless"
    most = draft.value(f"{at}.maxProvisionedConcurrency", int)
    if draft.mode != "serverless" or most is None or draft.is_wrong(f"{at}.provisionedConcurrency"):
        return
    least = draft.value(f"{at}.provisionedConcurrency", int)
    key = draft.key(f"{at}.maxProvisionedConcurrency")
    if least is None:
        message = f"is {most}, and provisionedConcurrency, where scaling starts, is missing"
        yield Finding(key, message, "add provisionedConcurrency: 1")
    elif least > most:
        message = f"is {most}, less than provisionedConcurrency, {least}"
        yield Finding(
            key, message, f"write at least {least}, or remove it to keep {least} at all times"
        )


@rule(341)
def marketplace_package_answers_at_once(draft: Draft) -> Iterator[Finding]:
    """Packages of AWS Marketplace cannot be asked asynchronously.

    "Marketplace images are not supported when specifying an AsyncInferenceConfig":
    https://github.com/aws/sagemaker-python-sdk/issues/3969
    """
    if draft.mode == "async" and is_from_marketplace(draft):
        yield Finding(
            draft.key("endpoint.mode"),
            "is async, and SageMaker refuses that for a package of AWS Marketplace",
            "choose the mode realtime",
        )
