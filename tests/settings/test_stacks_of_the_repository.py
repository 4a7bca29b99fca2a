"""The two stacks that come with the project can be used as they are."""

import json
import subprocess
import sys
from pathlib import Path

from settings import load_stack, stack_names

ROOT = Path(__file__).parents[2]


def test_dev_and_prod_come_with_the_project() -> None:
    assert stack_names(ROOT) == ["dev", "prod"]


def test_dev_is_the_storyteller_on_one_small_cpu_instance_that_is_easy_to_throw_away() -> None:
    dev = load_stack(ROOT, "dev")

    assert dev.model.folder(ROOT) == ROOT / "models/storyteller"
    assert dev.contract == "pipelines"
    assert dev.instance is not None
    assert dev.instance.accelerators is None
    assert dev.instance.memory_gib <= 8
    assert dev.endpoint.instances.initial == 1
    assert dev.container_environment["SAGEMAKER_PROGRAM"] == "inference.py"
    assert dev.bucket.force_destroy
    assert not dev.bucket.protect


def test_prod_is_a_language_model_on_gpus_with_a_protected_bucket() -> None:
    prod = load_stack(ROOT, "prod")
    assert prod.instance is not None
    gpus = prod.instance.accelerators

    assert not prod.model.is_local_folder
    assert prod.contract == "openai-chat"
    assert gpus is not None
    # Qwen3-8B: 8.2 billion parameters of 2 bytes, and a fifth more for requests in flight.
    assert gpus.memory_gib > 8.2e9 * 2 / 2**30 * 1.2
    assert prod.container_environment["SM_VLLM_TENSOR_PARALLEL_SIZE"] == str(gpus.count)
    assert prod.inference_ami_version is not None
    assert prod.bucket.protect
    assert not prod.bucket.force_destroy


def test_both_answer_files_and_callers_of_the_account() -> None:
    for name in ("dev", "prod"):
        invoker = load_stack(ROOT, name).invoker

        assert invoker.url == "iam"
        assert invoker.inputs.enabled
        assert invoker.versions.publish


def test_prod_keeps_no_addresses_and_bounds_what_runs_at_once() -> None:
    invoker = load_stack(ROOT, "prod").invoker
    from_files = invoker.inputs.max_concurrency * invoker.inputs.workers

    assert invoker.records.redact == ["email"]
    assert invoker.reserved_concurrency is not None
    assert from_files < invoker.reserved_concurrency


def test_prod_waits_longer_and_keeps_more_than_dev() -> None:
    dev, prod = load_stack(ROOT, "dev"), load_stack(ROOT, "prod")

    assert prod.endpoint.startup_timeout_seconds > dev.endpoint.startup_timeout_seconds
    assert prod.endpoint.download_timeout_seconds > dev.endpoint.download_timeout_seconds
    assert prod.bucket.record_days > dev.bucket.record_days
    assert prod.invoker.log_retention_days > dev.invoker.log_retention_days


def test_checking_a_stack_loads_neither_pulumi_nor_the_sdk_of_aws() -> None:
    program = (
        "import json, sys, pathlib, settings\n"
        f"settings.load_stack(pathlib.Path({str(ROOT)!r}), 'dev')\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )

    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout

    loaded = set(json.loads(output))
    assert "settings" in loaded
    assert loaded.isdisjoint({"pulumi", "pulumi_aws", "boto3", "botocore"})
