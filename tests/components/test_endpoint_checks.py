"""Arguments that no endpoint can be made from, refused before anything is registered."""

from typing import Any

import pytest

from components import EndpointArgsError, GenAIEndpoint
from components.endpoint.checks import check
from tests.components.configurations import (
    ASYNC,
    BY_MODE,
    CONFIGURATIONS,
    PACKAGE,
    REALTIME,
    SCALE_TO_ZERO,
    SERVERLESS,
    scaling,
    with_args,
)
from tests.harness import deploy

REFUSED: dict[str, tuple[Any, str]] = {
    "mode": (
        with_args(REALTIME, mode="batch"),
        "m: mode must be one of realtime, serverless, async, scale-to-zero, got 'batch'",
    ),
    "image": (
        with_args(REALTIME, image_uri=None),
        "m: image_uri is needed unless model_package_arn brings an image",
    ),
    "instance-type": (
        with_args(ASYNC, instance_type=None),
        "m: instance_type is needed in mode async",
    ),
    "serverless": (
        with_args(SERVERLESS, serverless=None),
        "m: serverless is needed in mode serverless",
    ),
    "component": (
        with_args(SCALE_TO_ZERO, inference_component=None),
        "m: inference_component is needed in mode scale-to-zero",
    ),
    "serverless-elsewhere": (
        with_args(REALTIME, serverless=SERVERLESS.get("serverless")),
        "m: serverless is for mode serverless, got mode realtime",
    ),
    "component-elsewhere": (
        with_args(REALTIME, inference_component=SCALE_TO_ZERO.get("inference_component")),
        "m: inference_component is for mode scale-to-zero, got mode realtime",
    ),
    "component-name": (
        with_args(SCALE_TO_ZERO, endpoint_name="e" * 54),
        (
            "m: endpoint_name has 54 characters, and in mode scale-to-zero 53 leave room for the component's "
            "name, which ends in -component"
        ),
    ),
    "async-bucket": (
        with_args(ASYNC, data_bucket_name=None),
        "m: data_bucket_name is needed by async mode and by capture",
    ),
    "capture-bucket": (
        with_args(REALTIME, capture={"percent": 1}),
        "m: data_bucket_name is needed by async mode and by capture",
    ),
    "capture-nothing": (
        with_args(
            REALTIME,
            data_bucket_name="data",
            capture={"percent": 1, "inputs": False, "outputs": False},
        ),
        "m: capture must keep inputs, outputs or both",
    ),
    "serverless-capture": (
        with_args(SERVERLESS, data_bucket_name="data", capture={"percent": 1}),
        "m: capture does not work in mode serverless",
    ),
    "serverless-vpc": (
        with_args(SERVERLESS, vpc={"subnet_ids": ["s"], "security_group_ids": ["g"]}),
        "m: vpc does not work in mode serverless",
    ),
    "serverless-variants": (
        with_args(SERVERLESS, extra_variants={"b": {}}),
        "m: mode serverless takes no extra_variants and no shadow_variants",
    ),
    "component-shadow": (
        with_args(SCALE_TO_ZERO, shadow_variants={"b": {}}),
        "m: mode scale-to-zero takes no extra_variants and no shadow_variants",
    ),
    "two-shadows": (
        with_args(REALTIME, shadow_variants={"b": {}, "c": {}}),
        "m: a shadow variant stands beside the main variant alone",
    ),
    "shadow-and-extra": (
        with_args(REALTIME, shadow_variants={"b": {}}, extra_variants={"c": {}}),
        "m: a shadow variant stands beside the main variant alone",
    ),
    "metric": (
        with_args(ASYNC, scaling=scaling("concurrency")),
        "m: scaling.metric must be one of backlog in mode async, got 'concurrency'",
    ),
    "serverless-scaling": (
        with_args(SERVERLESS, scaling=scaling("provisioned-utilization")),
        "m: scaling a serverless endpoint needs serverless.provisioned_concurrency to start from",
    ),
    "strategy": (
        with_args(REALTIME, rollout={"strategy": "big-bang"}),
        "m: rollout.strategy must be one of all-at-once, canary, linear, rolling, got 'big-bang'",
    ),
    "too-many-alarms": (
        with_args(
            REALTIME,
            rollout={"strategy": "canary"},
            extra_variants={name: {} for name in "bcdef"},
        ),
        (
            "m: rollout.rollback would need 12 alarms and SageMaker takes 10; "
            "have fewer extra_variants"
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_name(case: str) -> None:
    args, message = REFUSED[case]

    with pytest.raises(EndpointArgsError) as refused:
        deploy(lambda: GenAIEndpoint("m", args))
    assert str(refused.value) == message


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_what_can_be_made_is_not_refused(configuration: str) -> None:
    check("m", CONFIGURATIONS[configuration])


def test_everything_wrong_is_told_at_once() -> None:
    args = with_args(ASYNC, image_uri=None, instance_type=None, data_bucket_name=None)

    with pytest.raises(EndpointArgsError) as refused:
        check("m", args)
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize("mode", BY_MODE)
def test_a_package_needs_no_image_in_any_mode(mode: str) -> None:
    check("m", with_args(BY_MODE[mode], image_uri=None, model_package_arn=PACKAGE))


def test_many_variants_are_fine_without_rollback_alarms() -> None:
    args = with_args(
        REALTIME,
        rollout={"strategy": "canary", "rollback": False},
        extra_variants={name: {} for name in "bcdef"},
    )

    check("m", args)
