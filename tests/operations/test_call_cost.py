"""What a call takes of an instance's hour."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from operations.call_cost import CallCosts
from operations.deployment import Deployment
from tests.operations.conftest import Deployed

PRICES = {("ml.m5.large", "us-east-1"): 0.115}
REPLY = {"latency_ms": 1800, "model": {"variant": "AllTraffic"}}


def price_of_hour(instance_type: str, region: str) -> float | None:
    return PRICES.get((instance_type, region))


def test_a_call_costs_its_time_of_the_variants_instance(deployed: Deployed) -> None:
    cost = CallCosts(deployed.deployment, price_of_hour).cost_of(REPLY)

    assert cost is not None
    assert cost.instance_type == "ml.m5.large"
    assert cost.usd == pytest.approx(0.115 / 2000)  # 1.8 s of 3,600


@pytest.mark.parametrize(
    "reply",
    [
        {"latency_ms": 5},
        {"model": {"variant": "AllTraffic"}},
        {"latency_ms": 5, "model": {"variant": None}},
        {"latency_ms": 5, "model": {"variant": "another"}},
        {"latency_ms": 5, "model": None},
    ],
)
def test_a_reply_that_does_not_say_enough_has_no_cost(deployed: Deployed, reply: Any) -> None:
    assert CallCosts(deployed.deployment, price_of_hour).cost_of(reply) is None


def test_an_instance_without_a_price_is_not_free(deployed: Deployed) -> None:
    assert CallCosts(deployed.deployment, lambda *_: None).cost_of(REPLY) is None


class _Sagemaker:
    """A client that describes one endpoint."""

    def __init__(self, variants: list[dict[str, Any]] | None) -> None:
        self._variants = variants
        self.times_asked = 0

    def describe_endpoint(self, **_: str) -> dict[str, Any]:
        self.times_asked += 1
        if self._variants is None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeEndpoint")
        return {"EndpointConfigName": "c"}

    def describe_endpoint_config(self, **_: str) -> dict[str, Any]:
        return {"ProductionVariants": self._variants}


@pytest.mark.parametrize(
    "variants",
    [None, [{"VariantName": "AllTraffic", "ServerlessConfig": {"MemorySizeInMB": 2048}}]],
)
def test_an_endpoint_that_may_not_be_looked_at_or_has_no_instances_has_no_cost(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, variants: list[dict[str, Any]] | None
) -> None:
    deployment = Deployment("dev", deployed.deployment.outputs, deployed.deployment.account)
    sagemaker = _Sagemaker(variants)
    monkeypatch.setattr(deployment, "client", lambda _service: sagemaker)
    costs = CallCosts(deployment, price_of_hour)

    assert (costs.cost_of(REPLY), costs.cost_of(REPLY)) == (None, None)
    assert sagemaker.times_asked == 1
