"""Application Auto Scaling for SageMaker: targets, policies and scheduled actions, and what they do.

moto rejects two of SageMaker's three dimensions; every other service namespace stays with it. Facts:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html and
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html (copies of 2025
and 2026).
"""

import json
import re
import time
import uuid
from datetime import UTC, datetime

from moto.cloudwatch.models import Alarm
from werkzeug.wrappers import Response

from catalog.schedules import Schedule
from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.cloudwatch.metrics import Observation, observe
from rehearsal.account.partitions import partition_of
from rehearsal.account.sagemaker.control import SageMaker
from rehearsal.account.sagemaker.state import Members, Operations
from rehearsal.account.scaling.activities import Activities
from rehearsal.account.scaling.capacity import Capacity
from rehearsal.account.scaling.policy_actions import act
from rehearsal.account.scaling.rules import COPIES, PROVISIONED, action_problem, policy_problem
from rehearsal.account.scaling.scaler import Scaler
from rehearsal.account.scaling.tracking_policy import (
    NAMESPACE as METRICS_NAMESPACE,
)
from rehearsal.account.scaling.tracking_policy import (
    delete_alarms,
    put_alarms,
    summed_metric,
)
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

_Key = tuple[str, ...]
NAMESPACE = "sagemaker"
_VARIANT_ID = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
_COMPONENT_ID = re.compile(r"inference-component/(?P<component>[^/]+)")
_NOTHING_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


class Scaling:
    """One Region's scalable targets of SageMaker, with what is set on them."""

    def __init__(self, sagemaker: SageMaker, region: str, capacity: Capacity) -> None:
        self._state = sagemaker.state
        self._region = region
        self._partition = partition_of(region)
        self._arn_prefix = f"arn:{self._partition}:autoscaling:{region}:{ACCOUNT_ID}"
        self._targets: dict[_Key, Members] = {}  # by resource and dimension
        self._policies: dict[_Key, Members] = {}  # by resource, dimension and name
        self._actions: dict[_Key, Members] = {}  # the same
        self._due: dict[_Key, datetime | None] = {}  # of the actions
        self._out_of_bounds: set[tuple[str, str]] = set()  # targets to be brought back
        self._activities = Activities()
        self._scaler = Scaler(capacity, self._activities)
        self._tags: dict[str, dict[str, str]] = {}  # by ARN of a target
        self._operations: Operations = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": lambda r: {"Tags": self._tags_of(r)},
            "DescribeScalableTargets": lambda r: {
                "ScalableTargets": _matching(self._targets, r, "ResourceIds", "ResourceId")
            },
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": lambda r: {
                "ScalingPolicies": _matching(self._policies, r, "PolicyNames", "PolicyName")
            },
            "PutScheduledAction": self._put_action,
            "DeleteScheduledAction": self._delete_action,
            "DescribeScalingActivities": self._activities.describe,
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
        if members.get("ServiceNamespace", NAMESPACE) != NAMESPACE or operation is None:
            return None
        if found := violations("application-autoscaling", request.target, members):
            raise _invalid(describe_violations(found))
        with self._state.lock:
            self._forget_what_is_gone()
            answer = json.dumps(operation(members))
        return Response(answer, content_type="application/x-amz-json-1.1")

    def act(self, policy_arn: str, alarm: Alarm) -> None:
        """Let a policy act on an alarm.

        Raises:
            AwsError: there is no such policy.
        """
        with self._state.lock:
            self._forget_what_is_gone()
            policy = next(
                (p for p in self._policies.values() if p["PolicyARN"] == policy_arn), None
            )
            if policy is None:
                raise AwsError("ObjectNotFoundException", f"No scaling policy {policy_arn} found.")
            key = _key(policy)
            others = [p for p in self._policies.values() if _key(p) == key and p is not policy]
            act(policy, others, self._targets[key], alarm, self._scaler)

    def forget_what_is_gone(self) -> None:
        """Take away what was set on targets that are there no more, alarms too."""
        if self._targets:
            with self._state.lock:
                self._forget_what_is_gone()

    def pass_a_minute(self) -> None:
        """Do what is due, and tell of targets without traffic."""
        if not self._targets:
            return
        with self._state.lock:
            self._forget_what_is_gone()
            self._tell_of_no_traffic()
            now = datetime.now(UTC)
            for key, due in list(self._due.items()):
                if due is not None and due <= now:
                    self._run_action(key)
            for key in list(self._out_of_bounds):
                self._bring_back(key)

    def _tell_of_no_traffic(self) -> None:
        """SageMaker publishes zeros while nobody asks a target, so that it scales in.

        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
        """
        for policy in self._policies.values():
            if metric := summed_metric(policy):
                observe(Observation(self._region, METRICS_NAMESPACE, *metric, 0, "Count"))

    def _run_action(self, key: _Key) -> None:
        action, target_key = self._actions[key], (key[0], key[1])
        self._due[key] = Schedule.of(action).next_after(datetime.now(UTC))
        target = self._targets[target_key]
        if not target["SuspendedState"]["ScheduledScalingSuspended"]:
            target.update(action.get("ScalableTargetAction", {}))
            self._bring_back(target_key)

    def _bring_back(self, key: tuple[str, str]) -> None:
        """Bring a target into its bounds, or try again with the next minute."""
        if self._scaler.keep_within_bounds(key, self._targets[key]):
            self._out_of_bounds.discard(key)
        else:
            self._out_of_bounds.add(key)

    def _forget_what_is_gone(self) -> None:
        """What is deleted is deregistered by SageMaker.

        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html
        """
        endpoints = {f"endpoint/{each['EndpointName']}" for each in self._state.endpoints.all()}
        components = {
            f"inference-component/{each['InferenceComponentName']}"
            for each in self._state.components.all()
        }
        for key in list(self._targets):
            if key[0].partition("/variant/")[0] not in endpoints | components:
                self._forget((key[0], key[1]))

    def _forget(self, key: tuple[str, str]) -> None:
        for policy_key in [found for found in self._policies if found[:2] == key]:
            delete_alarms(self._policies.pop(policy_key), self._region)
        for action_key in [found for found in self._actions if found[:2] == key]:
            del self._actions[action_key], self._due[action_key]
        del self._targets[key]
        self._out_of_bounds.discard(key)
        self._scaler.forget(key)

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
            "SuspendedState": {
                **_NOTHING_SUSPENDED,
                **known.get("SuspendedState", {}),
                **members.get("SuspendedState", {}),
            },
            "ScalableTargetARN": arn,
        }
        self._bring_back(key)
        self._tags.setdefault(arn, members.get("Tags", {}))
        return {"ScalableTargetARN": arn}

    def _tags_of(self, members: Members) -> dict[str, str]:
        arn = members["ResourceARN"]
        if all(target["ScalableTargetARN"] != arn for target in self._targets.values()):
            raise AwsError("ResourceNotFoundException", f"The resource {arn} does not exist.", 400)
        return self._tags[arn]

    def _tag(self, members: Members) -> Members:
        self._tags_of(members).update(members["Tags"])
        return {}

    def _untag(self, members: Members) -> Members:
        tags = self._tags_of(members)
        for key in members["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _deregister(self, members: Members) -> Members:
        key = _key(members)
        self._target(key)
        self._forget(key)
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
        policy = {"PolicyType": "StepScaling", "Alarms": [], **known, **members}
        if policy["PolicyType"] == "TargetTrackingScaling":
            policy["Alarms"] = put_alarms(policy, self._region)
        self._policies[*key, name] = policy
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    def _delete_policy(self, members: Members) -> Members:
        delete_alarms(_removed(self._policies, members, "PolicyName"), self._region)
        return {}

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
        action = {**first, **known, **members}
        self._actions[*key, name] = action
        self._due[*key, name] = Schedule.of(action).next_after(datetime.now(UTC))
        return {}

    def _delete_action(self, members: Members) -> Members:
        name = members["ScheduledActionName"]
        _removed(self._actions, members, "ScheduledActionName")
        del self._due[*_key(members), name]
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


def _removed(kept: dict[_Key, Members], members: Members, name: str) -> Members:
    key = (*_key(members), members[name])
    if key not in kept:
        raise AwsError("ObjectNotFoundException", f"No {name} {key[2]} found for {key[0]}.")
    return kept.pop(key)


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
