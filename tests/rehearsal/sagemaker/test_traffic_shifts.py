"""Updates of an endpoint that is asked all along: canary, linear, rolling, all at once."""

import itertools
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.sagemaker.updates import (
    asked_all_along,
    blue_green,
    instances,
    is_settled,
    percent,
    sampled,
    saying,
    update,
)
from tests.rehearsal.tenant import Tenant, is_running, poll

FOUR = 4


@pytest.fixture(scope="module")
def old(tenant: Tenant) -> str:
    return tenant.configuration(tenant.model(saying("old")), InitialInstanceCount=FOUR)


@pytest.fixture(scope="module")
def new(tenant: Tenant) -> str:
    return tenant.configuration(tenant.model(saying("new")), InitialInstanceCount=FOUR)


@pytest.mark.fact(
    "§1 DeploymentConfig: CANARY, LINEAR and rolling updates shift the traffic in steps, each followed by a "
    "baking period"
)
@pytest.mark.parametrize(
    ("deployment", "shares"),
    [
        (blue_green("CANARY", 600, CanarySize=percent(25)), [1 / 4]),
        (blue_green("CANARY", 600, CanarySize=instances(2)), [1 / 2]),
        (blue_green("LINEAR", 600, LinearStepSize=percent(50)), [1 / 2]),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": instances(2),
                    "WaitIntervalInSeconds": 600,
                }
            },
            [1 / 2],
        ),
        (blue_green("ALL_AT_ONCE", 60), []),
        (None, []),
    ],
)
def test_no_request_fails_and_the_new_fleet_gets_its_share(
    tenant: Tenant, old: str, new: str, deployment: dict[str, Any] | None, shares: list[float]
) -> None:
    endpoint = tenant.in_service(old)
    old_pid = tenant.ask(endpoint, {})["pid"]

    with asked_all_along(tenant, endpoint) as heard:
        more = {"DeploymentConfig": deployment} if deployment else {}
        update(tenant, endpoint, new, **more)
        found = tenant.settled(endpoint)
        after = len(heard.texts)
        poll(lambda: len(heard.texts) > after + 1, "it is asked once more")

    assert heard.failures == []
    assert heard.texts[0] == "old"
    assert set(heard.texts[after + 1 :]) == {"new"}
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", new)
    assert "PendingDeploymentSummary" not in found
    between = mixed(heard.texts)
    assert bool(between) == bool(shares)
    for share in shares:
        assert between.count("new") / len(between) == pytest.approx(share, abs=1.5 / len(between))
    poll(lambda: not is_running(old_pid), "the old container is gone")


def mixed(texts: list[str]) -> list[str]:
    """The answers from the first of the new fleet to the last of the old one."""
    if "new" not in texts:
        return []
    first = texts.index("new")
    last = len(texts) - 1 - texts[::-1].index("old")
    return texts[first : last + 1]


@pytest.mark.fact(
    "§1 DeploymentConfig: UpdateEndpoint shows Updating and a PendingDeploymentSummary until the new fleet has all traffic"
)
def test_a_linear_update_is_told_of_as_it_goes(tenant: Tenant, old: str, new: str) -> None:
    endpoint = tenant.in_service(old)
    deployment = blue_green("LINEAR", 120, LinearStepSize=percent(50))

    update(tenant, endpoint, new, DeploymentConfig=deployment)
    found = sampled(tenant, endpoint, is_settled)

    statuses = [key for key, _ in itertools.groupby(each["EndpointStatus"] for each in found)]
    assert statuses == ["Updating", "InService"]
    pending = [each["PendingDeploymentSummary"] for each in found[:-1]]
    assert {each["EndpointConfigName"] for each in pending} == {new}
    variants = [variant for each in pending for variant in each["ProductionVariants"]]
    assert {variant["VariantName"] for variant in variants} == {"v0"}
    stages = {variant["VariantStatus"][0]["Status"] for variant in variants}
    assert {"Creating", "Baking"} <= stages <= {"Creating", "ActivatingTraffic", "Baking"}
    counts = {variant["CurrentInstanceCount"] for variant in variants}
    assert counts == {0, FOUR}
    assert found[-1]["LastDeploymentConfig"] == deployment
    assert all(each["EndpointConfigName"] == old for each in found[:-1])


@pytest.mark.fact("§1 RollingUpdatePolicy: the new fleet grows by a batch at a time")
def test_the_new_fleet_of_a_rolling_update_grows_by_batches(
    tenant: Tenant, old: str, new: str
) -> None:
    endpoint = tenant.in_service(old)
    rolling = {"MaximumBatchSize": percent(25), "WaitIntervalInSeconds": 60}

    update(tenant, endpoint, new, DeploymentConfig={"RollingUpdatePolicy": rolling})
    found = sampled(tenant, endpoint, is_settled)

    pending = [each["PendingDeploymentSummary"]["ProductionVariants"][0] for each in found[:-1]]
    counts = [key for key, _ in itertools.groupby(v["CurrentInstanceCount"] for v in pending)]
    assert counts == [0, 1, 2, 3, 4]
    assert {variant["DesiredInstanceCount"] for variant in pending} == {FOUR}


@pytest.mark.fact(
    "§1 DeploymentConfig: inf1 is excluded from guardrails and falls back to all at once"
)
def test_inferentia_1_is_updated_all_at_once(tenant: Tenant, old: str) -> None:
    endpoint = tenant.in_service(old)
    on_inf1 = tenant.configuration(tenant.model(saying("new")), InstanceType="ml.inf1.xlarge")

    with asked_all_along(tenant, endpoint) as heard:
        deployment = blue_green("CANARY", 300, CanarySize=percent(25))
        update(tenant, endpoint, on_inf1, DeploymentConfig=deployment)
        assert tenant.settled(endpoint)["EndpointConfigName"] == on_inf1
        poll(lambda: "new" in heard.texts, "the new fleet answers")

    assert heard.failures == []
    assert mixed(heard.texts) == []


@pytest.mark.fact("§1 UpdateEndpoint: the old fleet ends only once its requests are answered")
def test_a_request_in_flight_is_answered_by_the_old_fleet(
    tenant: Tenant, new: str, tmp_path: Path
) -> None:
    gate, begun = tmp_path / "gate", tmp_path / "begun"
    code = (
        "import os, pathlib, time\n"
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    pathlib.Path(os.environ['BEGUN']).touch()\n"
        "    while not os.path.exists(os.environ['GATE']): time.sleep(0.01)\n"
        "    return '\"old\"'\n"
    )
    environment = {"GATE": str(gate), "BEGUN": str(begun)}
    slow = tenant.model({"code/inference.py": code}, Environment=environment)
    endpoint = tenant.in_service(tenant.configuration(slow))
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(tenant.ask(endpoint, {})))
    asking.start()
    poll(begun.exists, "the request is under way")

    update(tenant, endpoint, new)
    assert tenant.settled(endpoint)["EndpointConfigName"] == new
    assert answers == []
    gate.touch()
    asking.join()

    assert answers == ["old"]
    assert tenant.ask(endpoint, {})["text"] == "new"
