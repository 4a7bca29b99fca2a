"""The function's variables, as long as they will be; `components/invoker/environment.py` writes them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.alias_generators import to_snake

from settings import limits
from settings.container_variables import size_in_bytes
from settings.draft import Draft
from settings.redaction import check_redaction, redaction_rule
from settings.stack_settings import default_resource_name

TEMPLATE = "invoker.template"
REDACT = "invoker.records.redact"
# What the Lambda Web Adapter is told, names and values.
_ADAPTER_BYTES = 121
_TOLD_AS_SAID = {
    "GENAI_MAX_NEW_TOKENS": "invoker.maxNewTokens",
    "GENAI_ATTEMPTS": "invoker.retries.attempts",
    "GENAI_REPEAT_AFTER_TIMEOUT": "invoker.retries.afterTimeout",
    "GENAI_RECORDS": "invoker.records.keep",
    "GENAI_WAKING": "invoker.waking",
}
_TOLD_WITH_INPUTS = {
    "GENAI_INPUTS_QUEUED": "invoker.inputs.enabled",
    "GENAI_MAX_RECEIVES": "invoker.inputs.maxReceives",
    "GENAI_BATCH_WORKERS": "invoker.inputs.workers",
}


def bytes_of_variables(draft: Draft) -> Mapping[str, int]:
    """The size of each variable with its name, as far as the stack is right."""
    sizes = {name: size_in_bytes(name) + size_in_bytes(text) for name, text in _variables(draft)}
    return {
        **sizes,
        **({"AWS_LWA": _ADAPTER_BYTES} if draft.value("invoker.streaming", bool) else {}),
    }


def _variables(draft: Draft) -> Iterator[tuple[str, str]]:
    yield from _what_is_asked(draft)
    yield from _what_is_said(draft)
    template: Mapping[str, Any] = draft.group(TEMPLATE)
    if template:
        yield "GENAI_TEMPLATE", _compact({to_snake(name): said for name, said in template.items()})
    redactions = draft.value(REDACT, list)
    if redactions:
        yield "GENAI_REDACT", _compact([redaction_rule(check_redaction(one)) for one in redactions])


def _what_is_asked(draft: Draft) -> Iterator[tuple[str, str]]:
    endpoint_name = draft.endpoint_name or ""
    yield "GENAI_ENDPOINT_NAME", endpoint_name
    is_component = draft.mode == "scale-to-zero" and draft.value("endpoint.enabled", bool)
    yield "GENAI_INFERENCE_COMPONENT_NAME", f"{endpoint_name}-component" if is_component else ""
    yield "GENAI_CONTRACT", draft.contract or ""
    if draft.mode not in {None, "realtime"}:
        yield "GENAI_MODE", draft.mode or ""
    made = f"{default_resource_name(draft.project)}-bucket{'x' * limits.NAME_SUFFIX_LENGTH}"
    bucket_name = draft.value("bucket.existingName", str) or made
    yield "GENAI_BUCKET_NAME", bucket_name
    uploaded = f"s3://{bucket_name}/models/{'x' * 16}/model.tar.gz"
    yield "GENAI_MODEL_URI", uploaded if draft.source_kind == "folder" else draft.source or ""


def _what_is_said(draft: Draft) -> Iterator[tuple[str, str]]:
    told = dict(_TOLD_AS_SAID)
    if draft.value("invoker.inputs.enabled", bool):
        told |= _TOLD_WITH_INPUTS
    for name, dotted in told.items():
        said = draft.value(dotted, object)
        if said not in {None, False}:
            yield name, str(said)
    if draft.value("invoker.asynchronous.retries", int):
        yield "GENAI_CLAIM_EVERY_REQUEST", "true"
    if draft.value("invoker.metrics", bool):
        yield "GENAI_METRICS_NAMESPACE", draft.project


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
