"""What the real provider asks of CloudWatch for our alarms, in its order, in JSON and in CBOR.

Read in hashicorp/terraform-provider-aws, internal/service/cloudwatch, November 2026 (the stored version may be
older than the provider in use): metric_alarm.go at e33a89d07993. An alarm that is not among those described is
gone to it.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.rehearsal.provider.cbor_client import CborClient
from tests.rehearsal.tenant import REGION, Tenant, unique

Call = Callable[..., dict[str, Any]]
SINGLE = {
    "AlarmDescription": "too many",
    "ActionsEnabled": True,
    "AlarmActions": [f"arn:aws:sns:{REGION}:123456789012:told"],
    "OKActions": [],
    "InsufficientDataActions": [],
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 1.5,
    "TreatMissingData": "notBreaching",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 60,
    "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
}
CALCULATED = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "Metrics": [
        {"Id": "rate", "Expression": "failed / asked", "Label": "share", "ReturnData": True},
        *(
            {
                "Id": name,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SageMaker",
                        "MetricName": metric,
                        "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            }
            for name, metric in {"failed": "Invocation5XXErrors", "asked": "Invocations"}.items()
        ),
    ],
}


@pytest.fixture(params=["json", "cbor"])
def call(request: pytest.FixtureRequest, tenant: Tenant) -> Call:
    if request.param == "cbor":
        return CborClient(tenant).call
    client = tenant.client("cloudwatch")
    names = {name: method for method, name in client.meta.method_to_api_mapping.items()}
    return lambda operation, **members: getattr(client, names[operation])(**members)


@pytest.mark.fact("§10 CloudWatch speaks RPC v2 in CBOR, JSON and Query")
@pytest.mark.parametrize("given", [SINGLE, CALCULATED], ids=["single", "calculated"])
def test_an_alarm_is_created_read_as_given_updated_and_gone(
    call: Call, given: dict[str, Any]
) -> None:
    name = unique("alarm")
    arn = f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:{name}"

    def described() -> list[dict[str, Any]]:
        return call("DescribeAlarms", AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"]

    def tags() -> dict[str, str]:
        found = call("ListTagsForResource", ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    call("PutMetricAlarm", AlarmName=name, **given, Tags=[{"Key": "old", "Value": "1"}])
    (found,) = described()
    assert found.items() >= given.items()
    assert found["AlarmArn"] == arn
    assert isinstance(found["StateUpdatedTimestamp"], dt.datetime)
    assert tags() == {"old": "1"}

    call("PutMetricAlarm", AlarmName=name, **{**given, "Threshold": 9.25})
    call("UntagResource", ResourceARN=arn, TagKeys=["old"])
    call("TagResource", ResourceARN=arn, Tags=[{"Key": "new", "Value": "2"}])
    (found,) = described()
    assert found["Threshold"] == 9.25
    assert tags() == {"new": "2"}

    call("DeleteAlarms", AlarmNames=[name])
    assert described() == []


def test_an_error_in_cbor_has_its_code_and_words(tenant: Tenant) -> None:
    answer = CborClient(tenant).call("GetDashboard", DashboardName=unique("nowhere"))

    assert answer["Error"]["Code"] == "ResourceNotFound"
    assert answer["Error"]["Message"]


@pytest.mark.parametrize(
    "path",
    ["/service/GraniteServiceVersion20100801", "/service/Another20200101/operation/DescribeAlarms"],
)
def test_what_is_no_operation_of_a_service_that_speaks_cbor_is_refused(
    tenant: Tenant, path: str
) -> None:
    status, headers, body = CborClient(tenant).send(path, b"\xa0")

    assert status == 404
    assert headers["Content-Type"] == "application/cbor"
    assert b"UnknownOperationException" in body
