"""Stacks of every mode and source, rehearsed from their settings to the answer."""

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal import invocation
from rehearsal import rehearse as rehearsing
from rehearsal.local_account import LocalAccount
from rehearsal.transcript import Transcript
from tests.rehearsal.tenant import Tenant, poll, unique

PROJECT_DIR = Path(__file__).resolve().parents[2]
PROMPT = "It was a fine morning"
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
GPU = {"instanceType": "ml.g5.xlarge"}
Sections = dict[str, dict[str, Any]]

pytestmark = pytest.mark.matrix


class Project:
    """A copy of the program and its model, with a stack of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = unique("t")
        for name in ("__main__.py", "Pulumi.yaml"):
            shutil.copy(PROJECT_DIR / name, folder)
        self.model = folder / "models" / "storyteller"
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT_DIR / "models" / "storyteller", self.model, ignore=ignore)

    def rehearse(
        self,
        region: str = "us-east-1",
        keep: Callable[[Transcript, LocalAccount], None] | None = None,
        **sections: dict[str, Any],
    ) -> Transcript:
        config: Sections = {
            "genai:model": {"source": "./models/storyteller"},
            "genai:image": {"family": "pytorch"},
            "genai:endpoint": {"instanceType": "ml.c5.large"},
        }
        for name, members in sections.items():
            known = {**config.get(f"genai:{name}", {}), **members}
            config[f"genai:{name}"] = {k: v for k, v in known.items() if v is not None}
        stack = {"config": {"aws:region": region, **config}}
        (self.folder / f"Pulumi.{self.stack}.yaml").write_text(yaml.safe_dump(stack))
        return rehearsing.rehearse(self.folder, self.stack, PROMPT, keep=keep)

    def edit_program(self, old: str, new: str) -> None:
        program = self.folder / "__main__.py"
        text = program.read_text()
        assert old in text
        program.write_text(text.replace(old, new))


@pytest.fixture
def project(tmp_path: Path, account: LocalAccount, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Rehearsed in the account of all tests: to start another one takes as long as the rehearsal."""
    monkeypatch.setattr(rehearsing, "local_account", lambda *_: contextlib.nullcontext(account))
    return Project(tmp_path)


def told_of(transcript: Transcript) -> str:
    failure = transcript.failure
    assert failure is not None, "the rehearsal should have failed"
    return f"{failure.step}: {failure.cause}\nfix: {failure.fix}"


def cause_of(transcript: Transcript) -> str:
    return told_of(transcript).partition("\nfix: ")[0]


def in_short(transcript: Transcript) -> dict[str, str]:
    assert transcript.failure is None, transcript.failure
    return {step.name: step.summary for step in transcript.steps}


def test_an_asynchronous_stack_finds_its_answer_in_s3(project: Project) -> None:
    transcript = project.rehearse(endpoint={"mode": "async"}, keys={"bucketArn": KEY})

    steps = in_short(transcript)
    reply, record = transcript.reply or {}, transcript.record or {}
    assert steps["invoke"] == f"accepted, then {len(transcript.said)} characters"
    assert (reply["status"], reply["state"]) == (202, "accepted")
    assert "/async/results/" in reply["result"]
    assert record["locations"]["result"] == reply["result"]
    assert transcript.said.strip()


@pytest.mark.parametrize("records", ["full", "metadata"])
def test_a_topics_notice_completes_the_record_of_an_asynchronous_request(
    project: Project, records: str
) -> None:
    completed: list[Any] = []

    def wait_for_the_notice(transcript: Transcript, account: LocalAccount) -> None:
        bucket, _, key = transcript.reply["record"].removeprefix("s3://").partition("/")  # pyright: ignore[reportOptionalSubscript] - it was answered

        def has_reply() -> bool:
            content = account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            completed[:] = [json.loads(content)]
            return bool(completed[0]["reply"])

        poll(has_reply, "the record holds the reply")

    transcript = project.rehearse(
        endpoint={"mode": "async", "async": {"notify": True}},
        invoker={"records": {"keep": records}},
        keep=wait_for_the_notice,
    )

    (record,) = completed
    assert (record["status"], record["error"], transcript.failure) == (200, None, None)
    if records == "full":
        assert record["reply"]["text"] == transcript.said
    else:
        assert record["reply"]["text_characters"] == len(transcript.said)


def test_what_an_asynchronous_container_refuses_is_read_from_s3(project: Project) -> None:
    code = project.model / "code" / "inference.py"
    code.write_text(
        code.read_text().replace("def input_fn(", "def input_fn(*_):\n    1 / 0\n\ndef _(")
    )

    cause = cause_of(project.rehearse(endpoint={"mode": "async"}))

    assert cause == (
        "invoke: the function answered 502 model_failed:"
        " The endpoint could not answer the request: division by zero"
    )


def test_an_answer_that_never_comes_is_not_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invocation, "LATER_LIMIT_SECONDS", 1)
    nothing = {"Sid": "No", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}

    transcript = project.rehearse(
        endpoint={"mode": "async"}, roles={"executionStatements": [nothing]}
    )

    cause = cause_of(transcript)
    assert cause.startswith("invoke: neither s3://")
    assert cause.endswith("was written within 1 s")


@pytest.mark.parametrize("mode", ["realtime", "async"])
def test_a_stack_without_its_endpoint_refuses_clearly(project: Project, mode: str) -> None:
    transcript = project.rehearse(endpoint={"mode": mode, "enabled": False})

    steps = in_short(transcript)
    assert list(steps) == ["settings", "account", "deploy", "invoke", "logs"]
    assert steps["deploy"].endswith("resources created, no endpoint")
    assert steps["invoke"].startswith("refused as it should be, without an endpoint: ")
    kinds = {resource.resource_type for resource in transcript.resources}
    assert "aws:lambda/function:Function" in kinds
    assert "aws:sagemaker/endpoint:Endpoint" not in kinds


def test_the_functions_log_is_found_among_many_others(project: Project, tenant: Tenant) -> None:
    for _ in range(51):  # more than one page of them
        tenant.client("logs").create_log_group(logGroupName=unique("/aws/lambda/a"))

    transcript = project.rehearse(endpoint={"enabled": False})

    in_short(transcript)
    assert len(transcript.function_log) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        {"mode": "scale-to-zero"},
        {
            "instances": {"min": 1, "max": 3},
            "capture": {"percent": 100},
            "variants": {"b": {"weight": 1}},
            "rollout": {"strategy": "canary"},
        },
    ],
    ids=["scale-to-zero", "scaled, captured, with variants and a rollout"],
)
def test_a_stack_that_is_not_plain_answers_at_once(
    project: Project, endpoint: dict[str, Any]
) -> None:
    transcript = project.rehearse(endpoint=endpoint)

    steps = in_short(transcript)
    how = ", scale-to-zero" if "mode" in endpoint else ""
    assert steps["settings"] == (
        f"Pulumi.{project.stack}.yaml is sound: pytorch on ml.c5.large{how} in us-east-1"
    )
    assert transcript.said == (transcript.reply or {})["text"]


def test_a_stack_of_embeddings_answers_with_a_vector(project: Project) -> None:
    transcript = project.rehearse(
        image={"family": "tei"}, model={"source": "hf:BAAI/bge-small-en@main"}
    )

    in_short(transcript)
    assert transcript.said.startswith("a vector of 32 numbers, ")
    assert any(told.startswith("vectors from hashes of the words") for told in transcript.stand_ins)


@pytest.mark.parametrize("path", ["llama-7b-1", "llama-7b/2"])
def test_a_model_package_is_played_in_its_contract(project: Project, path: str) -> None:
    package = f"arn:aws:sagemaker:us-east-1:865070037744:model-package/{path}"

    transcript = project.rehearse(
        image={"family": "model-package"},
        model={"source": package, "acceptEula": True},
        invoker={"contract": "tgi"},
        endpoint=GPU,
    )

    steps = in_short(transcript)
    assert steps["stand-ins"] == (
        f"the storyteller stands for the model package {package}, behind the contract tgi"
    )


def test_buckets_and_models_elsewhere_have_stand_ins_under_their_keys(project: Project) -> None:
    main, other = "s3://their-models/m/model.tar.gz", "s3://more-models/prefix/"

    transcript = project.rehearse(
        bucket={"existingName": "our-data-lake"},
        keys={"bucketArn": KEY},
        model={"source": main, "bucketOwner": "444455556666", "kmsKeyArn": KEY},
        endpoint={"variants": {"b": {"weight": 0, "source": other}}},
    )

    steps = in_short(transcript)
    assert [told.partition(" stand")[2] for told in steps["stand-ins"].split("; ")] == [
        "s for our-data-lake, which this machine cannot reach",
        f" at {main}, which this machine cannot reach",
        f" at {other}, which this machine cannot reach",
    ]
    assert steps["stand-ins"].startswith("an empty bucket stands for our-data-lake")
    assert steps["record"].startswith("s3://our-data-lake/records/")
    assert all(r.resource_type != "aws:s3/bucket:Bucket" for r in transcript.resources)


def test_hub_secret_role_and_boundary_have_stand_ins(project: Project) -> None:
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:hub-token-AbCdEf"
    role = f"arn:aws:iam::{ACCOUNT}:role/service-role/our-role"
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"

    transcript = project.rehearse(
        image={"family": "tgi-legacy"},
        model={"source": "hf:Qwen/Qwen3-8B@main", "tokenSecretArn": secret},
        endpoint=GPU,
        roles={"executionRoleArn": role, "permissionsBoundaryArn": boundary},
    )

    assert in_short(transcript)["stand-ins"].split("; ") == [
        f"a token that opens nothing stands for the secret {secret}",
        f"a policy that allows everything stands for the boundary {boundary}",
        f"a role that may do everything stands for {role}",
    ]
    assert (
        "nothing is fetched from the Hub: a stand-in answers for hf:Qwen/Qwen3-8B@main"
        in transcript.stand_ins
    )


def test_a_model_whose_code_does_not_load_fails_and_says_which_file(project: Project) -> None:
    code = project.model / "code" / "inference.py"
    code.write_text("import nothing_of_that_name\n")

    told = told_of(project.rehearse())

    assert told.startswith("deploy: sagemaker Endpoint genai-endpoint: ")
    assert "did not pass the ping health check" in told
    assert "No module named 'nothing_of_that_name'" in told


def test_without_invoke_permission_it_fails_naming_action_and_resource(project: Project) -> None:
    project.edit_program('endpoint.grant_invoke("invoker", invoker.role_name)\n', "")

    told = told_of(project.rehearse())

    arn = f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/genai-{project.stack}"
    assert told.startswith("invoke: the function answered 500 access_denied")
    assert f"sagemaker:InvokeEndpoint on resource: {arn}" in told
    assert f"fix: grant sagemaker:InvokeEndpoint on {arn} to the role genai-role-" in told


def test_without_permission_to_record_it_fails_though_the_text_came(project: Project) -> None:
    project.edit_program("invoker.use_bucket(bucket)\n", "")

    transcript = project.rehearse()

    assert told_of(transcript).startswith("record: no record was written: ")
    assert (transcript.reply or {})["text"]


def test_a_program_that_raises_is_told_without_a_trace(project: Project) -> None:
    project.edit_program("bucket = ModelBucket(", "raise RuntimeError('boom')\nModelBucket(")

    told = told_of(project.rehearse())

    assert "__main__.py raised RuntimeError: boom" in told
    assert "Traceback" not in told


def test_a_resource_nobody_can_create_yet_is_named(project: Project) -> None:
    project.edit_program(
        "bucket = ModelBucket(",
        "import pulumi_aws\npulumi_aws.dynamodb.Table('waiting')\nbucket = ModelBucket(",
    )

    assert "the rehearsal cannot create a aws:dynamodb/table:Table yet" in told_of(
        project.rehearse()
    )


def test_an_image_of_ones_own_is_played_in_the_contract_that_the_stack_says(tmp_path: Path) -> None:
    """In an account of its own, which is told so. The function logs no answered request, for which nobody waits."""
    transcript = Project(tmp_path).rehearse(
        model={"source": "s3://my-models/tiny/"},
        image={"family": "custom", "uri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/own/it:1"},
        invoker={"contract": "tgi", "logLevel": "WARN"},
    )

    assert transcript.failure is None
    assert "behind the same contract (tgi)" in "".join(transcript.stand_ins)
    assert transcript.function_log == []
