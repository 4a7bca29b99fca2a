"""Application Auto Scaling for SageMaker: targets, policies and scheduled actions, kept and checked.

moto rejects two of SageMaker's three dimensions; every other service namespace stays with it. Nothing
scales here: what is registered is what is described. Facts:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html and
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html (copies of 2025
and 2026).
"""

import json
import re
import time
import uuid

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.partitions import partition_of
from rehearsal.account.sagemaker.control import SageMaker
from rehearsal.account.sagemaker.state import Members, Operations
from rehearsal.account.scaling.rules import COPIES, PROVISIONED, action_problem, policy_problem
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

_Key = tuple[str, ...]
NAMESPACE = "sagemaker"
_VARIANT_ID = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
_COMPONENT_ID = re.compile(r"inference-component/(?P<component>[^/]+)")


class Scaling:
    """One Region's scalable targets of SageMaker, with what is set on them."""

    def __init__(self, sagemaker: SageMaker, region: str) -> None:
        self._state = sagemaker.state
        self._partition = partition_of(region)
        self._arn_prefix = f"arn:{self._partition}:autoscaling:{region}:{ACCOUNT_ID}"
        self._targets: dict[_Key, Members] = {}  # by resource and dimension
        self._policies: dict[_Key, Members] = {}  # by resource, dimension and name
        self._actions: dict[_Key, Members] = {}  # the same
        self._operations: Operations = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": lambda r: {
                "ScalableTargets": _matching(self._targets, r, "ResourceIds", "ResourceId")
            },
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": lambda r: _remove(self._policies, r, "PolicyName"),
            "DescribeScalingPolicies": lambda r: {
                "ScalingPolicies": _matching(self._policies, r, "PolicyNames", "PolicyName")
            },
            "PutScheduledAction": self._put_action,
            "DeleteScheduledAction": lambda r: _remove(self._actions, r, "ScheduledActionName"),
            "DescribeScheduledActions": lambda r: {
                "ScheduledActions": _matching(
                    self._actions, r, "ScheduledActionNames", "ScheduledActionName"
                )
            },
        }

    def handle(self, request: AwsRequest) -> Response | None:
        """Answer a request about SageMaker; None leaves one about another service to moto.

        Raises:
            AwsError: it is invalid, or names what is not there.
        """
        members = json.loads(request.body or b"{}")
        operation = self._operations.get(request.target)
        if members.get("ServiceNamespace") != NAMESPACE or operation is None:
            return None
        if found := violations("application-autoscaling", request.target, members):
            raise _invalid(describe_violations(found))
        with self._state.lock:
            answer = json.dumps(operation(members))
        return Response(answer, content_type="application/x-amz-json-1.1")

    def _register(self, members: Members) -> Members:
        key = _key(members)
        least_allowed = self._least_capacity(*key)
        known = self._targets.get(key, {})
        target = {**known, **members}
        for member in ("MinCapacity", "MaxCapacity"):
            if member not in target:
                raise _invalid(f"{member} is required to register a new scalable target.")
        if target["MinCapacity"] > target["MaxCapacity"]:
            raise _invalid("Maximum capacity cannot be less than minimum capacity")
        if target["MinCapacity"] < least_allowed:
            raise _invalid(
                f"Minimum capacity cannot be less than {least_allowed} for {key[0]}, {key[1]}."
            )
        arn = known.get("ScalableTargetARN") or (
            f"{self._arn_prefix.replace('autoscaling', 'application-autoscaling')}"
            f":scalable-target/{uuid.uuid4().hex}"
        )
        service_role = (
            f"arn:{self._partition}:iam::{ACCOUNT_ID}:role/aws-service-role/"
            "sagemaker.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        )
        self._targets[key] = {
            "RoleARN": service_role,
            "CreationTime": time.time(),
            **{name: value for name, value in target.items() if name != "Tags"},
            "ScalableTargetARN": arn,
        }
        return {"ScalableTargetARN": arn}

    def _deregister(self, members: Members) -> Members:
        key = _key(members)
        self._target(key)
        del self._targets[key]
        for kept in (self._policies, self._actions):
            for gone in [found for found in kept if found[:2] == key]:
                del kept[gone]
        return {}

    def _put_policy(self, members: Members) -> Members:
        key = _key(members)
        self._target(key)
        if problem := policy_problem(members, key[1]):
            raise _invalid(problem)
        name = members["PolicyName"]
        arn = (
            f"{self._arn_prefix}:scalingPolicy:{uuid.uuid4()}:resource/{NAMESPACE}/{key[0]}"
            f":policyName/{name}"
        )
        known = self._policies.get((*key, name), {"PolicyARN": arn, "CreationTime": time.time()})
        # The alarms that AWS makes for target tracking are not made: nothing here would set them off.
        self._policies[*key, name] = {"PolicyType": "StepScaling", **known, **members, "Alarms": []}
        return {"PolicyARN": known["PolicyARN"], "Alarms": []}

    def _put_action(self, members: Members) -> Members:
        key = _key(members)
        self._target(key)
        name = members["ScheduledActionName"]
        known = self._actions.get((*key, name), {})
        if problem := action_problem(members, is_new=not known):
            raise _invalid(problem)
        arn = (
            f"{self._arn_prefix}:scheduledAction:{uuid.uuid4()}:resource/{NAMESPACE}/{key[0]}"
            f":scheduledActionName/{name}"
        )
        first = {"ScheduledActionARN": arn, "CreationTime": time.time()}
        self._actions[*key, name] = {**first, **known, **members}
        return {}

    def _target(self, key: _Key) -> Members:
        if key not in self._targets:
            raise AwsError(
                "ObjectNotFoundException",
                f"No scalable target registered for service namespace: {NAMESPACE}, resource ID: "
                f"{key[0]}, scalable dimension: {key[1]}",
            )
        return self._targets[key]

    def _least_capacity(self, resource_id: str, dimension: str) -> int:
        """Return the smallest capacity that a resource can have.

        Raises:
            AwsError: the resource is not there, or has no such dimension.
        """
        if dimension == COPIES:
            match = _COMPONENT_ID.fullmatch(resource_id)
            if match is None or not self._has_component(match["component"]):
                raise _invalid(f"Inference component does not exist: {resource_id}")
            return 0
        match = _VARIANT_ID.fullmatch(resource_id)
        configuration = self._configuration_of(match["endpoint"]) if match else None
        variants = configuration["ProductionVariants"] if configuration else []
        found = next((v for v in variants if match and v["VariantName"] == match["variant"]), None)
        if configuration is None or found is None:
            raise _invalid(f"Endpoint variant does not exist: {resource_id}")
        provisioned = "ProvisionedConcurrency" in found.get("ServerlessConfig", {})
        if (dimension == PROVISIONED) != ("ServerlessConfig" in found):
            raise _invalid(f"The variant {resource_id} has no dimension {dimension}.")
        if dimension == PROVISIONED and not provisioned:
            raise _invalid(f"The variant {resource_id} has no provisioned concurrency to scale.")
        if str(found.get("InstanceType", "")).startswith("ml.t2."):
            raise _invalid(f"Instances of type {found['InstanceType']} cannot be scaled.")
        return 0 if "AsyncInferenceConfig" in configuration else 1

    def _has_component(self, name: str) -> bool:
        return any(c["InferenceComponentName"] == name for c in self._state.components.all())

    def _configuration_of(self, endpoint: str) -> Members | None:
        """Return the configuration of an endpoint that is in service; None if it is not."""
        fleet = self._state.fleets.get(endpoint)
        return fleet.configuration if fleet else None


def _key(members: Members) -> tuple[str, str]:
    return members["ResourceId"], members["ScalableDimension"]


def _remove(kept: dict[_Key, Members], members: Members, name: str) -> Members:
    key = (*_key(members), members[name])
    if key not in kept:
        raise AwsError("ObjectNotFoundException", f"No {name} {key[2]} found for {key[0]}.")
    del kept[key]
    return {}


def _matching(
    kept: dict[_Key, Members], request: Members, filter_name: str, member: str
) -> list[Members]:
    return [
        found
        for found in kept.values()
        if found[member] in request.get(filter_name, [found[member]])
        and request.get("ResourceId") in {None, found["ResourceId"]}
        and request.get("ScalableDimension") in {None, found["ScalableDimension"]}
    ]


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
