"""What the function is told is what it reads."""

import dataclasses
from typing import Any

import pytest

from components import InvokerArgsError, InvokerFunction
from handlers.endpoint.modes import ASYNC, SCALE_TO_ZERO
from handlers.environment import Environment, read_environment
from tests.components.configurations import (
    INVOKER_CONFIGURATIONS,
    TEMPLATE,
    deploy_invoker,
    invoker_run_of,
    invoker_with,
)
from tests.harness import deploy, inputs_of

PLAIN = Environment(
    endpoint_name="genai-test",
    bucket_name="genai-bucket",
    contract="pipelines",
    model_uri="s3://models/storyteller/model.tar.gz",
)
TOLD: dict[str, dict[str, Any]] = {
    "template": {"contract": "template", "template": TEMPLATE},
    "async-mode": {"mode": ASYNC},
    "component": {"mode": SCALE_TO_ZERO, "inference_component_name": "genai-component"},
    "careful": {
        "max_new_tokens": 512,
        "attempts": 5,
        "repeats_after_timeout": True,
        "records": "metadata",
        "redaction": ({"pattern": "[0-9]{16}", "replacement": "[card]"},),
        "client_tokens": False,
        "metrics_namespace": "genai",
    },
    "inputs": {"has_queue": True},
    "keys": {"has_queue": True},
    "inputs-chosen": {
        "has_queue": True,
        "max_receives": 3,
        "batch_workers": 4,
        "waking": "queue",
    },
    "retried-events": {"claims_every_request": True},
    "everything": {
        "has_queue": True,
        "waking": "queue",
        "claims_every_request": True,
        "metrics_namespace": "genai",
    },
}


def variables_of(configuration: str) -> dict[str, str]:
    run = invoker_run_of(configuration)
    (function,) = [r for r in run.registrations if r.name == "f-function"]
    return inputs_of(function)["environment"]["variables"]


@pytest.mark.parametrize("configuration", INVOKER_CONFIGURATIONS)
def test_the_function_reads_what_the_arguments_say(configuration: str) -> None:
    told = read_environment(variables_of(configuration))

    assert told == dataclasses.replace(PLAIN, **TOLD.get(configuration, {}))


def test_every_setting_of_the_function_is_told_in_some_configuration() -> None:
    told = {name for configuration in TOLD for name in TOLD[configuration]}
    required = {"endpoint_name", "bucket_name", "model_uri"}

    assert told | required == {field.name for field in dataclasses.fields(Environment)}


def test_an_environment_that_lambda_would_refuse_is_refused_before_anything_is_made() -> None:
    rule = {"pattern": "x" * 1000, "replacement": "[x]"}
    args = invoker_with(redaction=[rule] * 4, metrics_namespace="genai")

    with pytest.raises(
        InvokerArgsError,
        match=r"f: the function's environment has 4313 bytes and Lambda takes 4096; the longest are"
        r" GENAI_REDACT 4153, GENAI_MODEL_URI 51, GENAI_ENDPOINT_NAME 29; shorten template or redaction",
    ):
        deploy(lambda: InvokerFunction("f", args))


def test_what_the_adapter_is_told_counts_as_well() -> None:
    rule = {"pattern": "x" * 3850, "replacement": "[x]"}
    fits = invoker_with(redaction=[rule], function_url=True)

    assert deploy_invoker(fits).registrations
    with pytest.raises(InvokerArgsError, match="bytes and Lambda takes 4096"):
        deploy_invoker({**fits, "streaming": True})
