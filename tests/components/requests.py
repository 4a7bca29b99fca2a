"""What the provider would ask AWS for a registered resource, to hold it against AWS's service models.

The provider's shapes differ from the API's in a few places; each difference is one line here.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rehearsal.account.service_model import violations
from rehearsal.deployer.requests import to_request
from rehearsal.program import ProgramRun
from tests.harness import EchoMocks, inputs_of, without_secret_marks

Inputs = dict[str, Any]


class AwsLikeMocks(EchoMocks):
    """Answers with ARNs that AWS's patterns accept."""

    ARNS: Mapping[str, str] = {
        "aws:iam/role:Role": "arn:aws:iam::123456789012:role/{}",
        "aws:sns/topic:Topic": "arn:aws:sns:us-east-1:123456789012:{}",
        "aws:appautoscaling/policy:Policy": "arn:aws:autoscaling:us-east-1:123456789012:policy/{}",
        "aws:cloudwatch/metricAlarm:MetricAlarm": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:{}",
    }

    def new_resource(self, args: Any) -> tuple[str | None, dict[Any, Any]]:
        resource_id, outputs = super().new_resource(args)
        if args.typ in self.ARNS:
            outputs = {**outputs, "arn": self.ARNS[args.typ].format(args.name)}
        return resource_id, outputs


class Request(NamedTuple):
    """One call of an API."""

    service: str
    operation: str
    members: Inputs

    def violations(self) -> list[str]:
        return violations(self.service, self.operation, self.members)


def requests_of(run: ProgramRun) -> dict[str, Request]:
    """The request of every resource that has one here, by the resource's type and name."""
    return {
        f"{r.type.rpartition(':')[2]} {r.name}": _REQUESTS[r.type](
            r.name, without_secret_marks(inputs_of(r))
        )
        for r in run.registrations
        if r.type in _REQUESTS
    }


def _convert(service: str, operation: str, inputs: Inputs) -> Request:
    return Request(service, operation, to_request(service, operation, inputs))


def _without(inputs: Inputs, *keys: str) -> Inputs:
    return {key: value for key, value in inputs.items() if key not in {*keys, "tags"}}


def _model(name: str, inputs: Inputs) -> Request:
    container = dict(inputs["primaryContainer"])
    if "modelDataSource" in container:
        (source,) = container["modelDataSource"]["s3DataSources"]
        container["modelDataSource"] = {"s3DataSource": source}
    members = {**_without(inputs), "modelName": name, "primaryContainer": container}
    return _convert("sagemaker", "CreateModel", members)


def _configuration(name: str, inputs: Inputs) -> Request:
    members: Inputs = {**_without(inputs, "kmsKeyArn"), "endpointConfigName": name}
    for kind in ("productionVariants", "shadowProductionVariants"):
        if kind in members:
            members[kind] = [_variant(variant) for variant in members[kind]]
    if "kmsKeyArn" in inputs:
        members["kmsKeyId"] = inputs["kmsKeyArn"]
    topics = members.get("asyncInferenceConfig", {}).get("outputConfig", {})
    notified = topics.get("notificationConfig", {})
    if "includeInferenceResponseIns" in notified:
        notified["includeInferenceResponseIn"] = notified.pop("includeInferenceResponseIns")
    return _convert("sagemaker", "CreateEndpointConfig", members)


def _variant(variant: Inputs) -> Inputs:
    routing = variant.get("routingConfigs")
    return {
        **_without(variant, "routingConfigs"),
        **({"routingConfig": routing[0]} if routing else {}),
    }


def _endpoint(_name: str, inputs: Inputs) -> Request:
    members = {**_without(inputs, "name"), "endpointName": inputs["name"]}
    return _convert("sagemaker", "CreateEndpoint", members)


def _cloud_control(_name: str, inputs: Inputs) -> Request:
    operation = {
        "AWS::SageMaker::Endpoint": "UpdateEndpoint",  # which has the members that matter there
        "AWS::SageMaker::InferenceComponent": "CreateInferenceComponent",
    }[inputs["typeName"]]
    state = json.loads(inputs["desiredState"])
    tags = state.pop("Tags")
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Project": "genai", "Stack": "test"}
    return Request("sagemaker", operation, state)


def _scalable_target(_name: str, inputs: Inputs) -> Request:
    return _convert("application-autoscaling", "RegisterScalableTarget", _without(inputs))


def _scaling_policy(name: str, inputs: Inputs) -> Request:
    request = _convert(
        "application-autoscaling", "PutScalingPolicy", {**inputs, "policyName": name}
    )
    for step in request.members.get("StepScalingPolicyConfiguration", {}).get(
        "StepAdjustments", []
    ):
        # The provider takes this number as a text, so that it can tell zero from nothing.
        step["MetricIntervalLowerBound"] = float(step["MetricIntervalLowerBound"])
    return request


def _scheduled_action(name: str, inputs: Inputs) -> Request:
    members = {**inputs, "scheduledActionName": name}
    return _convert("application-autoscaling", "PutScheduledAction", members)


def _alarm(name: str, inputs: Inputs) -> Request:
    members = {**_without(inputs, "name", "metricQueries"), "alarmName": inputs.get("name", name)}
    if "dimensions" in members:
        members["dimensions"] = _dimensions(members["dimensions"])
    if "metricQueries" in inputs:
        members["metrics"] = [_metric_query(query) for query in inputs["metricQueries"]]
    return _convert("cloudwatch", "PutMetricAlarm", members)


def _metric_query(query: Inputs) -> Inputs:
    if "metric" not in query:
        return query
    metric = query["metric"]
    return {
        "id": query["id"],
        "returnData": False,
        "metricStat": {
            "metric": {
                "namespace": metric["namespace"],
                "metricName": metric["metricName"],
                "dimensions": _dimensions(metric["dimensions"]),
            },
            "stat": metric["stat"],
            "period": metric["period"],
        },
    }


def _dimensions(dimensions: Mapping[str, str]) -> list[Inputs]:
    return [{"name": name, "value": value} for name, value in dimensions.items()]


_REQUESTS: dict[str, Callable[[str, Inputs], Request]] = {
    "aws:sagemaker/model:Model": _model,
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _configuration,
    "aws:sagemaker/endpoint:Endpoint": _endpoint,
    "aws:cloudcontrol/resource:Resource": _cloud_control,
    "aws:appautoscaling/target:Target": _scalable_target,
    "aws:appautoscaling/policy:Policy": _scaling_policy,
    "aws:appautoscaling/scheduledAction:ScheduledAction": _scheduled_action,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
}
