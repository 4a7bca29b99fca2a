"""What the deployment must tell the function."""

import importlib
import sys

import pytest

from handlers.contracts import CONTRACTS
from handlers.environment import REQUIRED, ConfigurationError, read_environment

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
