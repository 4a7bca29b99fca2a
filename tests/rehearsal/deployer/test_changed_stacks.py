"""Whole stacks that are rehearsed, changed while callers ask, and destroyed."""

import re
import shutil
from pathlib import Path

import pytest

from rehearsal.rehearse import Afterwards, rehearse
from rehearsal.transcript import ChangeReport, Transcript

PROJECT_DIR = Path(__file__).resolve().parents[3]
PROMPT = "It was a fine morning"
KINDS = {
    "aws:sagemaker/endpoint:Endpoint": "endpoint",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": "configuration",
    "aws:sagemaker/model:Model": "model",
    "aws:lambda/function:Function": "function",
    "aws:cloudcontrol/resource:Resource": "controlled",
    "aws:appautoscaling/target:Target": "target",
}

pytestmark = pytest.mark.matrix


def changed(stack: str, *then: str, project: Path = PROJECT_DIR) -> Transcript:
    return rehearse(project, stack, PROMPT, afterwards=Afterwards(then, is_destroyed=True))


def succeeded(transcript: Transcript) -> Transcript:
    assert transcript.failure is None, transcript.failure
    return transcript


def done(report: ChangeReport) -> set[tuple[str, str]]:
    """What was done to the resources that hosting is made of."""
    return {
        (each.action, KINDS[each.resource_type])
        for each in report.operations
        if each.resource_type in KINDS and each.action != "same"
    }


def in_short(report: ChangeReport, *, is_planned: bool = False) -> set[tuple[str, ...]]:
    operations = report.planned if is_planned else report.operations
    return {(each.action, each.name, *each.properties) for each in operations}


def test_the_dev_stack_deploys_again_changes_and_leaves_nothing() -> None:
    transcript = succeeded(
        changed("dev", "", "genai:endpoint.instanceType=ml.c5.large", "invoker.memoryMib=1024")
    )

    same, instance, memory = transcript.changes
    assert {each.action for each in same.operations} == {"same"}
    assert len(same.operations) == len(transcript.resources)
    assert done(instance) == {("replace", "configuration"), ("update", "endpoint")}
    assert done(memory) == {("update", "function")}
    for report in transcript.changes:
        assert in_short(report, is_planned=True) == in_short(report)
        assert report.load.failures == {}
        assert report.load.sent >= 6
    told = [step.summary for step in transcript.steps if step.name == "change"]
    assert re.fullmatch(
        # the endpoint, and the dashboard, which tells the price of an hour
        r"genai:endpoint.instanceType=ml.c5.large: 2 updated, 1 replaced, \d+ unchanged; "
        r"requests sent during the update: \d+, failures: 0; then \d+ characters in \d+ ms",
        told[1],
    )
    assert {each.action for each in transcript.destroyed} == {"delete"}
    assert transcript.steps[-1].summary.endswith("; nothing else is left in the account")


def test_the_prod_stack_moves_to_another_model_under_load_and_keeps_its_bucket() -> None:
    transcript = succeeded(
        changed("prod", "model.source=s3://another-bucket/qwen3-8b/; invoker.memoryMib=2048")
    )

    (report,) = transcript.changes
    assert done(report) == {
        ("replace", "model"),
        ("replace", "configuration"),
        ("update", "endpoint"),
        ("update", "function"),
    }
    assert report.load.failures == {}
    (kept,) = [each for each in transcript.destroyed if each.action == "keep"]
    assert (kept.resource_type, kept.note) == ("aws:s3/bucket:Bucket", "protected")


def test_another_mode_replaces_the_endpoint_and_the_gap_is_told() -> None:
    transcript = succeeded(changed("dev", "endpoint.mode=async"))

    (report,) = transcript.changes
    assert {("replace", "configuration"), ("replace", "endpoint")} < done(report)
    assert report.load.failed > 0
    assert any("genai-dev" in error for error in report.load.failures)


def test_a_disabled_endpoint_is_deleted_and_refuses_in_the_functions_words() -> None:
    transcript = succeeded(changed("dev", "endpoint.enabled=false", "endpoint.enabled=true"))

    away, back = transcript.changes
    assert done(away) == {("delete", "configuration"), ("delete", "endpoint")}
    assert done(back) == {("create", "configuration"), ("create", "endpoint")}


def test_an_endpoint_with_components_goes_and_comes_as_a_whole() -> None:
    to_zero = "endpoint.mode=scale-to-zero; endpoint.instances.min=0; endpoint.rollout="
    transcript = succeeded(
        changed("prod", to_zero, "image.env.SM_VLLM_MAX_MODEL_LEN='8192'", "endpoint.enabled=false")
    )

    there, changed_model, gone = transcript.changes
    assert {("replace", "endpoint"), ("create", "controlled"), ("replace", "target")} < done(there)
    assert done(changed_model) == {("replace", "model"), ("update", "controlled")}
    assert {("delete", "endpoint"), ("delete", "controlled"), ("delete", "target")} < done(gone)


def test_a_change_that_fails_names_the_resource_and_the_old_model_answers_on(
    tmp_path: Path,
) -> None:
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(PROJECT_DIR / name, tmp_path)
    for model in ("storyteller", "broken"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            PROJECT_DIR / "models" / "storyteller", tmp_path / "models" / model, ignore=ignored
        )
    (tmp_path / "models/broken/code/inference.py").write_text("raise RuntimeError('no weights')\n")

    transcript = changed("dev", "model.source=./models/broken", project=tmp_path)

    failure = transcript.failure
    assert failure is not None
    assert failure.step == "change"
    assert failure.cause.startswith(
        "sagemaker Endpoint genai-endpoint: the update was rolled back, and genai-configuration-"
    )
    assert "no weights" in failure.cause
    (report,) = transcript.changes
    assert ("update", "genai-endpoint", "endpointConfigName") in in_short(report, is_planned=True)
    assert report.load.sent >= 6
    assert report.load.failures == {}
