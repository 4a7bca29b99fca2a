"""Each single setting of modes, scaling, rollouts, network, keys and roles: what is said of it when it is wrong."""

from pathlib import Path
from typing import Any

import pytest

from settings import Problem, SecureValue
from tests.settings.stacks import FILE, problems_of, right_but

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STATEMENT = "write {Effect: Allow, Action: s3:GetObject, Resource: arn:aws:s3:::my-bucket/lookup/*}"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lookup/*"}
SOURCES = (
    "write a folder of this project (./models/storyteller), an archive in S3 (s3://bucket/key.tar.gz), a prefix "
    "in S3 (s3://bucket/prefix/), a model of the Hugging Face Hub (hf:org/name@revision) or the ARN of a model "
    "package"
)
CRON_FIX = (
    'write minutes, hours, day of month, month, day of week and year: "cron(0 20 ? * MON-FRI *)"'
)
VPC = {"subnetIds": ["subnet-0a1b2c3d"], "securityGroupIds": ["sg-0a1b2c3d"]}
NIGHT = {"schedule": "cron(0 20 ? * MON-FRI *)", "min": 1, "max": 1}


def schedule(text: str) -> dict[str, Any]:
    return {"nights": {**NIGHT, "schedule": text}}


# Key, wrong value, the key that is named if it is a deeper one, what is said of it, and the fix.
WRONG: list[tuple[str, Any, str, str, str]] = [
    # Sources.
    (
        "genai:model.source",
        "hf:Qwen3-8B@main",
        "",
        '"hf:Qwen3-8B@main" is not a model of the Hugging Face Hub',
        "write hf:org/name@revision, such as hf:Qwen/Qwen3-8B@main",
    ),
    (
        "genai:model.source",
        "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/llama/1.0",
        "",
        (
            '"arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/llama/1.0" is an entry of a '
            "SageMaker hub, which pulumi-aws cannot host yet"
        ),
        "name the model package it refers to (DescribeHubContent tells), or its files in S3 with acceptEula: true",
    ),
    (
        "genai:model.source",
        "arn:aws:s3:::bucket/key.tar.gz",
        "",
        '"arn:aws:s3:::bucket/key.tar.gz" is not the ARN of a model package',
        SOURCES,
    ),
    (
        "genai:endpoint.variants.candidate.source",
        "./models/tiny",
        "",
        '"./models/tiny" is not in S3, and only the stack\'s main model can come from elsewhere',
        "write an archive (s3://bucket/key.tar.gz) or a prefix (s3://bucket/prefix/)",
    ),
    (
        "genai:model.source",
        "s3://bucket/models/*/",
        "",
        (
            '"s3://bucket/models/*/" has *, ? or $ in its key, which mean something in a policy, so the role might '
            "read more"
        ),
        "put the model under a key of letters, digits, -, _ and .",
    ),
    (
        "genai:endpoint.instances.max",
        1001,
        "",
        "expected a whole number from 1 to 1000, found the number 1001",
        "write max: 4",
    ),
    (
        "genai:model.bucketOwner",
        "12345678901",
        "",
        '"12345678901" is not the number of an AWS account, which has 12 digits',
        'write such as "123456789012", in quotes',
    ),
    (
        "genai:model.bucketOwner",
        123456789012,
        "",
        "expected text, found the number 123456789012",
        'put it in quotes: bucketOwner: "123456789012"',
    ),
    (
        "genai:model.bucketRegion",
        "us-east",
        "",
        '"us-east" is not an AWS Region',
        "write such as us-east-1",
    ),
    (
        "genai:model.parametersBillions",
        0,
        "",
        "expected a number above 0 and at most 10000, found the number 0",
        "write parametersBillions: 8",
    ),
    (
        "genai:model.sizeGb",
        "16",
        "",
        'expected a number above 0 and at most 10000, found the text "16"',
        "write it without quotes: sizeGb: 16",
    ),
    (
        "genai:model.tokenSecretArn",
        "hub-token",
        "",
        '"hub-token" is not the ARN of a Secrets Manager secret',
        "write such as arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-token-AbCdEf",
    ),
    (
        "genai:hubToken",
        "hf_abcdefghijklmnop",
        "",
        "is a secret that everyone who reads this file can see",
        "take it out, revoke it, and run pulumi config set --secret genai:hubToken",
    ),
    (
        "genai:hubToken",
        SecureValue(" "),
        "",
        "is encrypted, and there is nothing in it",
        "run pulumi config set --secret genai:hubToken again, or pulumi config rm genai:hubToken",
    ),
    (
        "genai:model.source",
        "arn:aws:sagemaker:us-east-1:123456789012:model-package/group/latest",
        "",
        '"arn:aws:sagemaker:us-east-1:123456789012:model-package/group/latest" is not the ARN of a model package',
        SOURCES,
    ),
    # Modes and capacity.
    (
        "genai:endpoint.mode",
        "batch",
        "",
        'expected one of realtime, serverless, async, scale-to-zero, found the text "batch"',
        "choose one of realtime, serverless, async, scale-to-zero",
    ),
    (
        "genai:endpoint.serverless",
        {"memoryMib": 1500},
        "genai:endpoint.serverless.memoryMib",
        "expected one of 1024, 2048, 3072, 4096, 5120, 6144, found the number 1500",
        "write memoryMib: 4096",
    ),
    (
        "genai:endpoint.serverless",
        {"memoryMib": "4GB"},
        "genai:endpoint.serverless.memoryMib",
        'expected one of 1024, 2048, 3072, 4096, 5120, 6144, found the text "4GB"',
        "choose one of 1024, 2048, 3072, 4096, 5120, 6144",
    ),
    (
        "genai:endpoint.async",
        {"maxConcurrencyPerInstance": 1001},
        "genai:endpoint.async.maxConcurrencyPerInstance",
        "expected a whole number from 1 to 1000, found the number 1001",
        "write maxConcurrencyPerInstance: 4",
    ),
    (
        "genai:endpoint.async",
        {"successTopicArn": "results"},
        "genai:endpoint.async.successTopicArn",
        '"results" is not the ARN of an SNS topic',
        "write such as arn:aws:sns:us-east-1:123456789012:results",
    ),
    (
        "genai:endpoint.scaling.target",
        0,
        "",
        "expected a number above 0, found the number 0",
        "write target: 5",
    ),
    (
        "genai:endpoint.scaling.metric",
        "concurency",
        "",
        (
            "expected one of auto, concurrency, invocations, cpu, gpu, gpu-memory, backlog, provisioned-utilization, "
            'found the text "concurency"'
        ),
        "did you mean concurrency?",
    ),
    (
        "genai:endpoint.scaling.schedules",
        {"at night": NIGHT},
        "genai:endpoint.scaling.schedules.at night",
        '"at night" is not the name of a schedule: 1 to 128 letters, digits, dots, hyphens and underscores',
        "write a name such as nights",
    ),
    (
        "genai:endpoint.scaling.schedules",
        schedule("20:00"),
        "genai:endpoint.scaling.schedules.nights.schedule",
        '"20:00" is not a schedule: cron(...), rate(...) or at(...)',
        'write such as "cron(0 20 ? * MON-FRI *)" for 20:00 on weekdays',
    ),
    (
        "genai:endpoint.scaling.schedules",
        schedule("at(2027-02-30T20:00:00)"),
        "genai:endpoint.scaling.schedules.nights.schedule",
        '"at(2027-02-30T20:00:00)" names a time that there is not',
        'write such as "at(2027-01-31T20:00:00)"',
    ),
    (
        "genai:endpoint.scaling.schedules",
        schedule("cron(0 24 ? * 2-6 *)"),
        "genai:endpoint.scaling.schedules.nights.schedule",
        '"cron(0 24 ? * 2-6 *)" has "24" as hours: expected 0 to 23, and ranges (1-5), lists (1,3), steps (0/15) or * of them',
        CRON_FIX,
    ),
    (
        "genai:endpoint.scaling.schedules",
        schedule("cron(0 20 ? * MON-FRY *)"),
        "genai:endpoint.scaling.schedules.nights.schedule",
        '"cron(0 20 ? * MON-FRY *)" has "MON-FRY" as day of week: expected 1 to 7 or SUN to SAT, and ranges (1-5), lists (1,3), steps (0/15) or * of them',
        CRON_FIX,
    ),
    (
        "genai:endpoint.scaling.schedules",
        schedule("cron(0/x 20 ? * * *)"),
        "genai:endpoint.scaling.schedules.nights.schedule",
        '"cron(0/x 20 ? * * *)" has "0/x" as minutes: expected 0 to 59, and ranges (1-5), lists (1,3), steps (0/15) or * of them',
        CRON_FIX,
    ),
    (
        "genai:endpoint.scaling.schedules",
        schedule("cron(0 20 * * *)"),
        "genai:endpoint.scaling.schedules.nights.schedule",
        '"cron(0 20 * * *)" has 5 fields, a schedule has 6',
        CRON_FIX,
    ),
    (
        "genai:endpoint.scaling.schedules",
        schedule("cron(0 20 * * MON-FRI *)"),
        "genai:endpoint.scaling.schedules.nights.schedule",
        '"cron(0 20 * * MON-FRI *)" must have ? as the day of the month or as the day of the week, and not as both',
        CRON_FIX,
    ),
    (
        "genai:endpoint.scaling.schedules",
        {"nights": {**NIGHT, "timezone": "Europe/Berlinn"}},
        "genai:endpoint.scaling.schedules.nights.timezone",
        '"Europe/Berlinn" is not a time zone',
        "did you mean Europe/Berlin?",
    ),
    (
        "genai:endpoint.scaling.schedules",
        "nights",
        "",
        'expected groups of settings, each under a name of its own, found the text "nights"',
        'write\nschedules:\n  name:\n    schedule: "cron(0 20 ? * MON-FRI *)"\n    min: 1\n    max: 2',
    ),
    # Variants and hosts.
    (
        "genai:endpoint.variants",
        {"candi_date": {}},
        "genai:endpoint.variants.candi_date",
        (
            '"candi_date" is not the name of a variant: 1 to 63 letters, digits and hyphens, with a letter or digit at '
            "both ends"
        ),
        "write such a name, such as candidate",
    ),
    (
        "genai:endpoint.variants",
        {"AllTraffic": {}},
        "genai:endpoint.variants.AllTraffic",
        '"AllTraffic" is the name of the main variant',
        "choose another name",
    ),
    (
        "genai:endpoint.variants",
        {"candidate": {"instanceType": "ml.m5.larg"}},
        "genai:endpoint.variants.candidate.instanceType",
        '"ml.m5.larg" is not an instance type that SageMaker hosts endpoints on',
        "did you mean ml.m5.large?",
    ),
    (
        "genai:endpoint.variants",
        {"candidate": {"wieght": 0.5}},
        "genai:endpoint.variants.candidate.wieght",
        "is not a setting of genai:endpoint.variants.candidate; it has weight, instanceType, initial, source, env",
        "did you mean weight?",
    ),
    (
        "genai:endpoint.inferenceAmiVersion",
        "al2023-ami-sagemaker-inference-gpu-4",
        "",
        (
            "expected one of al2-ami-sagemaker-inference-gpu-2, al2-ami-sagemaker-inference-gpu-2-1, "
            "al2-ami-sagemaker-inference-gpu-3-1, al2-ami-sagemaker-inference-neuron-2, "
            "al2023-ami-sagemaker-inference-gpu-4-1, found the text "
            '"al2023-ami-sagemaker-inference-gpu-4"'
        ),
        "did you mean al2023-ami-sagemaker-inference-gpu-4-1?",
    ),
    # Network, keys, roles.
    (
        "genai:endpoint.vpc",
        {**VPC, "subnetIds": "subnet-0a1b2c3d"},
        "genai:endpoint.vpc.subnetIds",
        'expected a list of 1 to 16 texts, found the text "subnet-0a1b2c3d"',
        "write it as a list: subnetIds: [subnet-0a1b2c3d]",
    ),
    (
        "genai:endpoint.vpc",
        {**VPC, "subnetIds": []},
        "genai:endpoint.vpc.subnetIds",
        "expected a list of 1 to 16 texts, found an empty list",
        "write subnetIds: [subnet-0a1b2c3d, subnet-1a2b3c4d]",
    ),
    (
        "genai:endpoint.vpc",
        {**VPC, "subnetIds": ["vpc-0a1b2c3d"]},
        "genai:endpoint.vpc.subnetIds.0",
        '"vpc-0a1b2c3d" is not the id of a subnet',
        "write such as subnet-0a1b2c3d",
    ),
    (
        "genai:endpoint.vpc",
        {**VPC, "subnetIds": [7]},
        "genai:endpoint.vpc.subnetIds.0",
        "expected text, found the number 7",
        'put it in quotes: 0: "7"',
    ),
    (
        "genai:endpoint.vpc",
        {**VPC, "securityGroupIds": ["sg-XYZ"]},
        "genai:endpoint.vpc.securityGroupIds.0",
        '"sg-XYZ" is not the id of a security group',
        "write such as sg-0a1b2c3d",
    ),
    (
        "genai:endpoint.vpc",
        {**VPC, "endpoints": {"vpcId": "main", "routeTableIds": ["rtb-0a1b2c3d"]}},
        "genai:endpoint.vpc.endpoints.vpcId",
        '"main" is not the id of a VPC',
        "write such as vpc-0a1b2c3d",
    ),
    (
        "genai:endpoint.vpc",
        {**VPC, "endpoints": {"vpcId": "vpc-0a1b2c3d", "routeTableIds": ["main"]}},
        "genai:endpoint.vpc.endpoints.routeTableIds.0",
        '"main" is not the id of a route table',
        "write such as rtb-0a1b2c3d",
    ),
    (
        "genai:keys.bucketArn",
        "alias/my-key",
        "",
        '"alias/my-key" is not the ARN of a KMS key',
        f"write such as {KEY}",
    ),
    (
        "genai:roles.executionRoleArn",
        "sagemaker-execution",
        "",
        '"sagemaker-execution" is not the ARN of an IAM role',
        "write such as arn:aws:iam::123456789012:role/sagemaker-execution",
    ),
    (
        "genai:roles.permissionsBoundaryArn",
        "arn:aws:iam::123456789012:role/boundary",
        "",
        '"arn:aws:iam::123456789012:role/boundary" is not the ARN of an IAM policy',
        "write such as arn:aws:iam::123456789012:policy/boundary",
    ),
    (
        "genai:roles.executionStatements",
        ["s3:GetObject"],
        "genai:roles.executionStatements.0",
        'expected a group of settings, found the text "s3:GetObject"',
        "write its settings below it, as name: value",
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Actions": "s3:GetObject"}],
        "genai:roles.executionStatements.0",
        '"Actions" is not part of an IAM statement (Sid, Effect, Action, NotAction, Resource, NotResource, Condition)',
        "did you mean Action?",
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Effect": "allow"}],
        "genai:roles.executionStatements.0",
        "a statement needs Effect, one of Allow, Deny",
        STATEMENT,
    ),
    (
        "genai:roles.executionStatements",
        [{"Effect": "Allow", "Action": "s3:GetObject"}],
        "genai:roles.executionStatements.0",
        "a statement needs either Resource or NotResource",
        STATEMENT,
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Action": []}],
        "genai:roles.executionStatements.0",
        "Action must be a text or a list of texts",
        STATEMENT,
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Condition": "always"}],
        "genai:roles.executionStatements.0",
        "Condition must be a group: operator, then key and value",
        'write such as Condition: {StringEquals: {"aws:SourceAccount": "123456789012"}}',
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Condition": {"StringEquals": "123456789012"}}],
        "genai:roles.executionStatements.0",
        "Condition must be a group: operator, then key and value",
        'write such as Condition: {StringEquals: {"aws:SourceAccount": "123456789012"}}',
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Sid": "read-lookup"}],
        "genai:roles.executionStatements.0",
        "Sid must be letters and digits",
        "write such as Sid: ReadLookup",
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Sid": "Read"}, {**ALLOW, "Sid": "Read"}],
        "",
        'two statements have the Sid "Read"',
        "rename one, or remove both",
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Action": "GetObject"}],
        "genai:roles.executionStatements.0",
        "Action must be a service and what it does, or *",
        "write such as s3:GetObject",
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Resource": "my-bucket/*"}],
        "genai:roles.executionStatements.0",
        "Resource must be an ARN, or *",
        "write such as arn:aws:s3:::my-bucket/lookup/*",
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Action": "s3:?*"}],
        "genai:roles.executionStatements.0",
        'the action "s3:?*" allows everything, of a service or of all',
        "name the actions that are needed, such as s3:GetObject",
    ),
    (
        "genai:roles.executionStatements",
        [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + "x" * 5000}],
        "",
        (
            "the statements have 5071 characters; IAM allows the policies of a role 10240 in all, of which 5000 are for"
            " yours"
        ),
        "put several actions or resources into one statement, or name them by a common prefix",
    ),
    (
        "genai:roles.executionStatements",
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        "genai:roles.executionStatements.0",
        "NotAction and NotResource allow everything that nobody thought of",
        "name the actions and resources that are needed",
    ),
    (
        "genai:roles.executionStatements",
        [{**ALLOW, "Action": ["s3:*"]}],
        "genai:roles.executionStatements.0",
        'the action "s3:*" allows everything, of a service or of all',
        "name the actions that are needed, such as s3:GetObject",
    ),
    (
        "genai:bucket.existingName",
        "s3://my-bucket",
        "",
        (
            '"s3://my-bucket" is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens, with a '
            "letter or digit at both ends"
        ),
        "write the bucket's name alone, without s3:// and without a prefix",
    ),
]


@pytest.mark.parametrize(("key", "value", "named", "message", "fix"), WRONG)
def test_a_wrong_value_is_named_and_explained(
    key: str, value: Any, named: str, message: str, fix: str, project_dir: Path
) -> None:
    problems = problems_of(right_but({key: value}), project_dir)

    # A rule may have more to say about the same key; the value's own problem comes first.
    assert problems[0] == Problem(FILE, named or key, message, fix)


@pytest.mark.parametrize(
    "text",
    [
        "cron(0 20 ? * MON-FRI *)",
        "cron(0/10 * 1 * ? 2027)",
        "rate(1 day)",
        "rate(5 minutes)",
        "at(2027-01-01T00:00:00)",
    ],
)
def test_what_application_auto_scaling_takes_as_a_schedule_is_right(
    text: str, project_dir: Path
) -> None:
    scaled = {"instances": {"max": 2}, "scaling": {"schedules": schedule(text)}}
    config = right_but({"genai:endpoint": {"instanceType": "ml.m5.large", **scaled}})

    assert problems_of(config, project_dir) == []


@pytest.mark.parametrize(
    "text", ["rate(1 days)", "rate(5 minute)", "rate(0 days)", "at(tomorrow)", "cron(0 20)"]
)
def test_what_it_would_refuse_is_wrong(text: str, project_dir: Path) -> None:
    config = right_but({"genai:endpoint.scaling.schedules": schedule(text)})

    assert "genai:endpoint.scaling.schedules.nights.schedule" in {
        problem.key for problem in problems_of(config, project_dir)
    }


@pytest.mark.parametrize(
    "statement",
    [
        ALLOW,
        {**ALLOW, "Sid": "Lookup", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Effect": "Deny", "NotAction": ["s3:GetObject"], "Resource": "*"},
    ],
)
def test_a_statement_as_in_a_policy_document_is_right(
    statement: dict[str, Any], project_dir: Path
) -> None:
    config = right_but({"genai:roles.executionStatements": [statement]})

    assert problems_of(config, project_dir) == []


def test_an_encrypted_hub_token_is_right(project_dir: Path) -> None:
    config = right_but({"genai:hubToken": SecureValue(), "genai:model.source": "hf:org/name@main"})
    config["genai:image"] = {"family": "huggingface"}

    assert problems_of(config, project_dir) == []


@pytest.mark.parametrize(
    "text",
    [
        "cron(0/15 8-18 ? JAN,7-9 mon-fri 2027-2030)",
        "cron(*/5 * L * ? *)",
        "cron(0 0 15W 1/3 ? *)",
        "cron(0 0 L-3 * ? *)",
        "cron(0 20 ? * FRI#2 *)",
        "cron(0 20 ? * 6L *)",
        "at(2028-02-29T00:00:00)",
    ],
)
def test_every_form_of_a_schedule_is_right(text: str, project_dir: Path) -> None:
    said = {"n": {"schedule": text, "min": 1, "max": 2}}
    config = right_but({"genai:endpoint.scaling": {"schedules": said}})
    config["genai:endpoint"]["instances"] = {"max": 2}

    assert problems_of(config, project_dir) == []


def test_an_infinite_number_is_refused(project_dir: Path) -> None:
    config = right_but({"genai:endpoint.scaling": {"target": float("inf")}})
    config["genai:endpoint"]["instances"] = {"max": 2}

    (problem,) = problems_of(config, project_dir)

    assert problem.key == "genai:endpoint.scaling.target"
    assert problem.message == "expected a number above 0, found the number inf"
