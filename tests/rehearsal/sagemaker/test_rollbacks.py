"""Updates that an alarm, a time limit or a dead fleet stops."""

import itertools
import os
import signal
from typing import Any

import pytest

from tests.rehearsal.sagemaker.updates import (
    alarm,
    asked_all_along,
    blue_green,
    instances,
    is_settled,
    percent,
    sampled,
    saying,
    set_off,
    update,
)
from tests.rehearsal.tenant import (
    EXECUTION,
    Tenant,
    allow,
    is_running,
    poll,
    refusal,
    trust,
)

LONG_WAIT = 1800  # 3 s here


@pytest.fixture(scope="module")
def role(tenant: Tenant) -> str:
    return tenant.role(trust("sagemaker"), *EXECUTION, allow("cloudwatch:DescribeAlarms", "*"))


@pytest.fixture(scope="module")
def old(tenant: Tenant, role: str) -> str:
    return tenant.configuration(tenant.model(saying("old"), role), InitialInstanceCount=4)


@pytest.fixture(scope="module")
def new(tenant: Tenant, role: str) -> str:
    return tenant.configuration(tenant.model(saying("new"), role), InitialInstanceCount=4)


def watched(deployment: dict[str, Any], *names: str) -> dict[str, Any]:
    alarms = [{"AlarmName": name} for name in names]
    return {**deployment, "AutoRollbackConfiguration": {"Alarms": alarms}}


BACK_ONE_BY_ONE = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": instances(2),
        "WaitIntervalInSeconds": 600,
        "RollbackMaximumBatchSize": instances(1),
    }
}
CANARY = blue_green("CANARY", LONG_WAIT, CanarySize=percent(25))


@pytest.mark.fact(
    "§1 AutoRollbackConfiguration: an alarm in any baking period takes all traffic back to the old fleet"
)
def test_an_alarm_takes_all_traffic_back_and_no_request_fails(
    tenant: Tenant, old: str, new: str
) -> None:
    endpoint, quiet, loud = tenant.in_service(old), alarm(tenant), alarm(tenant)

    with asked_all_along(tenant, endpoint) as heard:
        update(tenant, endpoint, new, DeploymentConfig=watched(CANARY, quiet, loud))
        poll(lambda: heard.texts.count("new") > 1, "the canary answers")
        set_off(tenant, loud)
        found = tenant.settled(endpoint)
        after = len(heard.texts)
        poll(lambda: len(heard.texts) > after + 1, "it is asked once more")

    assert heard.failures == []
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", old)
    assert found["FailureReason"] == (
        f"Rolled back the update to {new}: AutoRollbackConfiguration has alarms in state ALARM: {loud}."
    )
    assert "PendingDeploymentSummary" not in found
    assert set(heard.texts[after + 1 :]) == {"old"}
    code, _ = refusal(
        lambda: tenant.client("sagemaker").delete_endpoint_config(EndpointConfigName=old)
    )
    assert code == "ValidationException"


@pytest.mark.fact(
    "§1 AutoRollbackConfiguration: an alarm that is evaluated counts like one that is set"
)
def test_an_alarm_that_a_metric_sets_off_takes_the_update_back(
    tenant: Tenant, old: str, new: str
) -> None:
    endpoint, name = tenant.in_service(old), alarm(tenant)

    update(tenant, endpoint, new, DeploymentConfig=watched(CANARY, name))
    poll(lambda: is_baking(tenant, endpoint), "the canary bakes")
    datum = {"MetricName": name, "Value": 1.0}

    def has_settled() -> dict[str, Any] | None:
        tenant.client("cloudwatch").put_metric_data(Namespace="Tests", MetricData=[datum])
        found = tenant.client("sagemaker").describe_endpoint(EndpointName=endpoint)
        return found if is_settled(found) else None

    found = poll(has_settled, "the update is taken back")
    assert found["EndpointConfigName"] == old
    assert name in found["FailureReason"]


def is_baking(tenant: Tenant, endpoint: str) -> bool:
    found = tenant.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    (variant,) = found["PendingDeploymentSummary"]["ProductionVariants"]
    return variant["VariantStatus"][0]["Status"] == "Baking"


@pytest.mark.fact(
    "§1 RollingUpdatePolicy: RollbackMaximumBatchSize is how much goes back at a time, all of it by default"
)
def test_a_rolling_update_goes_back_in_batches(tenant: Tenant, old: str, new: str) -> None:
    endpoint, name = tenant.in_service(old), alarm(tenant)

    update(tenant, endpoint, new, DeploymentConfig=watched(BACK_ONE_BY_ONE, name))
    poll(lambda: is_baking(tenant, endpoint), "the first batch bakes")
    set_off(tenant, name)
    found = sampled(tenant, endpoint, is_settled)

    statuses = [key for key, _ in itertools.groupby(each["EndpointStatus"] for each in found)]
    assert statuses[-2:] == ["RollingBack", "InService"]
    back = [
        each["PendingDeploymentSummary"]["ProductionVariants"][0]["CurrentInstanceCount"]
        for each in found
        if each["EndpointStatus"] == "RollingBack"
    ]
    assert back == sorted(back, reverse=True)
    assert 1 in back
    assert found[-1]["EndpointConfigName"] == old


@pytest.mark.fact("§1 statuses: an endpoint in RollingBack can be neither updated nor deleted")
def test_an_endpoint_on_its_way_back_cannot_be_changed(tenant: Tenant, old: str, new: str) -> None:
    endpoint, name = tenant.in_service(old), alarm(tenant)
    update(tenant, endpoint, new, DeploymentConfig=watched(BACK_ONE_BY_ONE, name))
    poll(lambda: is_baking(tenant, endpoint), "the first batch bakes")
    set_off(tenant, name)
    sampled(tenant, endpoint, lambda found: found["EndpointStatus"] == "RollingBack")

    sagemaker = tenant.client("sagemaker")
    for attempt in (
        lambda: update(tenant, endpoint, new),
        lambda: sagemaker.delete_endpoint(EndpointName=endpoint),
    ):
        code, message = refusal(attempt)
        assert code == "ValidationException"
        assert message.startswith("Cannot update in-progress endpoint")


@pytest.mark.fact(
    "§1 statuses: UpdateRollbackFailed when the old fleet cannot be brought back; another update mends it"
)
def test_a_rollback_to_a_fleet_that_died_fails_and_an_update_mends_it(
    tenant: Tenant, old: str, new: str
) -> None:
    endpoint, name = tenant.in_service(old), alarm(tenant)
    old_pid = tenant.ask(endpoint, {})["pid"]
    rolling = {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": LONG_WAIT}
    update(tenant, endpoint, new, DeploymentConfig=watched({"RollingUpdatePolicy": rolling}, name))
    poll(lambda: is_baking(tenant, endpoint), "the first batch bakes")

    os.kill(old_pid, signal.SIGKILL)
    poll(lambda: not is_running(old_pid), "the old container is dead")
    set_off(tenant, name)
    found = tenant.settled(endpoint)

    assert found["EndpointStatus"] == "UpdateRollbackFailed"
    assert found["FailureReason"].endswith(
        "The rollback failed: the old fleet does not run any more."
    )
    update(tenant, endpoint, old)
    mended = tenant.settled(endpoint)
    assert (mended["EndpointStatus"], mended["EndpointConfigName"]) == ("InService", old)
    assert "FailureReason" not in mended
    assert tenant.ask(endpoint, {})["text"] == "old"


def test_what_a_failed_rollback_left_can_be_deleted(tenant: Tenant, old: str, new: str) -> None:
    endpoint, name = tenant.in_service(old), alarm(tenant)
    old_pid = tenant.ask(endpoint, {})["pid"]
    update(tenant, endpoint, new, DeploymentConfig=watched(blue_green(wait=LONG_WAIT), name))
    poll(lambda: is_baking(tenant, endpoint), "the new fleet bakes")
    new_pid = tenant.ask(endpoint, {})["pid"]
    os.kill(old_pid, signal.SIGKILL)
    poll(lambda: not is_running(old_pid), "the old container is dead")
    set_off(tenant, name)
    assert tenant.settled(endpoint)["EndpointStatus"] == "UpdateRollbackFailed"

    tenant.client("sagemaker").delete_endpoint(EndpointName=endpoint)

    poll(lambda: not is_running(new_pid), "the new container is gone as well")


@pytest.mark.fact(
    "§1 DeploymentConfig: MaximumExecutionTimeoutInSeconds bounds the whole deployment"
)
def test_a_deployment_that_takes_too_long_is_taken_back(tenant: Tenant, old: str, new: str) -> None:
    endpoint = tenant.in_service(old)
    deployment = blue_green("LINEAR", 500, LinearStepSize=percent(25))
    deployment["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 600

    update(tenant, endpoint, new, DeploymentConfig=deployment)
    found = tenant.settled(endpoint)

    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", old)
    assert found["FailureReason"].endswith(
        "took longer than the 600 seconds of MaximumExecutionTimeoutInSeconds."
    )
    assert tenant.ask(endpoint, {})["text"] == "old"


@pytest.mark.fact("§1 UpdateEndpoint: RetainDeploymentConfig repeats the last DeploymentConfig")
def test_the_last_deployment_config_can_be_used_again(tenant: Tenant, old: str, new: str) -> None:
    endpoint, name = tenant.in_service(old), alarm(tenant)
    update(tenant, endpoint, new, DeploymentConfig=watched(blue_green(wait=60), name))
    assert tenant.settled(endpoint)["EndpointConfigName"] == new
    set_off(tenant, name)

    update(tenant, endpoint, old, RetainDeploymentConfig=True)
    retained = tenant.settled(endpoint)
    update(tenant, endpoint, old)
    without = tenant.settled(endpoint)

    assert name in retained["FailureReason"]
    assert retained["EndpointConfigName"] == new
    assert without["EndpointConfigName"] == old


def capture(tenant: Tenant) -> dict[str, Any]:
    return {
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": f"s3://{tenant.bucket()}/c",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }


@pytest.mark.fact(
    "§1 UpdateEndpoint: counts and weights come from the new configuration unless RetainAllVariantProperties "
    "keeps them; ExcludeRetainedVariantProperties names exceptions"
)
@pytest.mark.parametrize(
    ("members", "count", "weight", "has_capture"),
    [
        ({}, 1, 1.0, False),
        ({"RetainAllVariantProperties": True}, 3, 0.5, True),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
            },
            3,
            1.0,
            True,
        ),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [
                    {"VariantPropertyType": "DesiredInstanceCount"},
                    {"VariantPropertyType": "DataCaptureConfig"},
                ],
            },
            1,
            0.5,
            False,
        ),
    ],
)
def test_an_update_keeps_the_properties_that_it_is_told_to_keep(
    tenant: Tenant, members: dict[str, Any], count: int, weight: float, *, has_capture: bool
) -> None:
    model, sagemaker = tenant.model(saying("old")), tenant.client("sagemaker")
    variant = {
        "VariantName": "v0",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    endpoint = tenant.in_service(tenant.configured(variant, DataCaptureConfig=capture(tenant)))
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "v0", "DesiredInstanceCount": 3, "DesiredWeight": 0.5}
        ],
    )
    tenant.settled(endpoint)

    update(tenant, endpoint, tenant.configuration(model), **members)
    found = tenant.settled(endpoint)

    (described,) = found["ProductionVariants"]
    assert (described["CurrentInstanceCount"], described["CurrentWeight"]) == (count, weight)
    assert ("DataCaptureConfig" in found) == has_capture


def test_an_alarm_that_is_gone_takes_nothing_back(tenant: Tenant, old: str, new: str) -> None:
    endpoint, name = tenant.in_service(old), alarm(tenant)
    update(tenant, endpoint, new, DeploymentConfig=watched(blue_green(wait=300), name))
    poll(lambda: is_baking(tenant, endpoint), "the new fleet bakes")

    tenant.client("cloudwatch").delete_alarms(AlarmNames=[name])

    assert tenant.settled(endpoint)["EndpointConfigName"] == new
