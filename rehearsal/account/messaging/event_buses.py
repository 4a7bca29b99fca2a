"""What the rules of EventBridge deliver: to functions and queues that let them.

moto keeps buses, rules and targets, and matches and delivers less than EventBridge does; schedules do not
run. Facts: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html, read in November 2026.
"""

import contextlib
import copy
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule
from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import sqs_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.functions.event_patterns import matches
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.resource_policies import lets_service

_SERVICE = "events.amazonaws.com"
_ACTIONS = {"sqs": "sqs:SendMessage", "lambda": "lambda:InvokeFunction"}
_PLACE = re.compile(r"<(?P<name>[\w.-]+)>")
AcceptEvent = Callable[[str, Any], None]
"""`(function's ARN, event)`: takes an asynchronous invocation."""

_send_to_targets = Rule.send_to_targets


def deliver_from_buses(accept_event: AcceptEvent) -> None:
    """Replace moto's own matching and deliveries, for the whole process."""

    def send_to_targets(
        self: Rule, original_event: dict[str, Any], *rest: Any, **more: Any
    ) -> None:
        pattern = self.event_pattern.get_pattern()
        event = {**original_event, "time": _as_text(original_event.get("time"))}
        # A rule without a pattern goes by a schedule.
        if self.state != "ENABLED" or not pattern or not matches(pattern, event):
            return
        for target in self.targets:
            service = target["Arn"].split(":")[2]
            if service in _ACTIONS:
                _deliver(self, target, event, accept_event)
            else:
                alone = copy.copy(self)
                alone.targets = [target]
                _send_to_targets(alone, original_event, *rest, **more)  # pyright: ignore[reportArgumentType] - a typed dictionary of moto's

    Rule.send_to_targets = send_to_targets  # pyright: ignore[reportAttributeAccessIssue] - as above


def _deliver(
    rule: Rule, target: dict[str, Any], event: dict[str, Any], accept_event: AcceptEvent
) -> None:
    arn = target["Arn"]
    _, _, service, region, _, name = arn.split(":", 5)
    context = {
        "aws:SourceArn": rule.arn,
        "aws:SourceAccount": ACCOUNT_ID,
        "aws:SecureTransport": "true",
    }
    if not lets_service(_SERVICE, Call(_ACTIONS[service], arn, context)):
        return  # EventBridge retries, then drops what a target does not take
    content = _content(target, event)
    if service == "lambda":
        accept_event(arn, content)
    else:
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        body = content if isinstance(content, str) else json.dumps(content)
        with contextlib.suppress(QueueDoesNotExist):
            sqs_backends[ACCOUNT_ID][region].send_message(name, body, group_id=group)


def _content(target: dict[str, Any], event: dict[str, Any]) -> Any:
    """Return what a target is told: the event, a part of it, or something made from it."""
    if "Input" in target:
        return json.loads(target["Input"])
    if path := target.get("InputPath"):
        return _part(event, path)
    if transformer := target.get("InputTransformer"):
        values = {
            name: _part(event, path) for name, path in transformer.get("InputPathsMap", {}).items()
        }
        return json.loads(_filled(transformer["InputTemplate"], values))
    return event


def _part(event: dict[str, Any], path: str) -> Any:
    """Return what a path such as `$.detail.object.key` leads to."""
    part: Any = event
    for name in filter(None, path.removeprefix("$").split(".")):
        part = part.get(name) if isinstance(part, dict) else None
    return part


def _filled(template: str, values: dict[str, Any]) -> str:
    """Put values in the places of their names: as JSON, and as they are within a text."""

    def value_of(place: re.Match[str]) -> str:
        value = values.get(place["name"])
        is_in_text = template[: place.start()].count('"') % 2 == 1
        as_json = json.dumps(value)
        if not is_in_text:
            return as_json
        return as_json[1:-1] if isinstance(value, str) else json.dumps(as_json)[1:-1]

    return _PLACE.sub(value_of, template)


def _as_text(time: Any) -> Any:
    if not isinstance(time, int | float):
        return time
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}"
