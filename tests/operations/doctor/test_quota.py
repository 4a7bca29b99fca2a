"""Are there enough instances? Service Quotas is answered as AWS's documentation shows its replies."""

from datetime import UTC, datetime
from typing import Any

import pytest

from operations.doctor.finding import Finding
from operations.doctor.quota import check_quotas
from tests.operations.doctor.patients import StubbedClients, found_by, settings_with, told

QUOTA = "ml.m5.large for endpoint usage"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def quotas(by_name: dict[str, float]) -> dict[str, Any]:
    return {"Quotas": [{"QuotaName": name, "Value": value} for name, value in by_name.items()]}


def endpoint(name: str, status: str = "InService") -> dict[str, Any]:
    return {
        "EndpointName": name,
        "EndpointArn": f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        "EndpointStatus": status,
    }


def variant(instances: int) -> dict[str, Any]:
    return {"VariantName": "AllTraffic", "CurrentInstanceCount": instances}


def asked(limit: float | None, others: int, **sections: Any) -> list[Finding]:
    """Look at a stack beside another endpoint with `others` instances; its own is not counted."""
    clients = StubbedClients()
    by_default = {"x": 9.0} if limit is None else {QUOTA: 0.0}
    applied = {} if limit is None else {QUOTA: limit}
    clients.answer("service-quotas", "list_aws_default_service_quotas", quotas(by_default))
    clients.answer("service-quotas", "list_service_quotas", quotas(applied))
    listed = [endpoint("genai-dev"), endpoint("other"), endpoint("broken", "Failed")]
    clients.answer("sagemaker", "list_endpoints", {"Endpoints": listed})
    clients.answer(
        "sagemaker",
        "describe_endpoint",
        {
            **endpoint("other"),
            "EndpointConfigName": "other-1",
            "ProductionVariants": [variant(others)],
        },
        EndpointName="other",
    )
    clients.answer(
        "sagemaker",
        "describe_endpoint_config",
        {
            "EndpointConfigName": "other-1",
            "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/other-1",
            "CreationTime": NOW,
            "ProductionVariants": [{"VariantName": "AllTraffic", "InstanceType": "ml.m5.large"}],
        },
    )
    findings = found_by(check_quotas, clients, settings_with(**sections))
    clients.assert_all_asked()
    return findings


@pytest.mark.parametrize(
    ("limit", "others", "instances", "verdict", "words"),
    [
        (4, 1, {}, "ok", f"{QUOTA}: 4, other endpoints use 1; the stack starts 1, at most 1"),
        (0, 0, {}, "problem", f"{QUOTA}: 0, other endpoints use 0; the stack starts 1"),
        (4, 3, {"initial": 2}, "problem", f"{QUOTA}: 4, other endpoints use 3; the stack starts 2"),
        (4, 1, {"max": 4}, "problem", f"{QUOTA}: 4, other endpoints use 1; the stack scales to 4"),
        (2, 1, {}, "problem", f"{QUOTA}: 2, other endpoints use 1; an update starts a second fleet beside the first, 2 in all"),
        (None, 0, {}, "unknown", f"Service Quotas has no {QUOTA!r} in us-east-1"),
    ],
)  # fmt: skip
def test_what_is_wanted_is_held_against_quota_and_use(
    limit: float | None, others: int, instances: dict[str, int], verdict: str, words: str
) -> None:
    assert told(asked(limit, others, endpoint={"instances": instances})) == [(verdict, words)]


def test_every_shortage_has_a_fix() -> None:
    assert "request-service-quota-increase" in asked(0, 0)[0].fix


def test_a_rolling_update_needs_no_second_fleet() -> None:
    found = asked(2, 0, endpoint={"instances": {"initial": 2}, "rollout": {"strategy": "rolling"}})

    assert found[0].verdict == "ok"


def test_variants_count_with_the_main_one() -> None:
    found = asked(9, 0, endpoint={"variants": {"b": {"initial": 3}}})

    assert found[0].what.endswith("the stack starts 4, at most 4")


def test_serverless_asks_for_no_instances() -> None:
    settings = settings_with(endpoint={"mode": "serverless", "instanceType": None})

    assert told(found_by(check_quotas, StubbedClients(), settings)) == [
        ("ok", "no instances are asked for")
    ]
