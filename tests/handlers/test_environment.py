"""What the deployment must tell the function."""

import importlib
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.contracts import CONTRACT_NAMES
from handlers.endpoint.modes import ASYNC, REALTIME, SCALE_TO_ZERO, SERVERLESS, Mode
from handlers.environment import REQUIRED, ConfigurationError, Environment, read_environment

COMPLETE = {
    "GENAI_ENDPOINT_NAME": "genai-dev",
    "GENAI_BUCKET_NAME": "records",
    "GENAI_CONTRACT": "openai-chat",
    "GENAI_MODEL_URI": "s3://records/model.tar.gz",
}
REMEDY = " InvokerFunction sets the environment; to run the handler by hand, export it first."


def refused(**variables: str) -> str:
    """Why a complete environment with these changes is refused, without what to do about it."""
    with pytest.raises(ConfigurationError) as caught:
        read_environment({**COMPLETE, **variables})
    message = str(caught.value)
    assert message.endswith(REMEDY)
    return message.removesuffix(REMEDY)


def test_the_least_environment_is_read_with_every_default() -> None:
    assert read_environment({**COMPLETE, "PATH": "/usr/bin"}) == Environment(
        endpoint_name="genai-dev",
        bucket_name="records",
        contract="openai-chat",
        model_uri="s3://records/model.tar.gz",
        mode=REALTIME,
        inference_component_name=None,
        template=None,
        max_new_tokens=4096,
        attempts=3,
        repeats_after_timeout=False,
        records="full",
        redaction=(),
        metrics_namespace=None,
        waking="reply",
        has_queue=False,
        max_receives=10,
        batch_workers=8,
        client_tokens=True,
        claims_every_request=False,
    )


def test_every_variable_is_read() -> None:
    rule = {"pattern": r"\d+", "replacement": "#"}

    environment = read_environment(
        {
            **COMPLETE,
            "GENAI_CONTRACT": "template",
            "GENAI_MODE": "scale-to-zero",
            "GENAI_INFERENCE_COMPONENT_NAME": "c-1",
            "GENAI_TEMPLATE": '{"text": "choices[0].text"}',
            "GENAI_MAX_NEW_TOKENS": "1000000",
            "GENAI_ATTEMPTS": "10",
            "GENAI_REPEAT_AFTER_TIMEOUT": "true",
            "GENAI_RECORDS": "metadata",
            "GENAI_REDACT": json.dumps([rule]),
            "GENAI_METRICS_NAMESPACE": "genai",
            "GENAI_WAKING": "queue",
            "GENAI_INPUTS_QUEUED": "true",
            "GENAI_MAX_RECEIVES": "1000",
            "GENAI_BATCH_WORKERS": "64",
            "GENAI_CLIENT_TOKENS": "false",
            "GENAI_CLAIM_EVERY_REQUEST": "true",
        }
    )

    assert environment == Environment(
        endpoint_name="genai-dev",
        bucket_name="records",
        contract="template",
        model_uri="s3://records/model.tar.gz",
        mode=SCALE_TO_ZERO,
        inference_component_name="c-1",
        template={"text": "choices[0].text"},
        max_new_tokens=1_000_000,
        attempts=10,
        repeats_after_timeout=True,
        records="metadata",
        redaction=({"pattern": r"\d+", "replacement": "#"},),
        metrics_namespace="genai",
        waking="queue",
        has_queue=True,
        max_receives=1000,
        batch_workers=64,
        client_tokens=False,
        claims_every_request=True,
    )


@pytest.mark.parametrize(
    "uri", ["hf:Qwen/Qwen3-0.6B@main", "arn:aws:sagemaker:us-east-1:123456789012:model-package/p/1"]
)
def test_a_model_may_come_from_anywhere(uri: str) -> None:
    assert read_environment({**COMPLETE, "GENAI_MODEL_URI": uri}).model_uri == uri


@pytest.mark.parametrize("name", CONTRACT_NAMES)
def test_every_contract_can_be_configured(name: str) -> None:
    variables = {**COMPLETE, "GENAI_CONTRACT": name, "GENAI_TEMPLATE": "{}"}

    assert read_environment(variables).contract == name


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


@pytest.mark.parametrize(
    "name",
    [
        "GENAI_INFERENCE_COMPONENT_NAME",
        "GENAI_TEMPLATE",
        "GENAI_MAX_NEW_TOKENS",
        "GENAI_RECORDS",
        "GENAI_REDACT",
        "GENAI_METRICS_NAMESPACE",
        "GENAI_WAKING",
        "GENAI_INPUTS_QUEUED",
    ],
)
def test_an_empty_value_counts_as_missing(name: str) -> None:
    assert read_environment({**COMPLETE, name: ""}) == read_environment(COMPLETE)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "GENAI_CONTRACT",
            "chat",
            (
                "GENAI_CONTRACT must be one of openai-chat, tgi, lmi, pipelines, tei, input-text, raw,"
                " template, got 'chat'."
            ),
        ),
        (
            "GENAI_MODE",
            "batch",
            "GENAI_MODE must be one of realtime, serverless, async, scale-to-zero, got 'batch'.",
        ),
        (
            "GENAI_RECORDS",
            "none",
            "GENAI_RECORDS must be one of full, metadata, off, got 'none'.",
        ),
        ("GENAI_WAKING", "wait", "GENAI_WAKING must be one of reply, queue, got 'wait'."),
        (
            "GENAI_WAKING",
            "queue",
            "GENAI_WAKING is queue, which needs GENAI_INPUTS_QUEUED to be true.",
        ),
        (
            "GENAI_CONTRACT",
            "template",
            "GENAI_TEMPLATE is missing, and the contract is template.",
        ),
        *(
            (name, "yes", f"{name} must be one of true, false, got 'yes'.")
            for name in (
                "GENAI_REPEAT_AFTER_TIMEOUT",
                "GENAI_INPUTS_QUEUED",
                "GENAI_CLIENT_TOKENS",
                "GENAI_CLAIM_EVERY_REQUEST",
            )
        ),
        *(
            (name, value, f"{name} must be a whole number from 1 to {highest}, got {value!r}.")
            for name, highest in (
                ("GENAI_MAX_NEW_TOKENS", 1_000_000),
                ("GENAI_ATTEMPTS", 10),
                ("GENAI_MAX_RECEIVES", 1000),
                ("GENAI_BATCH_WORKERS", 64),
            )
            for value in ("0", "-1", "1.5", "x", "٣", str(highest + 1), "9" * 5000)
        ),
        *(("GENAI_TEMPLATE", value, "GENAI_TEMPLATE must be a JSON object.") for value in "x[1"),
        *(
            (
                "GENAI_REDACT",
                value,
                (
                    "GENAI_REDACT must be a JSON list of objects with the texts pattern, a regular"
                    " expression, and replacement."
                ),
            )
            for value in (
                "x",
                "{}",
                "[1]",
                '[{"pattern": "x"}]',
                '[{"pattern": "x", "replacement": 1}]',
                '[{"pattern": 1, "replacement": ""}]',
                '[{"pattern": "(", "replacement": ""}]',
                '[{"pattern": "x", "replacement": "", "flags": "i"}]',
            )
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(name: str, value: str, problem: str) -> None:
    assert refused(**{name: value}) == problem


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_environment(
            {
                "GENAI_BUCKET_NAME": "",
                "GENAI_CONTRACT": "tgi",
                "GENAI_MODE": "x",
                "GENAI_WAKING": "y",
            }
        )

    assert str(caught.value) == (
        "Environment variables missing: GENAI_ENDPOINT_NAME, GENAI_BUCKET_NAME, GENAI_MODEL_URI."
        " GENAI_MODE must be one of realtime, serverless, async, scale-to-zero, got 'x'."
        " GENAI_WAKING must be one of reply, queue, got 'y'." + REMEDY
    )


VARIABLES = [
    "GENAI_CONTRACT",
    "GENAI_MODE",
    "GENAI_TEMPLATE",
    "GENAI_MAX_NEW_TOKENS",
    "GENAI_RECORDS",
    "GENAI_REDACT",
    "GENAI_WAKING",
    "GENAI_INPUTS_QUEUED",
]
VALUES = (
    st.text()
    | st.sampled_from(["true", "off", "queue", "template", "async", "5"])
    | st.recursive(
        st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ).map(json.dumps)
)


@given(st.dictionaries(st.sampled_from(VARIABLES), VALUES))
def test_whatever_the_environment_holds_is_read_or_refused(variables: Any) -> None:
    try:
        environment = read_environment({**COMPLETE, **variables})
    except ConfigurationError as error:
        problem = str(error)
    else:
        problem = None
        assert environment.endpoint_name == "genai-dev"

    assert problem is None or problem.endswith(REMEDY)


@pytest.mark.row("init-fails")
def test_the_function_fails_at_its_start_and_not_with_every_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in REQUIRED:
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "handlers.invoke_model", raising=False)

    with pytest.raises(ConfigurationError, match=", ".join(REQUIRED)):
        importlib.import_module("handlers.invoke_model")
