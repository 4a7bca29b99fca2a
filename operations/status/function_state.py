"""What Lambda says of a stack's function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from operations.deployment import Deployment


@dataclass(frozen=True)
class FunctionState:
    """The function, and how much of it may run at once."""

    name: str
    state: str
    state_reason: str | None
    last_update: str
    """`Successful`, `InProgress` or `Failed`."""
    last_update_reason: str | None
    last_changed: str
    reserved_concurrency: int | None
    """None: it shares the account's."""
    provisioned_concurrency: int | None
    reads_its_queue: str | None
    """State of its queue's mapping, such as `Enabled`; None if it has no queue."""


def look_at_function(deployment: Deployment, configuration: Mapping[str, Any]) -> FunctionState:
    """Return the function's state.

    Args:
        deployment: the stack.
        configuration: what GetFunctionConfiguration answers.
    """
    functions, name = deployment.client("lambda"), deployment.function_name
    reserved = functions.get_function_concurrency(FunctionName=name)
    pages = functions.get_paginator("list_event_source_mappings").paginate(
        FunctionName=deployment.function
    )
    mappings = [each for page in pages for each in page["EventSourceMappings"]]
    return FunctionState(
        name=name,
        state=configuration.get("State", "Active"),
        state_reason=configuration.get("StateReason"),
        last_update=configuration.get("LastUpdateStatus", "Successful"),
        last_update_reason=configuration.get("LastUpdateStatusReason"),
        last_changed=configuration["LastModified"],
        reserved_concurrency=reserved.get("ReservedConcurrentExecutions"),
        provisioned_concurrency=_provisioned(functions, name),
        reads_its_queue=mappings[0]["State"] if mappings else None,
    )


def _provisioned(functions: Any, name: str) -> int | None:
    pages = functions.get_paginator("list_provisioned_concurrency_configs").paginate(
        FunctionName=name
    )
    kept = [each for page in pages for each in page["ProvisionedConcurrencyConfigs"]]
    return (
        sum(each.get("AvailableProvisionedConcurrentExecutions", 0) for each in kept)
        if kept
        else None
    )
