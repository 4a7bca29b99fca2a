"""The grants that no rehearsal uses, each with the reason why it is granted all the same."""

from dataclasses import dataclass

_NOBODY_PULLS = (
    "AWS lists it for pulling from ECR; the local account knows an image and pulls no layers"
)
_HOSTING_LOGS = "AWS lists it for the role of an endpoint; the group exists already, and the local account does not look for streams"
_XRAY = "Lambda sends the traces in the role's name; X-Ray is not played"
_INTERFACES = (
    "Lambda makes and removes the function's network interfaces in the role's name, and checks at creation that it may; "
    "the local account makes none"
)

_QUEUE_KEY = (
    "SQS uses the queue's key in the role's name; the local account keeps messages in plain"
)


@dataclass(frozen=True)
class Unused:
    """One grant: an action of the statements of a name, in one policy or in all."""

    sid: str
    action: str
    reason: str
    policy: str | None = None

    def is_meant(self, policy: str, sid: str, action: str) -> bool:
        """Whether a grant is this one."""
        return (sid, action) == (self.sid, self.action) and self.policy in {None, policy}


UNUSED = (
    Unused("PullImage", "ecr:BatchCheckLayerAvailability", _NOBODY_PULLS),
    Unused("WriteContainerLogs", "logs:DescribeLogStreams", _HOSTING_LOGS),
    Unused(
        "PublishMetrics",
        "cloudwatch:PutMetricData",
        "AWS lists it for the role of an endpoint; the local account publishes the endpoint's metrics itself",
    ),
    Unused("SendTraces", "xray:PutTelemetryRecords", _XRAY),
    Unused("SendTraces", "xray:PutTraceSegments", _XRAY),
    Unused(
        "UploadObjects",
        "s3:AbortMultipartUpload",
        "only an upload in parts that fails needs it; the local account uploads in one",
    ),
    Unused(
        "EncryptData",
        "kms:Decrypt",
        "S3 decrypts what was sent in parts to join it; what is captured here is sent in one",
    ),
    Unused(
        "EncryptData",
        "kms:Encrypt",
        "AWS lists it for captured and asynchronous data; S3 itself asks for data keys only",
    ),
    Unused(
        "DescribeVolumeKey",
        "kms:DescribeKey",
        "AWS lists it for the volume's key; the local account makes the grant and asks no more",
    ),
    Unused(
        "DecryptData",
        "kms:Decrypt",
        "Lambda decrypts the function's environment in the role's name; the local account keeps it in plain",
        policy="genai-decrypt-environment",
    ),
    Unused("DecryptData", "kms:Decrypt", _QUEUE_KEY, policy="genai-take-messages"),
    Unused("UseQueueKey", "kms:Decrypt", _QUEUE_KEY),
    Unused("UseQueueKey", "kms:GenerateDataKey", _QUEUE_KEY),
    *(
        Unused("RunInVpc", f"ec2:{action}", _INTERFACES)
        for action in (
            "AssignPrivateIpAddresses",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
            "UnassignPrivateIpAddresses",
        )
    ),
)
# Resources of a statement that are for such an action alone.
UNUSED_RESOURCES = {
    "WriteContainerLogs": (
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/*[!*]",
        "logs:CreateLogGroup and logs:DescribeLogStreams are about the group itself, whose ARN AWS tells with and without :*",
    ),
}
# Statements that another one of the role stands in for, by policy and name.
STOOD_IN_FOR = {
    ("genai-invoker-read-records", "ListObjects"): (
        "to be told that a record is not there takes the right to list, without a prefix; each statement that allows some "
        "prefixes allows that too"
    ),
}
