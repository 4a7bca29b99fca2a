"""What the deployment must tell the function."""

import importlib
import sys

import pytest

from handlers.contracts import CONTRACTS
from handlers.environment import REQUIRED, ConfigurationError, read_environment
from handlers.modes import ASYNC, REALTIME, SCALE_TO_ZERO, SERVERLESS, Mode

COMPLETE = {
    "GENAI_ENDPOINT_NAME": "genai-dev",
    "GENAI_BUCKET_NAME": "records",
    "GENAI_CONTRACT": "openai-chat",
    "GENAI_MODEL_URI": "s3://records/model.tar.gz",
}


def test_the_environment_is_read() -> None:
    environment = read_environment({**COMPLETE, "PATH": "/usr/bin"})

    assert environment.endpoint_name == "genai-dev"
    assert environment.bucket_name == "records"
    assert environment.contract is CONTRACTS["openai-chat"]
    assert environment.model_uri == "s3://records/model.tar.gz"
    assert environment.mode is REALTIME
    assert environment.inference_component_name is None


@pytest.mark.parametrize(
    "uri", ["hf:Qwen/Qwen3-0.6B@main", "arn:aws:sagemaker:us-east-1:123456789012:model-package/p/1"]
)
def test_a_model_may_come_from_anywhere(uri: str) -> None:
    assert read_environment({**COMPLETE, "GENAI_MODEL_URI": uri}).model_uri == uri


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        ("", REALTIME),
        ("realtime", REALTIME),
        ("serverless", SERVERLESS),
        ("async", ASYNC),
        ("scale-to-zero", SCALE_TO_ZERO),
    ],
)
def test_the_mode_is_read_and_realtime_without_one(value: str, mode: Mode) -> None:
    assert read_environment({**COMPLETE, "GENAI_MODE": value}).mode is mode


def test_an_unknown_mode_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_environment({**COMPLETE, "GENAI_MODE": "batch"})

    assert str(caught.value) == (
        "GENAI_MODE must be one of realtime, serverless, async, scale-to-zero, got 'batch'."
    )


@pytest.mark.parametrize(("value", "name"), [("c-1", "c-1"), ("", None)])
def test_the_inference_component_is_read_and_empty_is_none(value: str, name: str | None) -> None:
    environment = read_environment({**COMPLETE, "GENAI_INFERENCE_COMPONENT_NAME": value})

    assert environment.inference_component_name == name


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_environment({"GENAI_BUCKET_NAME": "", "GENAI_CONTRACT": "pipelines"})

    assert "missing: GENAI_ENDPOINT_NAME, GENAI_BUCKET_NAME, GENAI_MODEL_URI." in str(caught.value)


def test_an_unknown_contract_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_environment({**COMPLETE, "GENAI_CONTRACT": "raw"})

    assert str(caught.value) == (
        "GENAI_CONTRACT must be one of pipelines, openai-chat, tgi, lmi, tei, got 'raw'."
    )


def test_the_function_fails_at_its_start_and_not_with_every_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in REQUIRED:
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "handlers.invoke_model", raising=False)

    with pytest.raises(ConfigurationError, match=", ".join(REQUIRED)):
        importlib.import_module("handlers.invoke_model")
