"""Which resources an operation is about, by the members that name them.

Resource types are remembered from https://docs.aws.amazon.com/service-authorization/latest/reference/ and not checked
against it again. How CloudWatch Logs spells a group was seen in public reports of its refusals (November 2026).
"""

import base64
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.iam.actions.operations import Asked
from rehearsal.account.partitions import partition_of

_READING = ("List", "Describe", "Get", "Search", "BatchDescribe")
_KEY_ID_LENGTH = 36
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Six characters that AWS makes up end the ARN of each secret; this is for one that is not there yet.
_ENDING_OF_A_NEW_ONE = "-000000"


@dataclass(frozen=True)
class ResourceTypes:
    """What a service's operations are about."""

    members: Mapping[str, str] = field(default_factory=dict)
    """Member to what follows the account's number in an ARN; `{}` is the member's value. All that are there count."""
    operations: Mapping[str, str] = field(default_factory=dict)
    """Operation to what follows the account's number, where no member tells it."""
    arn_members: tuple[str, ...] = ("ResourceArn", "resourceArn", "ResourceARN")
    """Members that hold a whole ARN."""
    without_type: tuple[str, ...] = ()
    """How the names of operations begin that are about no resource although they change something."""
    read: Callable[[Asked, str], Iterator[str]] | None = None
    """For a service whose resources take more than members to name."""


def resources_of(service: str, asked: Asked, region: str) -> list[str]:
    """Return the ARNs that an operation is about, or `*`; nothing if that is not known.

    Args:
        service: IAM's prefix of the service.
        asked: the operation and its members.
        region: where it is asked for.
    """
    types = _TYPES.get(service)
    if types is None:
        return []
    found = list(dict.fromkeys(_named(types, service, asked, region)))
    if found:
        return found
    is_without = asked.operation.startswith((*_READING, *types.without_type))
    return ["*"] if is_without else []


def _named(types: ResourceTypes, service: str, asked: Asked, region: str) -> Iterator[str]:
    if types.read is not None:
        yield from types.read(asked, region)
        return
    start = f"arn:{partition_of(region)}:{service}:{region}:{ACCOUNT_ID}:"
    if path := types.operations.get(asked.operation):
        yield start + path
    if arn := asked.text(*types.arn_members):
        yield _without_wildcard_end(arn)
    for member, path in types.members.items():
        for value in _texts(asked.members.get(member)):
            yield value if value.startswith("arn:") else start + path.format(value)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str) and each]


def _without_wildcard_end(arn: str) -> str:
    return arn.removesuffix(":*")


def _sagemaker(asked: Asked, region: str) -> Iterator[str]:
    """Name what the operation's noun says: CreateEndpointConfig is about the `endpoint-config/` of EndpointConfigName."""
    start = f"arn:{partition_of(region)}:sagemaker:{region}:{ACCOUNT_ID}:"
    if arn := asked.text("ResourceArn"):
        yield arn
        return
    for member, value in asked.members.items():
        noun = member.removesuffix("Name")
        if noun != member and noun in _SAGEMAKER_NOUNS.get(asked.operation, (_noun_of(asked),)):
            for name in _texts(value):
                kind = _WORDS.sub("-", noun).lower()
                yield name if name.startswith("arn:") else f"{start}{kind}/{name}"


def _noun_of(asked: Asked) -> str:
    noun = _WORDS.split(asked.operation, maxsplit=1)[-1]
    return noun.removesuffix("RuntimeConfig").removesuffix("WeightsAndCapacities")


# Operations that are about more than the noun in their name.
_SAGEMAKER_NOUNS = {
    "CreateEndpoint": ("Endpoint", "EndpointConfig"),
    "UpdateEndpoint": ("Endpoint", "EndpointConfig"),
    "CreateInferenceComponent": ("InferenceComponent", "Endpoint"),
    "InvokeEndpoint": ("Endpoint", "InferenceComponent"),
    "InvokeEndpointAsync": ("Endpoint", "InferenceComponent"),
    "InvokeEndpointWithResponseStream": ("Endpoint", "InferenceComponent"),
    "CreateModelPackage": ("ModelPackage", "ModelPackageGroup"),
}


def _lambda(asked: Asked, region: str) -> Iterator[str]:
    start = f"arn:{partition_of(region)}:lambda:{region}:{ACCOUNT_ID}:"
    if arn := asked.text("Resource", "Arn", "CodeSigningConfigArn"):
        yield arn
    elif uuid := asked.text("UUID"):
        yield f"{start}event-source-mapping:{uuid}"
    elif layer := asked.text("LayerName"):
        name, version = layer.rpartition("layer:")[2], asked.text("VersionNumber")
        yield f"{start}layer:{name}{':' if version else ''}{version}"
    elif function := asked.text("FunctionName"):
        name, _, own_qualifier = function.rpartition("function:")[2].partition(":")
        qualifier = asked.text("Qualifier") or own_qualifier
        is_of_version = qualifier and asked.operation.startswith(_OF_A_QUALIFIER)
        # What a mapping needs is told by a condition key; it has no type of resource while it is made.
        if asked.operation not in ("CreateEventSourceMapping", "ListEventSourceMappings"):
            yield f"{start}function:{name}{f':{qualifier}' if is_of_version else ''}"


# Operations whose resource is the version or the alias that they name, rather than the function.
_OF_A_QUALIFIER = ("Invoke", "AddPermission", "RemovePermission", "GetPolicy")


def _logs(asked: Asked, region: str) -> Iterator[str]:
    """A group is judged as the streams in it: its ARN goes on with `:log-stream:` and nothing."""
    start = f"arn:{partition_of(region)}:logs:{region}:{ACCOUNT_ID}:log-group:"
    if arn := asked.text("resourceArn"):
        yield _without_wildcard_end(arn)
        return
    if asked.operation in ("DescribeLogGroups", "DescribeMetricFilters") and not asked.text(
        "logGroupName"
    ):
        yield f"{start}:log-stream:"
        return
    groups = [
        group.rpartition(":log-group:")[2].removesuffix(":*")
        for member in ("logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupIdentifiers")
        for group in _texts(asked.members.get(member))
    ]
    yield from (f"{start}{group}:log-stream:{asked.text('logStreamName')}" for group in groups)


def _sqs(asked: Asked, region: str) -> Iterator[str]:
    start = f"arn:{partition_of(region)}:sqs:{region}:{ACCOUNT_ID}:"
    if arn := asked.text("SourceArn"):
        yield arn
    elif name := asked.text("QueueUrl", "QueueName").rstrip("/").rpartition("/")[2]:
        yield start + name


def _iam(asked: Asked, region: str) -> Iterator[str]:
    partition = partition_of(region)
    start = f"arn:{partition}:iam::{ACCOUNT_ID}:"
    if asked.operation == "CreateServiceLinkedRole":
        yield f"{start}role/aws-service-role/{asked.text('AWSServiceName')}/*"
        return
    if asked.operation in _IAM_LISTS:
        yield start + _IAM_LISTS[asked.operation]
        return
    backend = iam_backends[ACCOUNT_ID][partition]
    for member, kind, known in (
        ("RoleName", "role", backend.roles),
        ("UserName", "user", backend.users),
        ("GroupName", "group", backend.groups),
        ("InstanceProfileName", "instance-profile", backend.instance_profiles),
    ):
        if name := asked.text(member):
            own: Any = next((each for each in known.values() if each.name == name), None)
            path = own.path if own is not None else asked.text("Path") or "/"
            yield f"{start}{kind}{path}{name}"
            # A user put in a group: the right is to the group. A role put in a profile: to the profile.
            if not asked.operation.startswith(
                ("AddUserTo", "RemoveUserFrom", "AddRoleTo", "RemoveRoleFrom")
            ):
                return
    if asked.operation == "CreatePolicy":
        yield f"{start}policy{asked.text('Path') or '/'}{asked.text('PolicyName')}"
    elif arn := asked.text("PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn"):
        yield arn


_IAM_LISTS = {
    "ListRoles": "role/",
    "ListUsers": "user/",
    "ListGroups": "group/",
    "ListPolicies": "policy/",
}


def _kms(asked: Asked, region: str) -> Iterator[str]:
    start = f"arn:{partition_of(region)}:kms:{region}:{ACCOUNT_ID}:"
    if alias := asked.text("AliasName"):
        yield start + alias
    if key := asked.text("KeyId", "TargetKeyId"):
        is_whole = key.startswith("arn:")
        yield key if is_whole else start + (key if key.startswith("alias/") else f"key/{key}")
    elif asked.operation == "Decrypt" and (blob := asked.text("CiphertextBlob")):
        # moto begins what it encrypts with the key's identifier; what is none of its own, it refuses itself.
        with contextlib.suppress(ValueError):
            yield f"{start}key/{base64.b64decode(blob)[:_KEY_ID_LENGTH].decode('ascii')}"


def _secrets(asked: Asked, region: str) -> Iterator[str]:
    known: Any = secretsmanager_backends[ACCOUNT_ID][region].secrets
    for name in _texts(asked.members.get("SecretId")) or _texts(asked.members.get("Name")):
        if name.startswith("arn:"):
            yield name
        elif name in known:
            yield known[name].arn
        else:
            start = f"arn:{partition_of(region)}:secretsmanager:{region}:{ACCOUNT_ID}"
            yield f"{start}:secret:{name}{_ENDING_OF_A_NEW_ONE}"


def _cloudwatch(asked: Asked, region: str) -> Iterator[str]:
    partition = partition_of(region)
    if arn := asked.text("ResourceARN"):
        yield arn
    elif "Alarm" in asked.operation:
        start = f"arn:{partition}:cloudwatch:{region}:{ACCOUNT_ID}:alarm:"
        names = _texts(asked.members.get("AlarmNames")) or _texts(asked.members.get("AlarmName"))
        yield from (start + name for name in names or ["*"])
    elif "Dashboard" in asked.operation and asked.operation != "ListDashboards":
        names = _texts(asked.members.get("DashboardNames")) or [asked.text("DashboardName")]
        yield from (f"arn:{partition}:cloudwatch::{ACCOUNT_ID}:dashboard/{name}" for name in names)


def _ec2(asked: Asked, region: str) -> Iterator[str]:
    if asked.operation.startswith(
        _READING
    ):  # whatever it names, it is judged as a look at everything
        return
    start = f"arn:{partition_of(region)}:ec2:{region}:{ACCOUNT_ID}:"
    for member, kind in _EC2_KINDS.items():
        yield from (f"{start}{kind}/{name}" for name in _texts(asked.members.get(member)))


_EC2_KINDS = {
    "VpcId": "vpc",
    "SubnetId": "subnet",
    "GroupId": "security-group",
    "SecurityGroupId": "security-group",
    "NetworkInterfaceId": "network-interface",
    "VpcEndpointId": "vpc-endpoint",
    "InstanceId": "instance",
}

_TYPES: dict[str, ResourceTypes] = {
    "sagemaker": ResourceTypes(read=_sagemaker),
    "lambda": ResourceTypes(
        read=_lambda, without_type=("CreateEventSourceMapping", "CreateCodeSigningConfig")
    ),
    "logs": ResourceTypes(
        read=_logs,
        without_type=("PutResourcePolicy", "DeleteResourcePolicy", "StopQuery", "TestMetric"),
    ),
    "sqs": ResourceTypes(read=_sqs),
    "sns": ResourceTypes(
        members={"TopicArn": "{}", "TargetArn": "{}", "Name": "{}"},
        without_type=(
            "Publish",
            "Unsubscribe",
            "SetSubscription",
            "ConfirmSubscription",
            "SetSMS",
            "OptIn",
        ),
    ),
    "iam": ResourceTypes(
        read=_iam,
        without_type=(
            "CreateAccountAlias",
            "DeleteAccountAlias",
            "Simulate",
            "UpdateAccountPasswordPolicy",
            "Generate",
        ),
    ),
    "sts": ResourceTypes(members={"RoleArn": "{}"}, without_type=("DecodeAuthorizationMessage",)),
    "kms": ResourceTypes(read=_kms, without_type=("CreateKey", "GenerateRandom")),
    "secretsmanager": ResourceTypes(read=_secrets),
    "cloudwatch": ResourceTypes(
        read=_cloudwatch,
        without_type=("PutMetricData", "PutAnomalyDetector", "DeleteAnomalyDetector"),
    ),
    "application-autoscaling": ResourceTypes(
        # The identifier of a target is AWS's own and in no request.
        operations=dict.fromkeys(
            (
                *("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy"),
                *("DeleteScalingPolicy", "PutScheduledAction", "DeleteScheduledAction"),
            ),
            "scalable-target/*",
        ),
    ),
    # What is created has no identifier in its own request.
    "ec2": ResourceTypes(read=_ec2, without_type=("Create", "Allocate", "Run")),
    "ecr": ResourceTypes(members={"repositoryName": "repository/{}"}),
    "s3": ResourceTypes(),  # the tags of its control plane; anything else is in `s3.py`
    "tag": ResourceTypes(),
}
