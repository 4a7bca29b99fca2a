"""The program with its own stacks passes every policy, and fails the one that is broken in it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from typer.testing import CliRunner

from cli.main import app
from policy.configuration import configured
from policy.judging import judge
from policy.policies import POLICIES
from policy.recorded import recorded_resources
from policy.taggable import taggable_types, types_in_package
from rehearsal.invented_answers import InventedAnswers
from rehearsal.main_program import run_main
from rehearsal.program import ProgramRun
from settings import read_stack_file

PROJECT_DIR = Path(__file__).resolve().parents[2]
STACKS = ("dev", "prod")


def run_of(stack: str, *, preview: bool = False) -> ProgramRun:
    return run_main(
        PROJECT_DIR,
        InventedAnswers("us-east-1", is_preview=preview),
        stack=stack,
        config=read_stack_file(PROJECT_DIR, stack),
        preview=preview,
    )


def violated(run: ProgramRun, stack: str = "prod", **said: Any) -> set[str]:
    resources = recorded_resources(run.registrations, run.exports, project="genai", stack=stack)
    return {verdict.policy for verdict in judge(resources, configured(said)).violations}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [False, True])
def test_a_shipped_stack_violates_nothing(stack: str, *, preview: bool) -> None:
    assert violated(run_of(stack, preview=preview), stack) == set()


@pytest.fixture(scope="module")
def recorded() -> ProgramRun:
    return run_of("prod")


@pytest.fixture
def run(recorded: ProgramRun) -> ProgramRun:
    """A run of the stack prod to break."""
    copies: list[Any] = []
    for request in recorded.registrations:
        copy = type(request)()
        copy.CopyFrom(request)
        copies.append(copy)
    return ProgramRun(copies, exports=json.loads(json.dumps(recorded.exports)))


def change(run: ProgramRun, kind: str, make: Callable[[dict[str, Any]], object]) -> None:
    """Change what the first resource of a type says of itself."""
    request = next(each for each in run.registrations if each.type.endswith(f":{kind}"))
    inputs = json_format.MessageToDict(request.object)
    make(inputs)
    request.object.Clear()
    request.object.update(inputs)


def drop(run: ProgramRun, kind: str) -> None:
    kept = [each for each in run.registrations if not each.type.endswith(f":{kind}")]
    assert len(kept) < len(run.registrations)
    run.registrations[:] = kept


def unprotect(run: ProgramRun) -> None:
    for request in run.registrations:
        request.protect = False


def allow_all(inputs: dict[str, Any]) -> None:
    inputs["policy"] = json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    )


BREAKS: dict[str, Callable[[ProgramRun], object]] = {
    "bucket-stays-private": lambda run: change(
        run, "BucketPublicAccessBlock", lambda said: said.update(blockPublicPolicy=False)
    ),
    "encryption-at-rest": lambda run: change(
        run, "Queue", lambda said: said.pop("sqsManagedSseEnabled")
    ),
    "tls-only": lambda run: change(
        run, "QueuePolicy", lambda said: said.update(policy='{"Statement": []}')
    ),
    "guards-are-there": lambda run: drop(run, "BucketPublicAccessBlock"),
    "narrow-grants": lambda run: change(run, "RolePolicy", allow_all),
    "known-callers": lambda run: change(
        run, "FunctionUrl", lambda said: said.update(authorizationType="NONE")
    ),
    "no-plain-secrets": lambda run: change(
        run, "Function", lambda said: said["environment"]["variables"].update(API_KEY="k")
    ),
    "allowed-instance-types": lambda run: change(
        run,
        "EndpointConfiguration",
        lambda said: said["productionVariants"][0].update(instanceType="ml.p5.48xlarge"),
    ),
    "required-tags": lambda run: change(run, "Topic", lambda said: said.pop("tags")),
    "log-retention": lambda run: change(run, "LogGroup", lambda said: said.pop("retentionInDays")),
    "logs-are-kept": lambda run: change(run, "Function", lambda said: said.pop("loggingConfig")),
    "protected-data": unprotect,
    "cost-cap": lambda run: run.exports["estimated_monthly_usd"].update(greatest=8001),
}


def test_every_policy_is_broken_once() -> None:
    assert set(BREAKS) == {policy.name for policy in POLICIES}


@pytest.mark.parametrize("policy", BREAKS)
def test_a_program_that_is_broken_fails_that_policy_alone(run: ProgramRun, policy: str) -> None:
    if policy == "logs-are-kept":  # what is not a property any more was made from nothing
        for request in run.registrations:
            request.propertyDependencies.pop("loggingConfig", None)
    BREAKS[policy](run)

    assert violated(run) == {policy}


@pytest.fixture(scope="module")
def pack() -> Generator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack as Pulumi starts it: the folder run as a program, which says its port and answers over gRPC."""
    process = subprocess.Popen(
        [sys.executable, "-u", str(PROJECT_DIR / "policy")],
        cwd=PROJECT_DIR / "policy",
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONSAFEPATH": ""},
    )
    assert process.stdout is not None
    with (
        process.stdout as told,
        grpc.insecure_channel(f"127.0.0.1:{told.readline().strip()}") as channel,
    ):
        yield analyzer_pb2_grpc.AnalyzerStub(channel)
    process.terminate()
    process.wait(timeout=10)


def test_the_pack_has_every_policy_with_its_level_and_options(
    pack: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    told = pack.GetAnalyzerInfo(empty_pb2.Empty()).policies

    assert [policy.name for policy in told] == [policy.name for policy in POLICIES]
    assert {policy.enforcementLevel for policy in told} == {analyzer_pb2.MANDATORY}
    for policy, ours in zip(told, POLICIES, strict=True):
        schema = json_format.MessageToDict(policy.configSchema).get("properties", {})
        assert schema.keys() == ours.options.keys()
        is_of_stack = policy.policy_type == analyzer_pb2.POLICY_TYPE_STACK
        assert is_of_stack == (ours.of_stack is not None)


def told_by_pulumi(pack: analyzer_pb2_grpc.AnalyzerStub, run: ProgramRun) -> tuple[set[str], str]:
    """Which policies the pack says are violated, and what it says that it cannot tell."""
    of_stack = analyzer_pb2.AnalyzeStackRequest()
    diagnostics: list[Any] = []
    for request, record in zip(
        run.registrations,
        recorded_resources(run.registrations, {}, project="genai", stack="prod")[1:],
        strict=True,
    ):
        named: dict[str, Any] = {"type": request.type, "name": request.name, "urn": record.urn}
        asked = analyzer_pb2.AnalyzeRequest(**named, properties=request.object)
        asked.options.protect = request.protect
        diagnostics += pack.Analyze(asked).diagnostics
        seen = of_stack.resources.add(**named, properties=request.object)
        for name, sources in record.sources.items():
            seen.propertyDependencies[name].urns.extend(sources)
    root = of_stack.resources.add(
        type="pulumi:pulumi:Stack", urn="urn:pulumi:prod::genai::pulumi:pulumi:Stack::genai-prod"
    )
    root.properties.update(run.exports)
    diagnostics += pack.AnalyzeStack(of_stack).diagnostics
    violations = {
        each.policyName for each in diagnostics if each.enforcementLevel == analyzer_pb2.MANDATORY
    }
    return violations, "\n".join(
        each.message for each in diagnostics if each.enforcementLevel == analyzer_pb2.ADVISORY
    )


def test_the_pack_passes_what_the_check_passes(
    pack: analyzer_pb2_grpc.AnalyzerStub, run: ProgramRun
) -> None:
    assert told_by_pulumi(pack, run) == (set(), "")


@pytest.mark.parametrize("policy", BREAKS)
def test_the_pack_fails_what_the_check_fails(
    pack: analyzer_pb2_grpc.AnalyzerStub, run: ProgramRun, policy: str
) -> None:
    if policy == "logs-are-kept":
        for request in run.registrations:
            request.propertyDependencies.pop("loggingConfig", None)
    BREAKS[policy](run)

    assert told_by_pulumi(pack, run)[0] == {policy}


def test_the_pack_says_what_a_preview_cannot_tell(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    violations, untold = told_by_pulumi(pack, run_of("prod", preview=True))

    assert violations == set()
    assert (
        "can't run policy 'tls-only' from policy pack 'genai@v0.0.1' during preview: policy of genai-policy "
        "(aws:s3/bucketPolicy:BucketPolicy) can't be known during preview" in untold
    )


def test_the_types_that_take_tags_are_those_of_the_installed_provider() -> None:
    assert taggable_types() == set(types_in_package())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project to change the stacks of."""
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        shutil.copy(PROJECT_DIR / name, tmp_path)
    (tmp_path / "models").symlink_to(PROJECT_DIR / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_tells_what_holds_and_what_a_preview_leaves_open(project: Path) -> None:
    assert project.is_dir()
    done = CliRunner().invoke(app, ["check", "prod", "--policies"])

    assert done.exit_code == 0
    first, second, third = done.output.splitlines()
    assert first == "✓ prod  vllm on ml.g6e.xlarge in us-east-1"
    assert second == "  13 policies, 66 resources: none is violated"
    assert third.startswith("  pulumi preview cannot tell 23 of these checks")


def test_check_tells_every_violation_of_a_stack_at_once(project: Path) -> None:
    file = project / "Pulumi.prod.yaml"
    changed = file.read_text().replace("protect: true", "forceDestroy: true")
    file.write_text(changed.replace("logRetentionDays: 90", "logRetentionDays: 3"))

    done = CliRunner().invoke(app, ["check", "prod", "--policies", "--json"])

    assert done.exit_code == 1
    told = json.loads(done.output)["prod"]
    assert told["sound"] is False
    assert told["problems"] == []
    violations = told["policies"]["violations"]
    assert [(each["policy"], each["resource"], each["property"]) for each in violations] == [
        ("log-retention", "genai-container-logs", "retentionInDays"),
        ("log-retention", "genai-logs", "retentionInDays"),
        ("protected-data", "genai-bucket", "protect"),
        ("protected-data", "genai-bucket", "forceDestroy"),
    ]


def test_check_takes_the_configuration_that_pulumi_takes(project: Path) -> None:
    config = project / "policies.json"
    config.write_text('{"log-retention": {"minimumDays": 30, "enforcementLevel": "advisory"}}')
    arguments = ["check", "dev", "--policies", "--policy-config", str(config)]

    done = CliRunner().invoke(app, arguments)

    assert done.exit_code == 0  # advisory
    assert "! log-retention (advisory)" in done.output
    assert "retentionInDays is 7; expected at least 30 days" in done.output

    config.write_text('{"log-retention": {"minimumDay": 30}}')
    done = CliRunner().invoke(app, arguments)

    assert done.exit_code == 2
    assert "log-retention: there is no option 'minimumDay'; it has minimumDays" in done.output


def test_a_program_that_fails_is_told_without_a_trace(project: Path) -> None:
    (project / "__main__.py").write_text('raise RuntimeError("no more")')

    done = CliRunner().invoke(app, ["check", "dev", "--policies"])

    assert done.exit_code == 1
    assert "__main__.py raised RuntimeError: no more" in done.output
    assert "Traceback" not in done.output
