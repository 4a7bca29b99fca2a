"""What the execution role and the caller of an endpoint may do: these statements and no other."""

import json
from typing import Any

import pytest

from components import GenAIEndpoint, GenAIEndpointArgs
from rehearsal.program import ProgramRun
from tests.components.configurations import (
    ARCHIVE,
    ASYNC,
    BOUNDARY,
    BY_MODE,
    CONFIGURATIONS,
    KEYS,
    OWN_ROLE,
    PREFIX,
    REALTIME,
    SCALE_TO_ZERO,
    TOPIC,
    run_of,
    with_args,
)
from tests.harness import deploy, inputs_of, policy_of, statements_of

Statement = dict[str, Any]
POLICY = "aws:iam/rolePolicy:RolePolicy"
LOG_GROUP = "arn:mock:aws:cloudwatch/logGroup:LogGroup:m-container-logs"
ENDPOINT = "arn:mock:aws:sagemaker/endpoint:Endpoint:m-endpoint"


def allow(sid: str, action: str | list[str], resource: str | list[str], **more: Any) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **more}


READ_MODEL = allow("ReadModel", "s3:GetObject", "arn:aws:s3:::models/storyteller/model.tar.gz")
PULL = [
    allow("LogInToEcr", "ecr:GetAuthorizationToken", "*"),
    allow(
        "PullImage",
        [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        ],
        "arn:aws:ecr:us-east-1:763104351884:repository/pytorch-inference",
    ),
]
RUN = [
    allow(
        "WriteContainerLogs",
        [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        [LOG_GROUP, f"{LOG_GROUP}:*"],
    ),
    allow(
        "PublishMetrics",
        "cloudwatch:PutMetricData",
        "*",
        Condition={"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}},
    ),
]
BASE = [READ_MODEL, *PULL, *RUN]
ASYNC_DATA = [
    allow("ReadObjects", "s3:GetObject", ["arn:aws:s3:::data/async/inputs/*"]),
    allow(
        "UploadObjects",
        ["s3:AbortMultipartUpload", "s3:PutObject"],
        ["arn:aws:s3:::data/async/results/*", "arn:aws:s3:::data/async/failures/*"],
    ),
]


def alarm_arn(reason: str) -> str:
    return f"arn:mock:aws:cloudwatch/metricAlarm:MetricAlarm:m-rollback-{reason}"


EXPECTED: dict[str, list[Statement]] = {
    "realtime": BASE,
    "serverless": BASE,
    "scale-to-zero": BASE,
    "async": [*BASE, *ASYNC_DATA],
    **{f"{mode}-disabled": BASE for mode in ("realtime", "serverless", "scale-to-zero")},
    "realtime-scaled-by-concurrency": BASE,
    "scale-to-zero-from-zero": BASE,
    "prefix": [
        allow("ReadModel", "s3:GetObject", "arn:aws:s3:::models/storyteller/*"),
        allow(
            "ListModel",
            "s3:ListBucket",
            "arn:aws:s3:::models",
            Condition={"StringLike": {"s3:prefix": "storyteller/*"}},
        ),
        *PULL,
        *RUN,
    ],
    "hub": [*PULL, *RUN],
    "package": RUN,
    "rollout-canary": [
        *BASE,
        allow(
            "WatchRollbackAlarms",
            "cloudwatch:DescribeAlarms",
            [alarm_arn("errors"), alarm_arn("latency")],
        ),
    ],
    "shadow": BASE,
    "capture": [
        *BASE,
        allow(
            "UploadObjects",
            ["s3:AbortMultipartUpload", "s3:PutObject"],
            ["arn:aws:s3:::data/capture/*"],
        ),
    ],
    "vpc": [
        *BASE,
        allow(
            "JoinVpc",
            [
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            "*",
        ),
    ],
    "keys": [
        *BASE,
        allow(
            "GrantVolumeKey",
            "kms:CreateGrant",
            KEYS["volume"],
            Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        allow("DescribeVolumeKey", "kms:DescribeKey", KEYS["volume"]),
        ASYNC_DATA[0],
        allow(
            "UploadObjects",
            ["s3:AbortMultipartUpload", "s3:PutObject"],
            [
                "arn:aws:s3:::data/async/results/*",
                "arn:aws:s3:::data/async/failures/*",
                "arn:aws:s3:::data/capture/*",
            ],
        ),
        allow("DecryptData", "kms:Decrypt", [KEYS["model"], KEYS["data"]]),
        allow(
            "EncryptData",
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            [KEYS["async-output"], KEYS["capture"]],
        ),
    ],
    "topics": [
        *BASE,
        *ASYNC_DATA,
        allow("Notify", "sns:Publish", ["arn:mock:aws:sns/topic:Topic:m-success", TOPIC]),
    ],
}


def statements(args: GenAIEndpointArgs) -> list[Statement]:
    return statements_of(deploy(lambda: GenAIEndpoint("m", args)).only(POLICY))


@pytest.mark.parametrize("configuration", EXPECTED)
def test_the_role_may_do_exactly_this(configuration: str) -> None:
    assert statements_of(run_of(configuration).only(POLICY)) == EXPECTED[configuration]


def test_another_variants_model_is_read_too_and_a_shared_one_once() -> None:
    allowed = statements_of(run_of("variants").only(POLICY))
    reads = [s for s in allowed if "s3:GetObject" in s["Action"]]

    assert reads == [
        READ_MODEL,
        allow("ReadModel2", "s3:GetObject", "arn:aws:s3:::models/novelist/model.tar.gz"),
    ]


def test_the_data_buckets_key_stands_in_for_the_keys_of_what_is_written_there() -> None:
    args = with_args(ASYNC, data_kms_key_arn=KEYS["data"], capture={"percent": 1})
    run = deploy(lambda: GenAIEndpoint("m", args))

    configuration = inputs_of(run.only("aws:sagemaker/endpointConfiguration:EndpointConfiguration"))
    assert configuration["asyncInferenceConfig"]["outputConfig"]["kmsKeyId"] == KEYS["data"]
    assert configuration["dataCaptureConfig"]["kmsKeyId"] == KEYS["data"]
    assert statements(args)[-2:] == [
        allow("DecryptData", "kms:Decrypt", [KEYS["data"]]),
        allow("EncryptData", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [KEYS["data"]]),
    ]


def test_more_statements_are_a_policy_of_their_own_in_which_their_ids_are_unique() -> None:
    more = allow(
        "PullImage", "bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/x"
    )

    run = deploy(lambda: GenAIEndpoint("m", with_args(REALTIME, execution_statements=[more])))

    granted = {policy.name: statements_of(policy) for policy in run.all(POLICY)}
    assert granted == {"m-execution-permissions": BASE, "m-execution-additions": [more]}


def test_a_role_of_ones_own_gets_no_policy_and_no_boundary() -> None:
    args = with_args(
        CONFIGURATIONS["own-role"],
        permissions_boundary_arn=BOUNDARY,
        execution_statements=[READ_MODEL],
    )
    run = deploy(lambda: GenAIEndpoint("m", args))

    assert run.all(POLICY) == []
    assert run.all("aws:iam/role:Role") == []
    assert inputs_of(run.only("aws:sagemaker/model:Model"))["executionRoleArn"] == OWN_ROLE
    assert run.outputs_of["genai:index:GenAIEndpoint::m"]["execution_role_arn"] == OWN_ROLE


def test_a_boundary_bounds_the_role() -> None:
    run = run_of("boundary")

    assert inputs_of(run.only("aws:iam/role:Role"))["permissionsBoundary"] == BOUNDARY


WHOLE_OR_STREAMED = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]


def granted(mode: str) -> tuple[str, list[Statement]]:
    run = deploy(lambda: GenAIEndpoint("m", BY_MODE[mode]).grant_invoke("f", "the-role"))
    (policy,) = [r for r in run.all(POLICY) if r.name == "m-f-invoke"]
    return inputs_of(policy)["role"], statements_of(policy)


@pytest.mark.parametrize(
    ("mode", "action", "resource"),
    [
        ("realtime", WHOLE_OR_STREAMED, ENDPOINT),
        ("serverless", "sagemaker:InvokeEndpoint", ENDPOINT),
        ("async", "sagemaker:InvokeEndpointAsync", ENDPOINT),
        (
            "scale-to-zero",
            WHOLE_OR_STREAMED,
            [
                ENDPOINT,
                "arn:aws:sagemaker:us-east-1:123456789012:inference-component/genai-test-component",
            ],
        ),
    ],
)
def test_granting_invoke_allows_this_endpoint_only(
    mode: str, action: str | list[str], resource: str | list[str]
) -> None:
    assert granted(mode) == ("the-role", [allow("InvokeEndpoint", action, resource)])


def test_whoever_invokes_async_may_read_results_that_a_key_of_their_own_encrypts() -> None:
    args = with_args(ASYNC, async_output_kms_key_arn=KEYS["async-output"])
    run = deploy(lambda: GenAIEndpoint("m", args).grant_invoke("f", "the-role"))

    (policy,) = [r for r in run.all(POLICY) if r.name == "m-f-invoke"]
    assert statements_of(policy) == [
        allow("InvokeEndpoint", "sagemaker:InvokeEndpointAsync", ENDPOINT),
        allow("DecryptData", "kms:Decrypt", [KEYS["async-output"]]),
    ]


def test_granting_invoke_on_an_endpoint_that_is_off_names_the_one_it_will_be() -> None:
    args = with_args(SCALE_TO_ZERO, enabled=False)
    run = deploy(lambda: GenAIEndpoint("m", args).grant_invoke("f", "the-role"))

    (policy,) = [r for r in run.all(POLICY) if r.name == "m-f-invoke"]
    assert statements_of(policy)[0]["Resource"] == [
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/genai-test",
        "arn:aws:sagemaker:us-east-1:123456789012:inference-component/genai-test-component",
    ]


def bucket_policy(run: ProgramRun) -> str:
    return run.outputs_of["genai:index:GenAIEndpoint::m"]["model_bucket_policy"]


@pytest.mark.parametrize("model_uri", [ARCHIVE, PREFIX])
def test_another_accounts_bucket_comes_with_the_policy_to_hand_over(model_uri: str) -> None:
    args = with_args(REALTIME, model_uri=model_uri, model_bucket_owner="210987654321")
    run = deploy(lambda: GenAIEndpoint("m", args))

    of_the_role = [
        s
        for s in policy_of(run.only(POLICY))["Statement"]
        if s["Sid"] in {"ReadModel", "ListModel"}
    ]
    principal = {"AWS": "arn:mock:aws:iam/role:Role:m-execution"}
    assert json.loads(bucket_policy(run)) == {
        "Version": "2012-10-17",
        "Statement": [{**statement, "Principal": principal} for statement in of_the_role],
    }


def test_a_bucket_of_this_account_needs_no_policy_to_hand_over() -> None:
    assert bucket_policy(deploy(lambda: GenAIEndpoint("m", REALTIME))) == ""
