"""What an endpoint's arguments must not contradict, told all at once and before anything is registered.

Only what the component itself could not build. Ranges, names and what fits which instance type are the
business of whoever writes the arguments (`settings/`), or of AWS.
"""

from collections.abc import Iterator

import pulumi

from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.rollback_alarms import ALARMS_PER_VARIANT, wants_rollback
from components.endpoint.rollout import STRATEGIES
from components.endpoint.scaling_metrics import metrics_of
from components.modes import ASYNC, COMPONENT_SUFFIX, MODES, REALTIME, SCALE_TO_ZERO, SERVERLESS

MAX_ROLLBACK_ALARMS = 10  # SageMaker, AutoRollbackConfig.Alarms
MAX_COMPONENT_NAME = 63  # SageMaker, InferenceComponentName
_OF_ONE_MODE = {"serverless": SERVERLESS, "inference_component": SCALE_TO_ZERO}


class EndpointArgsError(pulumi.RunError):
    """The arguments of a GenAIEndpoint contradict each other.

    A `RunError`, so that `pulumi up` ends with the message and without a stack trace.
    """


def check(name: str, args: GenAIEndpointArgs) -> None:
    """Refuse arguments that no endpoint can be made from.

    Raises:
        EndpointArgsError: naming every contradiction.
    """
    problems = list(_problems(args))
    if problems:
        raise EndpointArgsError("\n".join(f"{name}: {problem}" for problem in problems))


def _problems(args: GenAIEndpointArgs) -> Iterator[str]:
    mode = args.get("mode", REALTIME)
    if mode not in MODES:
        yield f"mode must be one of {', '.join(MODES)}, got {mode!r}"
        return
    yield from _problems_of_the_source(args)
    yield from _problems_of_the_mode(mode, args)
    yield from _problems_of_the_variants(mode, args)
    yield from _problems_of_scaling(mode, args)
    yield from _problems_of_the_rollout(args)


def _problems_of_the_source(args: GenAIEndpointArgs) -> Iterator[str]:
    if args.get("image_uri") is None and args.get("model_package_arn") is None:
        yield "image_uri is needed unless model_package_arn brings an image"


def _problems_of_the_mode(mode: str, args: GenAIEndpointArgs) -> Iterator[str]:
    if mode != SERVERLESS and args.get("instance_type") is None:
        yield f"instance_type is needed in mode {mode}"
    for feature, its_mode in _OF_ONE_MODE.items():
        if mode == its_mode and args.get(feature) is None:
            yield f"{feature} is needed in mode {its_mode}"
        if mode != its_mode and args.get(feature) is not None:
            yield f"{feature} is for mode {its_mode}, got mode {mode}"
    yield from _problems_of_the_component_name(mode, args)
    if args.get("data_bucket_name") is None and (mode == ASYNC or args.get("capture")):
        yield "data_bucket_name is needed by async mode and by capture"
    if mode == SERVERLESS:
        for feature in ("capture", "vpc"):
            if args.get(feature):
                yield f"{feature} does not work in mode serverless"
    capture = args.get("capture")
    if capture and not capture.get("inputs", True) and not capture.get("outputs", True):
        yield "capture must keep inputs, outputs or both"


def _problems_of_the_component_name(mode: str, args: GenAIEndpointArgs) -> Iterator[str]:
    endpoint_name = args["endpoint_name"]
    longest = MAX_COMPONENT_NAME - len(COMPONENT_SUFFIX)
    if mode == SCALE_TO_ZERO and isinstance(endpoint_name, str) and len(endpoint_name) > longest:
        yield (
            f"endpoint_name has {len(endpoint_name)} characters, and in mode scale-to-zero {longest} leave room "
            f"for the component's name, which ends in {COMPONENT_SUFFIX}"
        )


def _problems_of_the_variants(mode: str, args: GenAIEndpointArgs) -> Iterator[str]:
    extra, shadow = args.get("extra_variants"), args.get("shadow_variants")
    if mode in {SERVERLESS, SCALE_TO_ZERO} and (extra or shadow):
        yield f"mode {mode} takes no extra_variants and no shadow_variants"
    if shadow and (len(shadow) > 1 or extra):
        yield "a shadow variant stands beside the main variant alone"


def _problems_of_scaling(mode: str, args: GenAIEndpointArgs) -> Iterator[str]:
    scaling = args.get("scaling")
    if not scaling:
        return
    known = metrics_of(mode)
    if scaling["metric"] not in known:
        yield f"scaling.metric must be one of {', '.join(known)} in mode {mode}, got {scaling['metric']!r}"
    serverless = args.get("serverless")
    if serverless and serverless.get("provisioned_concurrency") is None:
        yield "scaling a serverless endpoint needs serverless.provisioned_concurrency to start from"


def _problems_of_the_rollout(args: GenAIEndpointArgs) -> Iterator[str]:
    rollout = args.get("rollout")
    if not rollout:
        return
    if rollout["strategy"] not in STRATEGIES:
        yield f"rollout.strategy must be one of {', '.join(STRATEGIES)}, got {rollout['strategy']!r}"
    alarms = ALARMS_PER_VARIANT * (1 + len(args.get("extra_variants", {})))
    if wants_rollback(args) and alarms > MAX_ROLLBACK_ALARMS:
        yield (
            f"rollout.rollback would need {alarms} alarms and SageMaker takes {MAX_ROLLBACK_ALARMS}; "
            "have fewer extra_variants"
        )
