"""May whoever deploys do what a deployment does?"""

import re
from collections.abc import Iterator
from typing import Any

from operations.doctor.finding import Finding, Patient, Teller
from settings import StackSettings

_tell = Teller("permissions")
_ASSUMED = re.compile(r"arn:(?P<partition>[\w-]+):sts::\d+:assumed-role/(?P<role>[^/]+)/")
_SUFFIX = "-0000000"  # such as Pulumi puts behind the names that it makes
# What `pulumi up` calls for each kind of resource: not every action, but those without which nothing is made.
_ACTIONS: dict[str, tuple[str, ...]] = {
    "bucket": (
        *("s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration"),
        *("s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutBucketNotification"),
        *("s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls", "s3:ListBucket"),
    ),
    "object": ("s3:PutObject", "s3:GetObject"),
    "role": ("iam:CreateRole", "iam:GetRole", "iam:PutRolePolicy", "iam:DeleteRole"),
    "endpoint": ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:DescribeEndpoint"),
    "endpoint-config": ("sagemaker:CreateEndpointConfig", "sagemaker:DeleteEndpointConfig"),
    "model": ("sagemaker:CreateModel", "sagemaker:DeleteModel"),
    "component": ("sagemaker:CreateInferenceComponent", "sagemaker:UpdateInferenceComponent"),
    "function": (
        *("lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
        *("lambda:CreateAlias", "lambda:AddPermission", "lambda:PublishVersion"),
    ),
    "log-group": ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "queue": ("sqs:CreateQueue", "sqs:SetQueueAttributes"),
    "alarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms"),
    "any": ("application-autoscaling:RegisterScalableTarget", "application-autoscaling:PutScalingPolicy"),
}  # fmt: skip


def check_permissions(patient: Patient) -> Iterator[Finding]:
    """Let IAM judge what a deployment calls, on resources named as the stack's will be."""
    iam = patient.clients.client("iam")
    principal = _principal(iam, patient.caller_arn)
    if principal is None:
        yield _tell.ok("the account's root may do everything")
        return
    denied: list[tuple[str, str, str]] = []
    resources = _resources(patient)
    for kind in _kinds(patient.settings):
        denied += _denied(iam, principal, _ACTIONS[kind], resources[kind])
    for service in ("sagemaker.amazonaws.com", "lambda.amazonaws.com"):
        denied += _denied(
            iam,
            principal,
            ("iam:PassRole",),
            _role_to_pass(patient) if service.startswith("sagemaker") else resources["role"],
            ContextEntries=[
                {
                    "ContextKeyName": "iam:PassedToService",
                    "ContextKeyValues": [service],
                    "ContextKeyType": "string",
                }
            ],
        )
    for action, resource, decision in dict.fromkeys(denied):
        yield _tell.problem(
            f"{principal} may not {action} on {resource} ({decision})",
            f"allow {action} on it to whoever deploys, or look for a boundary or an organisation's policy",
        )
    if not denied:
        yield _tell.ok(f"{principal} may do what a deployment calls, by IAM's simulation")


def _principal(iam: Any, caller_arn: str) -> str | None:
    """The user or role whose policies count; None for the root."""
    if caller_arn.endswith(":root"):
        return None
    if assumed := _ASSUMED.match(caller_arn):
        # Its path is not in the session's ARN.
        return iam.get_role(RoleName=assumed["role"])["Role"]["Arn"]
    return caller_arn


def _denied(
    iam: Any, principal: str, actions: tuple[str, ...], resource: str, **more: Any
) -> Iterator[tuple[str, str, str]]:
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=principal, ActionNames=list(actions), ResourceArns=[resource], **more
    )
    for page in pages:
        for result in page["EvaluationResults"]:
            if result["EvalDecision"] != "allowed":
                yield result["EvalActionName"], resource, result["EvalDecision"]


def _kinds(settings: StackSettings) -> Iterator[str]:
    endpoint = settings.endpoint
    yield from ("object", "role", "function", "log-group", "model")
    if settings.bucket.existing_name is None:
        yield "bucket"
    if endpoint.enabled:
        yield from ("endpoint", "endpoint-config")
    if endpoint.enabled and endpoint.mode == "scale-to-zero":
        yield "component"
    if settings.invoker.inputs.enabled:
        yield "queue"
    if settings.capacity_bounds:
        yield from ("any", "alarm")


def _resources(patient: Patient) -> dict[str, str]:
    settings, name = patient.settings, f"{patient.settings.resource_name}{_SUFFIX}"
    partition = patient.caller_arn.split(":")[1]
    here = f"{settings.region}:{patient.account_id}"
    bucket = f"arn:{partition}:s3:::{settings.bucket.existing_name or name}"
    sagemaker = f"arn:{partition}:sagemaker:{here}"
    return {
        "bucket": bucket,
        "object": f"{bucket}/models/0/model.tar.gz",
        "role": f"arn:{partition}:iam::{patient.account_id}:role/{name}",
        "endpoint": f"{sagemaker}:endpoint/{settings.endpoint_name}",
        "endpoint-config": f"{sagemaker}:endpoint-config/{name}",
        "model": f"{sagemaker}:model/{name}",
        "component": f"{sagemaker}:inference-component/{settings.endpoint_name}-component",
        "function": f"arn:{partition}:lambda:{here}:function:{name}",
        "log-group": f"arn:{partition}:logs:{here}:log-group:/aws/lambda/{settings.project}-{settings.stack}-{settings.resource_name}",
        "queue": f"arn:{partition}:sqs:{here}:{name}",
        "alarm": f"arn:{partition}:cloudwatch:{here}:alarm:{settings.endpoint_name}-wake-up",
        "any": "*",
    }


def _role_to_pass(patient: Patient) -> str:
    return patient.settings.roles.execution_role_arn or _resources(patient)["role"]
