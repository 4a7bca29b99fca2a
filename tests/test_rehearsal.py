"""The rehearsal from end to end, as `genai rehearse` runs it, on copies of this project."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.local_account import LocalAccount
from rehearsal.rehearse import rehearse
from rehearsal.transcript import Transcript

PROJECT_DIR = Path(__file__).resolve().parent.parent
GENAI = [sys.executable, "-m", "cli"]
THIS_TREE = {**os.environ, "PYTHONPATH": str(PROJECT_DIR)}  # wherever the package is installed from
PROMPT = "Emma was not at all"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of everything that a person edits."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        shutil.copy(PROJECT_DIR / name, copy)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        PROJECT_DIR / "models" / "storyteller", copy / "models" / "storyteller", ignore=ignore
    )
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def failure_of(transcript: Transcript) -> str:
    assert transcript.failure is not None, "the rehearsal should have failed"
    return f"{transcript.failure.step}: {transcript.failure.cause}\nfix: {transcript.failure.fix}"


def test_dev_has_its_budget_and_its_alarms(project: Path) -> None:
    limits: list[Any] = []
    alarms: list[str] = []

    def look_around(_: Transcript, account: LocalAccount) -> None:
        listed = account.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
        limits.extend((budget["BudgetLimit"], budget["FilterExpression"]) for budget in listed)
        described = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
        alarms.extend(alarm["AlarmName"] for alarm in described)

    transcript = rehearse(project, "dev", PROMPT, keep=look_around)

    assert transcript.failure is None
    assert limits == [
        (
            {"Amount": "120.00", "Unit": "USD"},
            {
                "And": [
                    {"Tags": {"Key": "Project", "Values": ["genai"]}},
                    {"Tags": {"Key": "Stack", "Values": ["dev"]}},
                ]
            },
        )
    ]
    assert {"genai-dev-idle", "genai-dev-latency", "genai-dev-dead-letters"} <= {*alarms}
    assert transcript.exports["estimated_monthly_usd"]["greatest"] < 120


def test_dev_answers_with_the_uploaded_model_and_records_the_same_text(project: Path) -> None:
    packed: list[str] = []
    keys: list[str] = []
    other_prompts: list[str] = []

    def look_around(transcript: Transcript, account: LocalAccount) -> None:
        bucket, function = transcript.exports["bucket_name"], transcript.exports["function_name"]
        s3 = account.client("s3")
        keys.extend(entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"])
        archive = s3.get_object(Bucket=bucket, Key=next(k for k in keys if k.endswith(".tar.gz")))
        with tarfile.open(fileobj=io.BytesIO(archive["Body"].read())) as members:
            packed.extend(members.getnames())
        answer = account.client("lambda").invoke(
            FunctionName=function, Payload=b'{"prompt": "The weather in Bath"}'
        )
        other_prompts.append(json.load(answer["Payload"])["text"])

    transcript = rehearse(project, "dev", PROMPT, keep=look_around)

    assert transcript.failure is None
    assert [s.name for s in transcript.steps] == [
        "settings",
        "account",
        "deploy",
        "invoke",
        "record",
        "url",
        "batch",
        "logs",
    ]
    assert transcript.reply is not None
    assert transcript.record is not None
    assert transcript.record["reply"]["text"] == transcript.reply["text"]
    assert transcript.record["request"]["prompt"] == PROMPT
    folders = {key.partition("/")[0] for key in keys}
    assert {"inputs", "models", "records", "results"} <= folders
    assert [entry["line"] for entry in transcript.batch] == [1, 2, 3]
    assert transcript.batch[0]["reply"]["text"].strip()
    assert {"model.safetensors", "code/inference.py"} <= set(packed)
    assert other_prompts != [transcript.reply["text"]]


def test_prod_speaks_vllms_contract_through_a_named_stand_in(project: Path) -> None:
    transcript = rehearse(project, "prod", PROMPT)

    assert transcript.failure is None
    assert any("vLLM" in told for told in transcript.stand_ins)
    assert any("this machine cannot reach" in told for told in transcript.stand_ins)
    assert transcript.record is not None
    assert transcript.record["model"]["uri"].startswith("s3://")
    assert transcript.record["reply"]["usage"]["completion_tokens"] > 0


def test_wrong_settings_fail_before_the_account_is_started(project: Path) -> None:
    edit(project / "Pulumi.dev.yaml", "ml.m5.large", "ml.m5.larg")

    transcript = rehearse(project, "dev", PROMPT)

    assert failure_of(transcript).startswith("settings: ")
    assert "genai:endpoint.instanceType" in failure_of(transcript)
    assert transcript.account_url is None


def test_an_unknown_stack_names_those_that_exist(project: Path) -> None:
    assert "this project has dev, prod" in failure_of(rehearse(project, "staging", PROMPT))


def genai(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GENAI, *arguments],
        cwd=project,
        env=THIS_TREE,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_failed_rehearsal_exits_with_1_and_says_which_file_and_the_fix(project: Path) -> None:
    (project / "models" / "storyteller" / "model.safetensors").unlink()

    done = genai(project, "rehearse")

    told = " ".join(done.stdout.split())  # lines are broken to fit a terminal
    assert done.returncode == 1
    assert "sagemaker Endpoint genai-endpoint: " in told
    assert "did not pass the ping health check" in told
    assert "model.safetensors is missing" in told
    assert "fix:" in told
    assert "Traceback" not in done.stdout + done.stderr


def test_json_is_the_whole_transcript_of_a_failure_and_nothing_else(project: Path) -> None:
    edit(project / "Pulumi.dev.yaml", "ml.m5.large", "ml.m5.larg")

    done = genai(project, "rehearse", "--json", "--prompt", PROMPT)

    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 1
    assert (told["succeeded"], told["prompt"]) == (False, PROMPT)
    assert told["failure"]["step"] == "settings"


def test_outside_a_project_it_says_where_to_go(tmp_path: Path) -> None:
    done = genai(tmp_path, "rehearse")

    assert done.returncode == 2
    assert "no Pulumi.yaml" in done.stderr


def start_keeping(project: Path) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start `genai rehearse --keep --json` with a prompt and wait for its transcript."""
    process = subprocess.Popen(
        [*GENAI, "rehearse", "--keep", "--json", "--prompt", PROMPT],
        cwd=project,
        env=THIS_TREE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    return process, json.loads("".join(lines))


def descendants(pid: int) -> set[int]:
    """Every process that `pid` started, and that those started."""
    children: dict[int, set[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, set()).add(int(entry.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        new = children.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


def running(pids: set[int]) -> set[int]:
    return {pid for pid in pids if (Path("/proc") / str(pid) / "exe").exists()}


def wait_until(condition: Callable[[], bool], limit_seconds: float = 20) -> bool:
    deadline = time.monotonic() + limit_seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_a_kept_account_prints_its_transcript_and_serves_others_until_interrupted(
    project: Path,
) -> None:
    process, told = start_keeping(project)
    try:
        assert (told["failure"], told["succeeded"]) == (None, True)
        assert told["prompt"] == PROMPT
        assert told["record"]["reply"]["text"] == told["reply"]["text"]
        session = boto3.Session("rehearsal", "rehearsal", region_name="us-east-1")
        exports, url = told["exports"], told["account_url"]

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=url)  # pyright: ignore[reportArgumentType, reportCallIssue] - any service

        listed = client("s3").list_objects_v2(Bucket=exports["bucket_name"])
        assert told["reply"]["record"].rpartition("/records/")[2] in {
            entry["Key"].removeprefix("records/") for entry in listed["Contents"]
        }
        endpoint = client("sagemaker").describe_endpoint(EndpointName=exports["endpoint_name"])
        assert endpoint["EndpointStatus"] == "InService"
        invoked = client("lambda").invoke(
            FunctionName=exports["function_name"], Payload=b'{"prompt": "It was"}'
        )
        assert json.load(invoked["Payload"])["status"] == 200
        answered = client("sagemaker-runtime").invoke_endpoint(
            EndpointName=exports["endpoint_name"],
            ContentType="application/json",
            Body=b'{"inputs": "It was", "parameters": {"max_new_tokens": 5}}',
        )
        assert len(json.load(answered["Body"])[0]["generated_text"]) == 5
    finally:
        started = descendants(process.pid)
        os.kill(process.pid, signal.SIGINT)
        printed_later, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert printed_later == ""
    assert len(started) >= 3  # the account, the container, the function
    assert wait_until(lambda: not running(started))


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda how: how.name
)
def test_however_it_ends_no_process_is_left(project: Path, how: signal.Signals) -> None:
    process = subprocess.Popen(
        [*GENAI, "rehearse"],
        cwd=project,
        env=THIS_TREE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert wait_until(lambda: bool(descendants(process.pid)))

    started = descendants(process.pid)
    os.kill(process.pid, how)
    _, errors = process.communicate(timeout=30)

    assert process.returncode != 0
    said = "" if how == signal.SIGKILL else "interrupted; everything that was started is stopped\n"
    assert errors == said
    assert wait_until(lambda: not running(started))
