"""Each rule with a resource that violates it, the whole message, and one that does not."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from policy.policies import POLICIES
from policy.records import STACK_TYPE, UNKNOWN, Resource, Secret
from tests.policy.records_of import document, resource, told

ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
URL = "aws:lambda/functionUrl:FunctionUrl"
PERMISSION = "aws:lambda/permission:Permission"
FUNCTION = "aws:lambda/function:Function"
MODEL = "aws:sagemaker/model:Model"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
BUDGET = "aws:budgets/budget:Budget"
CLOUD_CONTROL = "aws:cloudcontrol/resource:Resource"

SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
CLOSED: dict[str, bool] = dict.fromkeys(SWITCHES, True)
ARN = "arn:aws:s3:::b"
NO_TLS = {"Bool": {"aws:SecureTransport": "false"}}
OPEN = {
    "Sid": "Open",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": ARN,
}


def deny(action: str, *resources: str, **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": NO_TLS,
        **more,
    }


def allow(action: Any, on: Any, **more: Any) -> str:
    return document({"Sid": "Do", "Effect": "Allow", "Action": action, "Resource": on, **more})


def variables(**values: Any) -> dict[str, Any]:
    return {"environment": {"variables": values}}


def variants(instance_type: Any) -> dict[str, Any]:
    return {"productionVariants": [{"instanceType": instance_type}]}


def lifecycle(days: int, prefix: str = "records/") -> dict[str, Any]:
    rule = {"status": "Enabled", "filter": {"prefix": prefix}, "expiration": {"days": days}}
    return {"rules": [rule]}


@dataclass(frozen=True)
class Case:
    """What violates a policy, what mends it, and what is told of the first."""

    policy: str
    bad: Resource
    good: Resource
    message: str
    fix: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])


TAGS = {"Project": "genai", "Stack": "prod"}
CASES = {
    "block-incomplete": Case(
        "bucket-stays-private",
        resource(ACCESS_BLOCK, {**CLOSED, "ignorePublicAcls": False}),
        resource(ACCESS_BLOCK, CLOSED),
        f"it ({ACCESS_BLOCK}): ignorePublicAcls is false; expected true",
        "set ignorePublicAcls to true; what others may read is shared by the role's ARN, not by opening the bucket",
    ),
    "switch-left-out": Case(
        "bucket-stays-private",
        resource(ACCESS_BLOCK, {**CLOSED, SWITCHES[0]: None}),
        resource(ACCESS_BLOCK, CLOSED),
        f"it ({ACCESS_BLOCK}): blockPublicAcls is missing; expected true",
        "set blockPublicAcls to true; what others may read is shared by the role's ARN, not by opening the bucket",
    ),
    "public-acl": Case(
        "bucket-stays-private",
        resource(BUCKET, {"acl": "public-read"}),
        resource(BUCKET, {"acl": "private"}),
        f'it ({BUCKET}): acl is "public-read"; expected private, or none at all',
        "leave acl out; the bucket's owner then owns every object",
    ),
    "granted-to-all-users": Case(
        "bucket-stays-private",
        resource(
            "aws:s3/bucketAcl:BucketAcl",
            {
                "accessControlPolicy": {
                    "grants": [
                        {"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}}
                    ]
                }
            },
        ),
        resource(
            "aws:s3/bucketAcl:BucketAcl", {"accessControlPolicy": {"grants": [{"grantee": {}}]}}
        ),
        "it (aws:s3/bucketAcl:BucketAcl): accessControlPolicy.grants is "
        '{"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}}; expected no grant to all users',
        "take the grant out; name an account's canonical id in it if somebody has to read",
    ),
    "open-bucket-policy": Case(
        "bucket-stays-private",
        resource(BUCKET_POLICY, {"policy": document(OPEN)}),
        resource(
            BUCKET_POLICY,
            {
                "policy": document(
                    {**OPEN, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
                )
            },
        ),
        f'it ({BUCKET_POLICY}): policy is "open to everybody in Open"; expected no statement that allows everybody '
        "without a condition on who it is",
        'name the role or account in "Principal", or bind "*" with aws:PrincipalOrgID or aws:SourceAccount',
    ),
    "not-json": Case(
        "bucket-stays-private",
        resource(BUCKET_POLICY, {"policy": "let them in"}),
        resource(BUCKET_POLICY, {"policy": document()}),
        f'it ({BUCKET_POLICY}): policy is "let them in"; expected a policy document of IAM in JSON',
        "write it with components.iam.document, or json.dumps",
    ),
    "queue-in-plain": Case(
        "encryption-at-rest",
        resource(QUEUE, {"sqsManagedSseEnabled": False}),
        resource(QUEUE, {"sqsManagedSseEnabled": True}),
        f"it ({QUEUE}): sqsManagedSseEnabled is false; expected true, or a key in kmsMasterKeyId",
        "set sqsManagedSseEnabled to true; it costs nothing",
    ),
    "topic-in-plain": Case(
        "encryption-at-rest",
        resource(TOPIC, {}, name="results"),
        resource(
            TOPIC, {"kmsMasterKeyId": None}, name="genai-alarms"
        ),  # an exception, with its reason
        f"results ({TOPIC}): kmsMasterKeyId is missing; expected a KMS key",
        "set kmsMasterKeyId to alias/aws/sns, or to a key of yours if a service of AWS publishes as itself",
    ),
    "bucket-without-algorithm": Case(
        "encryption-at-rest",
        resource(ENCRYPTION, {"rules": [{"applyServerSideEncryptionByDefault": {}}]}),
        resource(
            ENCRYPTION,
            {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        ),
        f"it ({ENCRYPTION}): rules.applyServerSideEncryptionByDefault.sseAlgorithm is missing; expected a rule with "
        "sseAlgorithm AES256 or aws:kms or aws:kms:dsse",
        "give it a rule with sseAlgorithm AES256",
    ),
    "key-of-aws": Case(
        "encryption-at-rest",
        resource(QUEUE, {"kmsMasterKeyId": "alias/aws/sqs"}),
        resource(QUEUE, {"kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/own"}),
        f'it ({QUEUE}): kmsMasterKeyId is "alias/aws/sqs"; expected a KMS key of yours',
        "set genai:keys.queueArn",
        {"customerKeys": True},
    ),
    "logs-without-key": Case(
        "encryption-at-rest",
        resource(LOG_GROUP),
        resource(LOG_GROUP, {"kmsKeyId": "arn:aws:kms:us-east-1:1:key/own"}),
        f"it ({LOG_GROUP}): kmsKeyId is missing; expected the ARN of a KMS key of yours",
        "set genai:keys.logsArn",
        {"customerKeys": True},
    ),
    "objects-without-tls": Case(
        "tls-only",
        resource(BUCKET_POLICY, {"policy": document(deny("s3:*", ARN))}),
        resource(BUCKET_POLICY, {"policy": document(deny("s3:*", ARN, f"{ARN}/*"))}),
        f'it ({BUCKET_POLICY}): policy is "without such a statement"; expected a statement that denies "*" s3:* where '
        "aws:SecureTransport is false",
        "add components.iam.tls_only(bucket_arn), which covers the bucket and its objects",
    ),
    "tls-under-a-condition": Case(
        "tls-only",
        resource(
            QUEUE_POLICY,
            {
                "policy": document(
                    deny("sqs:*", "q", Condition={**NO_TLS, "StringEquals": {"aws:username": "a"}})
                )
            },
        ),
        resource(QUEUE_POLICY, {"policy": document(deny("sqs:*", "q"))}),
        f'it ({QUEUE_POLICY}): policy is "without such a statement"; expected a statement that denies "*" sqs:* where '
        "aws:SecureTransport is false",
        "add components.iam.tls_only_queue(queue_arn)",
    ),
    "tls-for-some": Case(
        "tls-only",
        resource(
            TOPIC_POLICY,
            {
                "policy": document(
                    deny("sns:Publish", "t", Principal={"AWS": "arn:aws:iam::1:root"})
                )
            },
        ),
        resource(TOPIC_POLICY, {"policy": document(deny("sns:Publish", "t"))}),
        f'it ({TOPIC_POLICY}): policy is "without such a statement"; expected a statement that denies "*" sns:Publish '
        "where aws:SecureTransport is false",
        "add components.iam.tls_only_topic(topic_arn)",
    ),
    "wild-action": Case(
        "narrow-grants",
        resource(ROLE_POLICY, {"policy": allow("s3:Get*", ARN)}),
        resource(ROLE_POLICY, {"policy": allow("s3:GetObject", f"{ARN}/records/*")}),
        f'it ({ROLE_POLICY}): policy is "s3:Get* in Do"; expected actions by their whole names',
        "name the actions that are needed; genai rehearse --least-privilege tells those that were used",
    ),
    "wild-resource": Case(
        "narrow-grants",
        resource(ROLE_POLICY, {"policy": allow("s3:GetObject", "*")}),
        resource(ROLE_POLICY, {"policy": allow("ecr:GetAuthorizationToken", "*")}),
        f'it ({ROLE_POLICY}): policy is "s3:GetObject on * in Do"; expected resources by name, a wildcard only behind one',
        "name the resource's ARN; what has none is to be added, with its reason, to EXEMPTIONS in policy/rules/wildcards.py",
    ),
    "exempt-without-its-condition": Case(
        "narrow-grants",
        resource(ROLE_POLICY, {"policy": allow("cloudwatch:PutMetricData", "*")}),
        resource(
            ROLE_POLICY,
            {
                "policy": allow(
                    "cloudwatch:PutMetricData",
                    "*",
                    Condition={"StringLike": {"cloudwatch:namespace": "AWS/SageMaker"}},
                )
            },
        ),
        f'it ({ROLE_POLICY}): policy is "cloudwatch:PutMetricData on * in Do"; expected resources by name, a wildcard only '
        "behind one",
        "name the resource's ARN; what has none is to be added, with its reason, to EXEMPTIONS in policy/rules/wildcards.py",
    ),
    "all-but": Case(
        "narrow-grants",
        resource(
            ROLE_POLICY,
            {"policy": document({"Effect": "Allow", "NotAction": "iam:*", "Resource": ARN})},
        ),
        resource(
            ROLE_POLICY,
            {"policy": document({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})},
        ),
        f'it ({ROLE_POLICY}): policy is "NotAction in statement 1"; expected what is allowed by name',
        "replace NotAction by what it is meant to leave",
    ),
    "trusts-everybody": Case(
        "narrow-grants",
        resource(
            ROLE,
            {
                "assumeRolePolicy": document(
                    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
                )
            },
        ),
        resource(
            ROLE,
            {
                "assumeRolePolicy": document(
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                    }
                )
            },
        ),
        f'it ({ROLE}): assumeRolePolicy is "\\"*\\" in statement 1"; expected a principal by name',
        "name the service or the role that may assume this one",
    ),
    "policy-of-aws": Case(
        "narrow-grants",
        resource(ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}),
        resource(ATTACHMENT, {"policyArn": "arn:aws:iam::123456789012:policy/own"}),
        f'it ({ATTACHMENT}): policyArn is "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"; expected a policy of this '
        "program, whose statements can be seen",
        "write the statements that are needed; genai:roles.executionStatements and genai:invoker.statements take them",
    ),
    "open-url": Case(
        "known-callers",
        resource(URL, {"authorizationType": "NONE"}),
        resource(URL, {"authorizationType": "AWS_IAM"}),
        f'it ({URL}): authorizationType is "NONE"; expected AWS_IAM, so that requests are signed',
        "set authorizationType to AWS_IAM; genai invoke and the AWS SDKs sign",
    ),
    "everybody-may-invoke": Case(
        "known-callers",
        resource(PERMISSION, {"principal": "*"}),
        resource(PERMISSION, {"principal": "*", "principalOrgId": "o-1"}),
        f'it ({PERMISSION}): principal is "*"; expected an account, a role or a service',
        "name the account's ARN, or bind it with principalOrgId",
    ),
    "any-accounts-service": Case(
        "known-callers",
        resource(PERMISSION, {"principal": "sns.amazonaws.com"}),
        resource(PERMISSION, {"principal": "sns.amazonaws.com", "sourceArn": "arn:aws:sns:::t"}),
        f"it ({PERMISSION}): sourceArn is missing; expected what of sns.amazonaws.com may call: without it every account's "
        "may",
        "set sourceArn or sourceAccount",
    ),
    "open-queue": Case(
        "known-callers",
        resource(QUEUE_POLICY, {"policy": document({**OPEN, "Action": "sqs:SendMessage"})}),
        resource(QUEUE_POLICY, {"policy": document({**OPEN, "Effect": "Deny"})}),
        f'it ({QUEUE_POLICY}): policy is "open to everybody in Open"; expected no statement that allows everybody without a '
        "condition on who it is",
        'name the service or role in "Principal", and bind a service with aws:SourceAccount',
    ),
    "secret-by-name": Case(
        "no-plain-secrets",
        resource(FUNCTION, variables(DB_PASSWORD="hunter2")),
        resource(
            FUNCTION, variables(DB_PASSWORD="arn:aws:secretsmanager:us-east-1:1:secret:db-AbCdEf")
        ),
        f'it ({FUNCTION}): environment.variables.DB_PASSWORD is "a value under the name of a secret"; expected no secret: the '
        "value is shown to everyone who may describe it",
        "take it out and revoke it; keep it in Secrets Manager, and let the code read it by its ARN",
    ),
    "secret-by-form": Case(
        "no-plain-secrets",
        resource(MODEL, {"primaryContainer": {"environment": {"NOTE": "hf_" + "a" * 34}}}),
        resource(MODEL, {"primaryContainer": {"environment": {"NOTE": "hf_short"}}}),
        f'it ({MODEL}): primaryContainer.environment.NOTE is "a Hugging Face token"; expected no secret: the value is shown '
        "to everyone who may describe it",
        "take it out and revoke it; keep it in Secrets Manager, and let the code read it by its ARN",
    ),
    "hub-token-in-plain": Case(
        "no-plain-secrets",
        resource(
            MODEL, {"primaryContainer": {"environment": {"HF_TOKEN": "hf_x"}}}, marks_secrets=True
        ),
        resource(
            MODEL,
            {"primaryContainer": {"environment": {"HF_TOKEN": Secret("hf_x")}}},
            marks_secrets=True,
        ),
        f'it ({MODEL}): primaryContainer.environment.HF_TOKEN is "a value under the name of a secret"; expected no secret: '
        "the value is shown to everyone who may describe it",
        "give it as genai:hubToken or model.tokenSecretArn, so that Pulumi encrypts it in its state",
    ),
    "dear-type": Case(
        "allowed-instance-types",
        resource(CONFIGURATION, variants("ml.p5.48xlarge")),
        resource(CONFIGURATION, variants("ml.g6e.xlarge")),
        f'it ({CONFIGURATION}): productionVariants.0.instanceType is "ml.p5.48xlarge"; expected one of ml.c*, ml.m*, ml.r*, '
        "ml.t2.*, ml.g*, ml.inf* in the stack prod",
        "set genai:endpoint.instanceType to one of them, or have the type added to the policy's option allowed for prod",
    ),
    "type-of-another-stack": Case(
        "allowed-instance-types",
        resource(CONFIGURATION, variants("ml.m5.4xlarge"), stack="dev"),
        resource(CONFIGURATION, variants(None), stack="dev"),  # serverless
        f'it ({CONFIGURATION}): productionVariants.0.instanceType is "ml.m5.4xlarge"; expected one of ml.m5.large in the '
        "stack dev",
        "set genai:endpoint.instanceType to one of them, or have the type added to the policy's option allowed for dev",
        {"allowed": {"dev": ["ml.m5.large"]}},
    ),
    "untagged": Case(
        "required-tags",
        resource(QUEUE, {"tags": {"Project": "genai", "Stack": ""}}),
        resource(QUEUE, {"tags": TAGS}),
        f'it ({QUEUE}): tags.Stack is ""; expected a value; tags Project, Stack are on every resource',
        "pass the component's tags on to it, or add Stack to genai:tags",
    ),
    "untagged-through-cloud-control": Case(
        "required-tags",
        resource(CLOUD_CONTROL, {"desiredState": '{"Tags": []}'}),
        resource(QUEUE_POLICY),  # takes none
        f"it ({CLOUD_CONTROL}): desiredState.Tags.Owner is missing; expected a value; tags Owner are on every resource",
        "pass the component's tags on to it, or add Owner to genai:tags",
        {"keys": ["Owner"]},
    ),
    "logs-for-ever": Case(
        "log-retention",
        resource(LOG_GROUP, {"retentionInDays": 0}),
        resource(LOG_GROUP, {"retentionInDays": 7}),
        f"it ({LOG_GROUP}): retentionInDays is 0; expected at least 7 days, and an end: 0 or none keeps logs for ever",
        "set genai:invoker.logRetentionDays, or retentionInDays of a log group of your own",
    ),
    "logs-too-short": Case(
        "log-retention",
        resource(LOG_GROUP, {"retentionInDays": 30}),
        resource(LOG_GROUP, {"retentionInDays": 90}),
        f"it ({LOG_GROUP}): retentionInDays is 30; expected at least 90 days, and an end: 0 or none keeps logs for ever",
        "set genai:invoker.logRetentionDays, or retentionInDays of a log group of your own",
        {"minimumDays": 90},
    ),
    "unprotected": Case(
        "protected-data",
        resource(BUCKET),
        resource(BUCKET, is_protected=True),
        f"it ({BUCKET}): protect is false; expected true in the stack prod",
        "set genai:bucket.protect to true",
    ),
    "emptied": Case(
        "protected-data",
        resource(BUCKET, {"forceDestroy": True}, is_protected=True),
        resource(BUCKET, {"forceDestroy": True}, stack="dev"),
        f"it ({BUCKET}): forceDestroy is true; expected false in the stack prod",
        "take genai:bucket.forceDestroy out, or set it to false",
    ),
    "records-too-short": Case(
        "protected-data",
        resource(LIFECYCLE, lifecycle(7)),
        resource(LIFECYCLE, lifecycle(7, "claims/")),
        f"it ({LIFECYCLE}): rules.0.expiration.days is 7; expected at least 30 days for what lies under records/ in the stack "
        "prod",
        "set genai:bucket.recordDays to 30 or more",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_violates_a_policy_is_told_with_what_was_expected_and_its_fix(case: Case) -> None:
    assert told(case.policy, case.bad, **case.options) == [f"{case.message}\nFix: {case.fix}"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_mended_is_not_told(case: Case) -> None:
    assert told(case.policy, case.good, **case.options) == []


def test_every_policy_of_single_resources_has_a_case() -> None:
    of_resources = {policy.name for policy in POLICIES if policy.of_resource}

    assert {case.policy for case in CASES.values()} == of_resources


URN = "urn:pulumi:prod::genai::"


def guarded_bucket(*, but: str = "", status: str = "Enabled") -> list[Resource]:
    """A bucket with its guards, known by what they were made from alone, as in a preview."""
    urn = f"{URN}{BUCKET}::data"
    guards = [
        resource(guard, {"bucket": UNKNOWN, **more}, sources={"bucket": [urn]})
        for guard, more in (
            (ACCESS_BLOCK, {}),
            (ENCRYPTION, {}),
            (BUCKET_POLICY, {}),
            (VERSIONING, {"versioningConfiguration": {"status": status}}),
        )
        if guard != but
    ]
    return [resource(BUCKET, urn=urn, name="data"), *guards]


def test_a_bucket_with_its_guards_is_fine_in_a_preview_too() -> None:
    assert told("guards-are-there", *guarded_bucket()) == []


@pytest.mark.parametrize(
    ("missing", "purpose"),
    [
        (ACCESS_BLOCK, "keeps the public out"),
        (ENCRYPTION, "encrypts what lies in it"),
        (BUCKET_POLICY, "refuses what does not come over TLS"),
        (VERSIONING, "keeps what is overwritten"),
    ],
)
def test_a_guard_that_is_missing_is_told(missing: str, purpose: str) -> None:
    short = missing.rpartition(":")[2]

    assert told("guards-are-there", *guarded_bucket(but=missing)) == [
        (
            f"data ({BUCKET}): {short} is missing; expected one, which {purpose}\n"
            f"Fix: register a {short} for it, as components/ does for its own"
        )
    ]


def test_versioning_that_is_suspended_is_told() -> None:
    assert told("guards-are-there", *guarded_bucket(status="Suspended")) == [
        (
            f'it ({VERSIONING}): versioningConfiguration.status is "Suspended"; expected Enabled\n'
            "Fix: set its status to Enabled"
        )
    ]


def test_a_guard_of_something_unknown_may_be_this_ones() -> None:
    queue = resource(QUEUE, {"url": "https://q"}, name="q")
    unplaced = resource(QUEUE_POLICY, {"queueUrl": UNKNOWN})

    assert told("guards-are-there", queue, unplaced) == [
        f"q ({QUEUE}): QueuePolicy is not known before the deployment; expected one, which refuses what does not come over TLS"
    ]


def test_a_topic_is_known_by_its_arn() -> None:
    topic = resource(TOPIC, {"arn": "arn:aws:sns:us-east-1:1:t"}, name="t")
    policy = resource(TOPIC_POLICY, {"arn": "arn:aws:sns:us-east-1:1:t"})
    another = resource(TOPIC_POLICY, {"arn": "arn:aws:sns:us-east-1:1:other"})

    assert told("guards-are-there", topic, policy) == []
    assert len(told("guards-are-there", topic, another)) == 1


def test_a_function_writes_to_a_log_group_of_the_stack() -> None:
    group = resource(LOG_GROUP, {"name": "/aws/lambda/f"}, name="logs")
    pointing = resource(FUNCTION, {"loggingConfig": {"logGroup": "/aws/lambda/f"}})
    by_default = resource(FUNCTION, {"name": "f"})

    assert told("logs-are-kept", group, pointing, by_default) == []
    assert told("logs-are-kept", resource(FUNCTION, {"name": "g"}), group) == [
        (
            f"it ({FUNCTION}): loggingConfig.logGroup is missing; expected a log group of this stack, which has a retention\n"
            "Fix: make a log group and set loggingConfig.logGroup to it"
        )
    ]


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        (resource(ENDPOINT, {"name": "e"}), "name"),
        (
            resource(
                CLOUD_CONTROL,
                {"typeName": "AWS::SageMaker::Endpoint", "desiredState": '{"EndpointName": "e"}'},
            ),
            "desiredState.EndpointName",
        ),
    ],
    ids=["provider", "cloud-control"],
)
def test_an_endpoint_has_a_log_group_before_its_container_writes(
    endpoint: Resource, path: str
) -> None:
    group = resource(LOG_GROUP, {"name": "/aws/sagemaker/Endpoints/e"})

    assert told("logs-are-kept", endpoint, group) == []
    assert told("logs-are-kept", endpoint) == [
        (
            f'{endpoint}: {path} is "e"; expected a log group /aws/sagemaker/Endpoints/<name> with a retention in this stack\n'
            "Fix: make a log group /aws/sagemaker/Endpoints/e before it, as GenAIEndpoint does"
        )
    ]


def test_the_containers_of_a_component_write_to_its_own_log_group() -> None:
    endpoint = resource(ENDPOINT, {"name": "e"})
    component = resource(
        CLOUD_CONTROL,
        {
            "typeName": "AWS::SageMaker::InferenceComponent",
            "desiredState": '{"EndpointName": "e", "InferenceComponentName": "c"}',
        },
    )
    group = resource(LOG_GROUP, {"name": "/aws/sagemaker/InferenceComponents/c"})

    assert told("logs-are-kept", endpoint, component, group) == []
    assert told("logs-are-kept", endpoint, component) == [
        (
            f'{component}: desiredState.InferenceComponentName is "c"; expected a log group '
            "/aws/sagemaker/InferenceComponents/<name> with a retention in this stack\n"
            "Fix: make a log group /aws/sagemaker/InferenceComponents/c before it, as GenAIEndpoint does"
        )
    ]


def stack_costing(greatest: Any, *, is_complete: bool = True) -> Resource:
    exports = {"estimated_monthly_usd": {"greatest": greatest, "is_complete": is_complete}}
    return resource(STACK_TYPE, exports)


def budget(limit: Any) -> Resource:
    return resource(BUDGET, {"limitAmount": limit}, name="budget")


def test_an_estimate_within_the_stacks_own_cap_is_fine() -> None:
    assert told("cost-cap", stack_costing(120), budget("120.00")) == []


def test_an_estimate_above_the_stacks_own_cap_is_told() -> None:
    assert told("cost-cap", stack_costing(120.01), budget("120.00")) == [
        (
            f"it ({STACK_TYPE}): estimated_monthly_usd.greatest is 120.01; expected at most 120 US dollars a month\n"
            "Fix: take smaller or fewer instances (genai cost compares), or have the cap raised"
        )
    ]


def test_a_stacks_cap_above_the_policys_is_told_and_the_lower_one_counts() -> None:
    assert told("cost-cap", stack_costing(100), budget("120.00"), maxMonthlyUsd=90) == [
        (
            f"budget ({BUDGET}): limitAmount is 120.0; expected at most 90 US dollars a month, which the policy allows\n"
            "Fix: set genai:guard.maxMonthlyUsd to 90 or less"
        ),
        (
            f"it ({STACK_TYPE}): estimated_monthly_usd.greatest is 100; expected at most 90 US dollars a month\n"
            "Fix: take smaller or fewer instances (genai cost compares), or have the cap raised"
        ),
    ]


def test_a_stack_without_any_cap_is_told() -> None:
    assert told("cost-cap", stack_costing(1)) == [
        (
            f"it ({STACK_TYPE}): budget is missing; expected a cap of what the stack may cost a month\n"
            "Fix: set genai:guard.maxMonthlyUsd, or the policy's option maxMonthlyUsd"
        )
    ]
    assert told("cost-cap", stack_costing(1), maxMonthlyUsd=5) == []


def test_an_estimate_in_part_is_neither_within_nor_above() -> None:
    assert told("cost-cap", stack_costing(1, is_complete=False), budget("120.00")) == [
        (
            f"it ({STACK_TYPE}): estimated_monthly_usd.greatest is known in part, because of prices that are not (genai cost "
            "tells which); expected at most 120 US dollars a month"
        )
    ]


def test_a_program_that_exports_no_estimate_is_told() -> None:
    assert told("cost-cap", resource(STACK_TYPE, {"else": 1}), budget("120.00")) == [
        (
            f"it ({STACK_TYPE}): estimated_monthly_usd.greatest is missing; expected at most 120 US dollars a month\n"
            "Fix: export estimated_monthly_usd from the program, as __main__.py does"
        )
    ]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_not_known_yet_is_told_as_such_and_never_passes(case: Case) -> None:
    """With every value that the rule reads unknown, it says so; `protect` and names are always known."""
    unknown = Resource(
        case.bad.type,
        case.bad.name,
        dict.fromkeys([*case.bad.properties, *case.good.properties], UNKNOWN),
        stack=case.bad.stack,
        is_protected=True,
    )

    lines = told(case.policy, unknown, **case.options)

    assert all("not known before the deployment; expected" in line for line in lines)
    # A key that is not known yet is a key all the same, so encryption may have nothing to say.
    assert lines or not unknown.properties or case.policy == "encryption-at-rest"
