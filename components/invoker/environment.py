"""What the function is told: the variables that `handlers/environment.py` reads.

Only what is given is set; without a variable the handler takes the same default as these arguments name.
"""

import json
from collections.abc import Mapping

import pulumi

from components.invoker.args import InvokerFunctionArgs
from components.invoker.feature_args import DEFAULT_MAX_RECEIVES, DEFAULT_WORKERS
from components.modes import REALTIME

MAX_ENVIRONMENT_BYTES = 4096  # AWS Lambda quota, of all variables together

Variables = dict[str, pulumi.Input[str]]


def variables(args: InvokerFunctionArgs) -> Variables:
    """Return the function's environment."""
    named: Variables = {
        "GENAI_ENDPOINT_NAME": args["endpoint_name"],
        "GENAI_BUCKET_NAME": args["bucket_name"],
        "GENAI_CONTRACT": args["contract"],
        "GENAI_MODEL_URI": args["model_uri"],
    }
    component_name = args.get("inference_component_name")
    if component_name is not None:
        named["GENAI_INFERENCE_COMPONENT_NAME"] = component_name
    mode = args.get("mode", REALTIME)
    if mode != REALTIME:
        named["GENAI_MODE"] = mode
    return {**named, **_texts(_about_requests(args)), **_texts(_about_later(args))}


def may_run_again(args: InvokerFunctionArgs) -> bool:
    """Whether Lambda itself repeats a run, with the request id of the first."""
    return (args.get("asynchronous") or {}).get("retries", 0) > 0


def too_long(values: Mapping[str, pulumi.Input[str]]) -> str | None:
    """Say that Lambda would refuse the environment for its size, and which variables make it so large."""
    bytes_of = {
        name: len(name.encode()) + len(value.encode())
        for name, value in values.items()
        if isinstance(value, str)
    }
    total = sum(bytes_of.values())
    if total <= MAX_ENVIRONMENT_BYTES:
        return None
    longest = sorted(bytes_of, key=lambda name: bytes_of[name], reverse=True)[:3]
    shown = ", ".join(f"{name} {bytes_of[name]}" for name in longest)
    return (
        f"the function's environment has {total} bytes and Lambda takes {MAX_ENVIRONMENT_BYTES}; the longest are"
        f" {shown}"
    )


def _about_requests(args: InvokerFunctionArgs) -> Mapping[str, object]:
    template = args.get("template")
    return {
        "GENAI_TEMPLATE": None if template is None else dict(template),
        "GENAI_MAX_NEW_TOKENS": args.get("max_new_tokens"),
        "GENAI_ATTEMPTS": args.get("attempts"),
        "GENAI_REPEAT_AFTER_TIMEOUT": args.get("repeat_after_timeout"),
        "GENAI_RECORDS": args.get("records"),
        "GENAI_REDACT": [dict(rule) for rule in args.get("redaction", ())] or None,
        "GENAI_METRICS_NAMESPACE": args.get("metrics_namespace"),
    }


def _about_later(args: InvokerFunctionArgs) -> Mapping[str, object]:
    queued: Mapping[str, object] = {}
    inputs = args.get("inputs")
    if inputs is not None:
        queued = {
            "GENAI_INPUTS_QUEUED": True,
            "GENAI_MAX_RECEIVES": inputs.get("max_receives", DEFAULT_MAX_RECEIVES),
            "GENAI_BATCH_WORKERS": inputs.get("workers", DEFAULT_WORKERS),
        }
    return {
        "GENAI_WAKING": args.get("waking"),
        "GENAI_CLIENT_TOKENS": None if args.get("client_tokens", True) else "false",
        "GENAI_CLAIM_EVERY_REQUEST": may_run_again(args),
        **queued,
    }


def _texts(values: Mapping[str, object]) -> Variables:
    return {
        name: _text(value)
        for name, value in values.items()
        if value is not None and value is not False
    }


def _text(value: object) -> str:
    if value is True:
        return "true"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)
