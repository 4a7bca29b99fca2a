"""What there is in the account, billed or not: to prove that nothing is left after a stack is destroyed."""

import contextlib
from collections.abc import Generator
from typing import Any, NamedTuple

from rehearsal.account import ACCOUNT_ID
from rehearsal.local_account import LocalAccount

Inventory = dict[str, frozenset[str]]
"""Names or ids by what they are."""


class _Listing(NamedTuple):
    what: str
    service: str
    operation: str
    members: str
    name: str | None
    """None: the listing is of names alone."""
    arguments: dict[str, Any] = {}  # noqa: RUF012 - never changed


_LISTINGS = (
    _Listing("endpoint", "sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    _Listing(
        "inference component",
        "sagemaker",
        "list_inference_components",
        "InferenceComponents",
        "InferenceComponentName",
    ),
    _Listing(
        "endpoint configuration",
        "sagemaker",
        "list_endpoint_configs",
        "EndpointConfigs",
        "EndpointConfigName",
    ),
    _Listing("model", "sagemaker", "list_models", "Models", "ModelName"),
    _Listing("function", "lambda", "list_functions", "Functions", "FunctionName"),
    _Listing(
        "event source mapping",
        "lambda",
        "list_event_source_mappings",
        "EventSourceMappings",
        "UUID",
    ),
    _Listing("HTTP API", "apigatewayv2", "get_apis", "Items", "ApiId"),
    _Listing("queue", "sqs", "list_queues", "QueueUrls", None),
    _Listing("topic", "sns", "list_topics", "Topics", "TopicArn"),
    _Listing("bucket", "s3", "list_buckets", "Buckets", "Name"),
    _Listing("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    _Listing("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    _Listing(
        "composite alarm",
        "cloudwatch",
        "describe_alarms",
        "CompositeAlarms",
        "AlarmName",
        {"AlarmTypes": ["CompositeAlarm"]},
    ),
    _Listing("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    _Listing(
        "scalable target",
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        "ResourceId",
        {"ServiceNamespace": "sagemaker"},
    ),
    _Listing("VPC endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    _Listing(
        "budget", "budgets", "describe_budgets", "Budgets", "BudgetName", {"AccountId": ACCOUNT_ID}
    ),
    _Listing("role", "iam", "list_roles", "Roles", "RoleName"),
)


class Belongings:
    """Tells what a stack made from what was there before it, or was put there for it."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self._not_the_stacks = _take_inventory(account)

    @contextlib.contextmanager
    def not_counting(self) -> Generator[None]:
        """Let what comes in the `with` block count as not the stack's."""
        before = _take_inventory(self._account)
        yield
        after = _take_inventory(self._account)
        self._not_the_stacks = {
            what: names | (after[what] - before[what])
            for what, names in self._not_the_stacks.items()
        }

    def left(self, kept: set[str]) -> list[str]:
        """Say what the stack has made and is there still, but for what is kept by its name or id."""
        return [
            f"{what} {name}"
            for what, names in _take_inventory(self._account).items()
            for name in sorted(names - self._not_the_stacks[what] - kept)
        ]


def _take_inventory(account: LocalAccount) -> Inventory:
    return {listing.what: frozenset(_names(account, listing)) for listing in _LISTINGS}


def _names(account: LocalAccount, listing: _Listing) -> list[str]:
    client = account.client(listing.service)
    pages: Any = (
        client.get_paginator(listing.operation).paginate(**listing.arguments)
        if client.can_paginate(listing.operation)
        else [getattr(client, listing.operation)(**listing.arguments)]
    )
    found = [member for page in pages for member in page.get(listing.members) or ()]
    return [member if listing.name is None else member[listing.name] for member in found]
