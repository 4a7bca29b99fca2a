"""Every request has the IAM action and the resource that AWS gives it: as boto3 really sends it, over no wire."""

import functools
import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.actions import calls_of
from rehearsal.account.iam.authorization import Call

REGION = "us-east-1"
ACCOUNT = f"{REGION}:123456789012"
SAGEMAKER = f"arn:aws:sagemaker:{ACCOUNT}"
LAMBDA = f"arn:aws:lambda:{ACCOUNT}"
LOGS = f"arn:aws:logs:{ACCOUNT}:log-group"
IAM = "arn:aws:iam::123456789012"
ROLE = f"{IAM}:role/r"
BUCKET = "arn:aws:s3:::b"
KEY = {"Bucket": "b", "Key": "k"}


def environ_of(sent: AWSPreparedRequest) -> dict[str, Any]:
    """What the account's web server makes of a request."""
    split = urlsplit(sent.url)
    body: Any = sent.body or b""
    data = body.read() if hasattr(body, "read") else body
    data = data.encode() if isinstance(data, str) else bytes(data)
    raw = split.path + (f"?{split.query}" if split.query else "")
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value.decode()
        if isinstance(value, bytes)
        else value
        for name, value in sent.headers.items()
    }
    return {
        **headers,
        "REQUEST_METHOD": sent.method,
        "PATH_INFO": unquote(split.path).encode().decode("latin-1"),
        "QUERY_STRING": split.query,
        "RAW_URI": raw,
        "HTTP_HOST": split.netloc,
        "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(data)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(data),
        "wsgi.url_scheme": "http",
    }


class Sent(Exception):  # noqa: N818 - no error: what it carries is what is wanted
    """Comes instead of a request's way over the wire."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__()
        self.request = request


def hand_over(request: AWSPreparedRequest, **_: Any) -> None:
    raise Sent(request)


@functools.cache
def client_of(service: str) -> Any:
    client = boto3.client(
        service,  # pyright: ignore[reportArgumentType, reportCallIssue] - any service name
        endpoint_url="http://127.0.0.1:1",
        region_name=REGION,
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(parameter_validation=False),
    )
    client.meta.events.register("before-send", hand_over)
    return client


def request_of(service: str, operation: str, members: Mapping[str, Any]) -> AwsRequest:
    with pytest.raises(Sent) as caught:
        getattr(client_of(service), operation)(**members)
    return AwsRequest.read(environ_of(caught.value.request))


def calls(service: str, operation: str, **members: Any) -> list[Call]:
    return calls_of(request_of(service, operation, members))


def named(service: str, operation: str, members: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(call.action, call.resource) for call in calls(service, operation, **members)}


S3 = [
    ("list_buckets", {}, {("ListAllMyBuckets", "*")}),
    ("create_bucket", {"Bucket": "b"}, {("CreateBucket", BUCKET)}),
    ("create_bucket", {"Bucket": "b", "ACL": "private"}, {("CreateBucket", BUCKET), ("PutBucketAcl", BUCKET)}),
    ("head_bucket", {"Bucket": "b"}, {("ListBucket", BUCKET)}),
    ("list_objects_v2", {"Bucket": "b", "Prefix": "p"}, {("ListBucket", BUCKET)}),
    ("list_objects", {"Bucket": "b", "Marker": "m"}, {("ListBucket", BUCKET)}),
    ("list_object_versions", {"Bucket": "b"}, {("ListBucketVersions", BUCKET)}),
    ("list_multipart_uploads", {"Bucket": "b"}, {("ListBucketMultipartUploads", BUCKET)}),
    ("delete_bucket", {"Bucket": "b"}, {("DeleteBucket", BUCKET)}),
    ("get_bucket_location", {"Bucket": "b"}, {("GetBucketLocation", BUCKET)}),
    ("get_bucket_policy", {"Bucket": "b"}, {("GetBucketPolicy", BUCKET)}),
    ("delete_bucket_policy", {"Bucket": "b"}, {("DeleteBucketPolicy", BUCKET)}),
    ("get_bucket_acl", {"Bucket": "b"}, {("GetBucketAcl", BUCKET)}),
    ("get_bucket_cors", {"Bucket": "b"}, {("GetBucketCORS", BUCKET)}),
    ("delete_bucket_cors", {"Bucket": "b"}, {("PutBucketCORS", BUCKET)}),
    ("get_bucket_encryption", {"Bucket": "b"}, {("GetEncryptionConfiguration", BUCKET)}),
    ("delete_bucket_encryption", {"Bucket": "b"}, {("PutEncryptionConfiguration", BUCKET)}),
    ("get_bucket_lifecycle_configuration", {"Bucket": "b"}, {("GetLifecycleConfiguration", BUCKET)}),
    ("delete_bucket_lifecycle", {"Bucket": "b"}, {("PutLifecycleConfiguration", BUCKET)}),
    ("get_bucket_notification_configuration", {"Bucket": "b"}, {("GetBucketNotification", BUCKET)}),
    ("get_bucket_ownership_controls", {"Bucket": "b"}, {("GetBucketOwnershipControls", BUCKET)}),
    ("delete_bucket_ownership_controls", {"Bucket": "b"}, {("PutBucketOwnershipControls", BUCKET)}),
    ("get_public_access_block", {"Bucket": "b"}, {("GetBucketPublicAccessBlock", BUCKET)}),
    ("delete_public_access_block", {"Bucket": "b"}, {("PutBucketPublicAccessBlock", BUCKET)}),
    ("get_bucket_tagging", {"Bucket": "b"}, {("GetBucketTagging", BUCKET)}),
    ("delete_bucket_tagging", {"Bucket": "b"}, {("PutBucketTagging", BUCKET)}),
    ("get_bucket_versioning", {"Bucket": "b"}, {("GetBucketVersioning", BUCKET)}),
    ("get_bucket_accelerate_configuration", {"Bucket": "b"}, {("GetAccelerateConfiguration", BUCKET)}),
    ("get_bucket_replication", {"Bucket": "b"}, {("GetReplicationConfiguration", BUCKET)}),
    ("get_object_lock_configuration", {"Bucket": "b"}, {("GetBucketObjectLockConfiguration", BUCKET)}),
    ("list_bucket_metrics_configurations", {"Bucket": "b"}, {("GetMetricsConfiguration", BUCKET)}),
    ("get_bucket_metrics_configuration", {"Bucket": "b", "Id": "1"}, {("GetMetricsConfiguration", BUCKET)}),
    ("get_object", KEY, {("GetObject", f"{BUCKET}/k")}),
    ("get_object", {**KEY, "VersionId": "v"}, {("GetObjectVersion", f"{BUCKET}/k")}),
    ("head_object", KEY, {("GetObject", f"{BUCKET}/k")}),
    ("get_object_acl", {**KEY, "VersionId": "v"}, {("GetObjectVersionAcl", f"{BUCKET}/k")}),
    ("get_object_tagging", KEY, {("GetObjectTagging", f"{BUCKET}/k")}),
    ("get_object_attributes", {**KEY, "ObjectAttributes": ["ETag"]}, {("GetObjectAttributes", f"{BUCKET}/k"), ("GetObject", f"{BUCKET}/k")}),
    ("put_object", {**KEY, "Body": b"x"}, {("PutObject", f"{BUCKET}/k")}),
    ("put_object", {**KEY, "Tagging": "a=b"}, {("PutObject", f"{BUCKET}/k"), ("PutObjectTagging", f"{BUCKET}/k")}),
    ("put_object", {**KEY, "ACL": "private"}, {("PutObject", f"{BUCKET}/k"), ("PutObjectAcl", f"{BUCKET}/k")}),
    ("put_object", {**KEY, "ObjectLockLegalHoldStatus": "ON"}, {("PutObject", f"{BUCKET}/k"), ("PutObjectLegalHold", f"{BUCKET}/k")}),
    ("put_object_acl", {**KEY, "ACL": "private"}, {("PutObjectAcl", f"{BUCKET}/k")}),
    ("copy_object", {**KEY, "CopySource": "c/s d"}, {("PutObject", f"{BUCKET}/k"), ("GetObject", "arn:aws:s3:::c/s d")}),
    ("copy_object", {**KEY, "CopySource": {"Bucket": "c", "Key": "s", "VersionId": "v"}}, {("PutObject", f"{BUCKET}/k"), ("GetObjectVersion", "arn:aws:s3:::c/s")}),
    ("upload_part_copy", {**KEY, "CopySource": "c/s", "UploadId": "u", "PartNumber": 1}, {("PutObject", f"{BUCKET}/k"), ("GetObject", "arn:aws:s3:::c/s")}),
    ("delete_object", KEY, {("DeleteObject", f"{BUCKET}/k")}),
    ("delete_object", {**KEY, "VersionId": "v"}, {("DeleteObjectVersion", f"{BUCKET}/k")}),
    ("delete_objects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y", "VersionId": "v"}]}}, {("DeleteObject", f"{BUCKET}/x"), ("DeleteObjectVersion", f"{BUCKET}/y")}),
    ("create_multipart_upload", KEY, {("PutObject", f"{BUCKET}/k")}),
    ("upload_part", {**KEY, "UploadId": "u", "PartNumber": 1, "Body": b"x"}, {("PutObject", f"{BUCKET}/k")}),
    ("complete_multipart_upload", {**KEY, "UploadId": "u", "MultipartUpload": {}}, {("PutObject", f"{BUCKET}/k")}),
    ("abort_multipart_upload", {**KEY, "UploadId": "u"}, {("AbortMultipartUpload", f"{BUCKET}/k")}),
    ("list_parts", {**KEY, "UploadId": "u"}, {("ListMultipartUploadParts", f"{BUCKET}/k")}),
    ("restore_object", KEY, {("RestoreObject", f"{BUCKET}/k")}),
]  # fmt: skip


@pytest.mark.fact("IAM, not in aws-facts: the actions of S3 are not named like its operations")
@pytest.mark.parametrize(("operation", "members", "asked"), S3)
def test_a_request_to_s3_asks_for_its_actions(
    operation: str, members: dict[str, Any], asked: set[tuple[str, str]]
) -> None:
    assert named("s3", operation, members) == {(f"s3:{action}", place) for action, place in asked}


PLAIN = [
    ("sagemaker", "create_model", {"ModelName": "m", "ExecutionRoleArn": ROLE}, {("sagemaker:CreateModel", f"{SAGEMAKER}:model/m"), ("iam:PassRole", ROLE)}),
    ("sagemaker", "create_endpoint_config", {"EndpointConfigName": "c", "ProductionVariants": []}, {("sagemaker:CreateEndpointConfig", f"{SAGEMAKER}:endpoint-config/c")}),
    ("sagemaker", "create_endpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, {("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/e"), ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint-config/c")}),
    ("sagemaker", "describe_endpoint", {"EndpointName": "e"}, {("sagemaker:DescribeEndpoint", f"{SAGEMAKER}:endpoint/e")}),
    ("sagemaker", "update_endpoint_weights_and_capacities", {"EndpointName": "e", "DesiredWeightsAndCapacities": []}, {("sagemaker:UpdateEndpointWeightsAndCapacities", f"{SAGEMAKER}:endpoint/e")}),
    ("sagemaker", "delete_endpoint_config", {"EndpointConfigName": "c"}, {("sagemaker:DeleteEndpointConfig", f"{SAGEMAKER}:endpoint-config/c")}),
    ("sagemaker", "update_inference_component_runtime_config", {"InferenceComponentName": "i", "DesiredRuntimeConfig": {"CopyCount": 1}}, {("sagemaker:UpdateInferenceComponentRuntimeConfig", f"{SAGEMAKER}:inference-component/i")}),
    ("sagemaker", "list_tags", {"ResourceArn": f"{SAGEMAKER}:model/m"}, {("sagemaker:ListTags", f"{SAGEMAKER}:model/m")}),
    ("sagemaker", "list_endpoints", {"NameContains": "e"}, {("sagemaker:ListEndpoints", "*")}),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "e", "Body": b"{}"}, {("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/e")}),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "e", "Body": b"{}", "InferenceComponentName": "i"}, {("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/e"), ("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:inference-component/i")}),
    ("sagemaker-runtime", "invoke_endpoint_async", {"EndpointName": "e", "InputLocation": "s3://b/k"}, {("sagemaker:InvokeEndpointAsync", f"{SAGEMAKER}:endpoint/e")}),
    ("lambda", "invoke", {"FunctionName": "f", "Qualifier": "live", "Payload": b'{"Role": "x"}'}, {("lambda:InvokeFunction", f"{LAMBDA}:function:f:live")}),
    ("lambda", "invoke", {"FunctionName": f"{LAMBDA}:function:f:live"}, {("lambda:InvokeFunction", f"{LAMBDA}:function:f:live")}),
    ("lambda", "get_function", {"FunctionName": "f", "Qualifier": "1"}, {("lambda:GetFunction", f"{LAMBDA}:function:f")}),
    ("lambda", "create_function", {"FunctionName": "f", "Role": ROLE, "Code": {"ZipFile": b"x"}}, {("lambda:CreateFunction", f"{LAMBDA}:function:f"), ("iam:PassRole", ROLE)}),
    ("lambda", "update_function_configuration", {"FunctionName": "f", "Role": ROLE}, {("lambda:UpdateFunctionConfiguration", f"{LAMBDA}:function:f"), ("iam:PassRole", ROLE)}),
    ("lambda", "update_function_configuration", {"FunctionName": "f"}, {("lambda:UpdateFunctionConfiguration", f"{LAMBDA}:function:f")}),
    ("lambda", "list_functions", {}, {("lambda:ListFunctions", "*")}),
    ("lambda", "create_event_source_mapping", {"FunctionName": "f", "EventSourceArn": "arn:aws:sqs:us-east-1:1:q"}, {("lambda:CreateEventSourceMapping", "*")}),
    ("lambda", "delete_event_source_mapping", {"UUID": "u"}, {("lambda:DeleteEventSourceMapping", f"{LAMBDA}:event-source-mapping:u")}),
    ("lambda", "get_layer_version", {"LayerName": "l", "VersionNumber": 2}, {("lambda:GetLayerVersion", f"{LAMBDA}:layer:l:2")}),
    ("lambda", "list_tags", {"Resource": f"{LAMBDA}:function:f"}, {("lambda:ListTags", f"{LAMBDA}:function:f")}),
    ("logs", "create_log_group", {"logGroupName": "g"}, {("logs:CreateLogGroup", f"{LOGS}:g:log-stream:")}),
    ("logs", "put_retention_policy", {"logGroupName": "g", "retentionInDays": 1}, {("logs:PutRetentionPolicy", f"{LOGS}:g:log-stream:")}),
    ("logs", "put_log_events", {"logGroupName": "g", "logStreamName": "s", "logEvents": []}, {("logs:PutLogEvents", f"{LOGS}:g:log-stream:s")}),
    ("logs", "describe_log_groups", {"logGroupNamePrefix": "g"}, {("logs:DescribeLogGroups", f"{LOGS}::log-stream:")}),
    ("logs", "list_tags_for_resource", {"resourceArn": f"{LOGS}:g:*"}, {("logs:ListTagsForResource", f"{LOGS}:g")}),
    ("sqs", "send_message_batch", {"QueueUrl": "http://127.0.0.1:1/123456789012/q", "Entries": []}, {("sqs:SendMessage", f"arn:aws:sqs:{ACCOUNT}:q")}),
    ("sqs", "create_queue", {"QueueName": "q"}, {("sqs:CreateQueue", f"arn:aws:sqs:{ACCOUNT}:q")}),
    ("sqs", "list_queues", {}, {("sqs:ListQueues", "*")}),
    ("sns", "create_topic", {"Name": "t"}, {("sns:CreateTopic", f"arn:aws:sns:{ACCOUNT}:t")}),
    ("sns", "publish", {"TopicArn": f"arn:aws:sns:{ACCOUNT}:t", "Message": "m"}, {("sns:Publish", f"arn:aws:sns:{ACCOUNT}:t")}),
    ("sns", "publish", {"PhoneNumber": "+1", "Message": "m"}, {("sns:Publish", "*")}),
    ("sns", "list_topics", {}, {("sns:ListTopics", "*")}),
    ("iam", "create_role", {"RoleName": "r", "Path": "/p/", "AssumeRolePolicyDocument": "{}"}, {("iam:CreateRole", f"{IAM}:role/p/r")}),
    ("iam", "attach_role_policy", {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/X"}, {("iam:AttachRolePolicy", ROLE)}),
    ("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": "{}"}, {("iam:CreatePolicy", f"{IAM}:policy/p")}),
    ("iam", "get_policy", {"PolicyArn": f"{IAM}:policy/p"}, {("iam:GetPolicy", f"{IAM}:policy/p")}),
    ("iam", "add_user_to_group", {"UserName": "u", "GroupName": "g"}, {("iam:AddUserToGroup", f"{IAM}:group/g"), ("iam:AddUserToGroup", f"{IAM}:user/u")}),
    ("iam", "list_roles", {}, {("iam:ListRoles", f"{IAM}:role/")}),
    ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "s1"}, {("sts:AssumeRole", ROLE)}),
    ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "s1", "Tags": [{"Key": "a", "Value": "b"}]}, {("sts:AssumeRole", ROLE), ("sts:TagSession", ROLE)}),
    ("sts", "get_caller_identity", {}, {("sts:GetCallerIdentity", "*")}),
    ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": []}, {("cloudwatch:PutMetricData", "*")}),
    ("cloudwatch", "put_metric_alarm", {"AlarmName": "a", "EvaluationPeriods": 1, "ComparisonOperator": "LessThanThreshold"}, {("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:a")}),
    ("cloudwatch", "delete_alarms", {"AlarmNames": ["a", "b"]}, {("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:a"), ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:b")}),
    ("cloudwatch", "describe_alarms", {}, {("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:*")}),
    ("cloudwatch", "get_dashboard", {"DashboardName": "d"}, {("cloudwatch:GetDashboard", "arn:aws:cloudwatch::123456789012:dashboard/d")}),
    ("application-autoscaling", "register_scalable_target", {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/v", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}, {("application-autoscaling:RegisterScalableTarget", f"arn:aws:application-autoscaling:{ACCOUNT}:scalable-target/*")}),
    ("application-autoscaling", "describe_scaling_policies", {"ServiceNamespace": "sagemaker"}, {("application-autoscaling:DescribeScalingPolicies", "*")}),
    ("apigatewayv2", "get_api", {"ApiId": "a"}, {("apigateway:GET", "arn:aws:apigateway:us-east-1::/apis/a")}),
    ("apigatewayv2", "create_api", {"Name": "n", "ProtocolType": "HTTP"}, {("apigateway:POST", "arn:aws:apigateway:us-east-1::/apis")}),
    ("apigatewayv2", "update_route", {"ApiId": "a", "RouteId": "r"}, {("apigateway:PATCH", "arn:aws:apigateway:us-east-1::/apis/a/routes/r")}),
    ("ec2", "describe_vpcs", {"VpcIds": ["vpc-1"]}, {("ec2:DescribeVpcs", "*")}),
    ("ec2", "delete_security_group", {"GroupId": "sg-1"}, {("ec2:DeleteSecurityGroup", f"arn:aws:ec2:{ACCOUNT}:security-group/sg-1")}),
    ("kms", "describe_key", {"KeyId": "1"}, {("kms:DescribeKey", f"arn:aws:kms:{ACCOUNT}:key/1")}),
    ("kms", "create_key", {}, {("kms:CreateKey", "*")}),
    ("kms", "create_alias", {"AliasName": "alias/a", "TargetKeyId": "1"}, {("kms:CreateAlias", f"arn:aws:kms:{ACCOUNT}:alias/a"), ("kms:CreateAlias", f"arn:aws:kms:{ACCOUNT}:key/1")}),
    ("secretsmanager", "create_secret", {"Name": "s"}, {("secretsmanager:CreateSecret", f"arn:aws:secretsmanager:{ACCOUNT}:secret:s-000000")}),
    ("ecr", "get_authorization_token", {}, {("ecr:GetAuthorizationToken", "*")}),
]  # fmt: skip


@pytest.mark.fact(
    "§8: an action is the service's prefix and the operation, on the ARN that it is about"
)
@pytest.mark.parametrize(("service", "operation", "members", "asked"), PLAIN)
def test_a_request_asks_for_its_actions(
    service: str, operation: str, members: dict[str, Any], asked: set[tuple[str, str]]
) -> None:
    assert named(service, operation, members) == asked


@pytest.mark.fact("§8: who hands a role to a service needs iam:PassRole for that service")
@pytest.mark.parametrize(
    ("service", "operation", "members", "receiver"),
    [
        ("sagemaker", "create_model", {"ModelName": "m", "ExecutionRoleArn": ROLE}, "sagemaker"),
        ("sagemaker", "create_endpoint_config", {"EndpointConfigName": "c", "ProductionVariants": [], "ExecutionRoleArn": ROLE}, "sagemaker"),
        ("lambda", "create_function", {"FunctionName": "f", "Role": ROLE, "Code": {}}, "lambda"),
    ],
)  # fmt: skip
def test_a_role_is_handed_to_one_service(
    service: str, operation: str, members: dict[str, Any], receiver: str
) -> None:
    (passing,) = [
        call for call in calls(service, operation, **members) if call.action == "iam:PassRole"
    ]

    assert passing.resource == ROLE
    assert passing.context["iam:PassedToService"] == f"{receiver}.amazonaws.com"


@pytest.mark.parametrize(
    ("service", "operation", "members", "key", "value"),
    [
        ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": []}, "cloudwatch:namespace", "n"),
        ("s3", "list_objects_v2", {"Bucket": "b", "Prefix": "p/", "Delimiter": "/", "MaxKeys": 5}, "s3:prefix", "p/"),
        ("s3", "list_objects_v2", {"Bucket": "b", "Delimiter": "/"}, "s3:delimiter", "/"),
        ("s3", "list_objects_v2", {"Bucket": "b", "MaxKeys": 5}, "s3:max-keys", "5"),
        ("s3", "put_object", {**KEY, "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}, "s3:x-amz-server-side-encryption", "aws:kms"),
        ("s3", "put_object", {**KEY, "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}, "s3:x-amz-server-side-encryption-aws-kms-key-id", "k"),
        ("s3", "put_object", {**KEY, "Tagging": "team=a"}, "s3:RequestObjectTag/team", "a"),
        ("s3", "put_object", {**KEY, "IfNoneMatch": "*"}, "s3:if-none-match", "*"),
        ("s3", "get_object", KEY, "s3:TlsVersion", "1.3"),
        ("sqs", "list_queues", {}, "aws:RequestedRegion", REGION),
        ("sqs", "list_queues", {}, "aws:SourceIp", "127.0.0.1"),
        ("sqs", "list_queues", {}, "aws:SecureTransport", "true"),
        ("sagemaker", "create_model", {"ModelName": "m", "Tags": [{"Key": "team", "Value": "a"}]}, "aws:RequestTag/team", "a"),
        ("sagemaker", "create_model", {"ModelName": "m", "Tags": [{"Key": "team", "Value": "a"}]}, "aws:TagKeys", ["team"]),
        ("lambda", "tag_resource", {"Resource": f"{LAMBDA}:function:f", "Tags": {"team": "a"}}, "aws:TagKeys", ["team"]),
        ("lambda", "untag_resource", {"Resource": f"{LAMBDA}:function:f", "TagKeys": ["team"]}, "aws:TagKeys", ["team"]),
        ("lambda", "create_function_url_config", {"FunctionName": "f", "AuthType": "NONE"}, "lambda:FunctionUrlAuthType", "NONE"),
        ("lambda", "create_event_source_mapping", {"FunctionName": "f", "EventSourceArn": "a"}, "lambda:FunctionArn", f"{LAMBDA}:function:f"),
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "team", "Value": "a"}]}, "aws:RequestTag/team", "a"),
        ("iam", "attach_role_policy", {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/X"}, "iam:PolicyARN", "arn:aws:iam::aws:policy/X"),
        ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "s1", "ExternalId": "mine"}, "sts:ExternalId", "mine"),
    ],
)  # fmt: skip
def test_a_request_sets_its_condition_keys(
    service: str, operation: str, members: dict[str, Any], key: str, value: object
) -> None:
    assert calls(service, operation, **members)[0].context[key] == value


def with_changes(request: AwsRequest, **environ: str) -> AwsRequest:
    data = io.BytesIO(request.body)
    return AwsRequest.read({**request.http.environ, "wsgi.input": data, **environ})


@pytest.mark.parametrize(
    "changes",
    [
        {"QUERY_STRING": "acl&tagging"},
        {"QUERY_STRING": "acl&uploadId=u"},
        {"QUERY_STRING": "something"},
        {"HTTP_HOST": "bucket.s3.amazonaws.com"},
        {"REQUEST_METHOD": "PATCH"},
    ],
)
def test_a_request_that_may_mean_two_things_has_no_name(changes: dict[str, str]) -> None:
    request = request_of("s3", "get_object", KEY)
    assert calls_of(with_changes(request))

    assert calls_of(with_changes(request, **changes)) == []


def test_an_action_said_twice_is_none() -> None:
    request = request_of("iam", "list_roles", {})

    assert calls_of(with_changes(request, QUERY_STRING="Action=DeleteRole")) == []


def test_a_rest_request_is_not_what_a_header_says() -> None:
    request = request_of("lambda", "delete_function", {"FunctionName": "f"})

    (call,) = calls_of(with_changes(request, HTTP_X_AMZ_TARGET="Any.ListFunctions"))

    assert call.action == "lambda:DeleteFunction"


@pytest.mark.parametrize(
    ("service", "operation", "members"),
    [
        ("dynamodb", "list_tables", {}),
        ("sagemaker", "start_pipeline_execution", {"PipelineName": "p", "ClientRequestToken": "t"}),
        ("kms", "re_encrypt", {"CiphertextBlob": b"x", "DestinationKeyId": "k"}),
        ("cloudcontrol", "delete_resource", {"TypeName": "T::T::T", "Identifier": "i"}),
    ],
)
def test_what_the_tables_do_not_cover_has_no_name(
    service: str, operation: str, members: dict[str, Any]
) -> None:
    assert calls(service, operation, **members) == []
