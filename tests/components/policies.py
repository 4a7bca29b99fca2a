"""Looking at the policies and tags of a recorded program."""

import functools
import inspect
import json
from typing import Any

from rehearsal.program import ProgramRun
from tests.harness import inputs_of


@functools.cache
def accepts_tags(resource_type: str) -> bool:
    """Whether the provider's resource has tags of its own."""
    _, module, kind = resource_type.split(":")
    package = {"lambda": "lambda_"}.get(module.partition("/")[0], module.partition("/")[0])
    resource = getattr(__import__(f"pulumi_aws.{package}", fromlist=[kind]), kind)
    return "tags" in inspect.signature(resource._internal_init).parameters


def allow_statements(run: ProgramRun) -> list[dict[str, Any]]:
    """Every statement that allows something, of policies and trust alike."""
    documents = [
        json.loads(inputs_of(r)[key])
        for r in run.registrations
        for key in ("policy", "assumeRolePolicy")
        if r.custom and key in inputs_of(r)
    ]
    return [s for d in documents for s in d["Statement"] if s["Effect"] == "Allow"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
