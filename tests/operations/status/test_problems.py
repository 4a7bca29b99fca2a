"""What counts as wrong with a stack."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from operations.status.alarm_states import AlarmState
from operations.status.endpoint_state import ComponentState, EndpointState, VariantState
from operations.status.function_state import FunctionState
from operations.status.queue_states import QueueState
from operations.status.stack_status import StackStatus

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ENDPOINT = EndpointState(
    name="genai-dev",
    status="InService",
    mode="realtime",
    configuration="c-1",
    created=NOW,
    last_changed=NOW,
    failure_reason=None,
    variants=[VariantState("AllTraffic", "ml.m5.large", 1, 1, 1.0)],
)
FUNCTION = FunctionState("f", "Active", None, "Successful", None, "2026", None, None, None)
FINE = StackStatus("dev", "us-east-1", NOW, ENDPOINT, FUNCTION)
COMPONENT = ComponentState("genai-dev-component", "InService", 0, 0, None)


def told(status: StackStatus) -> list[str]:
    return [problem.what for problem in status.problems]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"endpoint": replace(ENDPOINT, status="Updating")},
        {"endpoint": replace(ENDPOINT, mode="scale-to-zero", component=COMPONENT)},
        {"function": replace(FUNCTION, state="Inactive")},
        {"function": replace(FUNCTION, last_update="InProgress")},
        {"alarms": [AlarmState("low", "ALARM", "", is_for_scaling=True)]},
        {"alarms": [AlarmState("errors", "INSUFFICIENT_DATA", "", is_for_scaling=False)]},
        {"queues": [QueueState("inputs", 10, 2), QueueState("dead letters", 0, 0)]},
    ],
)
def test_what_is_under_way_or_works_as_meant_is_not_wrong(changes: dict[str, Any]) -> None:
    assert told(replace(FINE, **changes)) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"endpoint": None}, "there is no endpoint: callers are told endpoint_missing"),
        ({"endpoint": replace(ENDPOINT, status="OutOfService")}, "the endpoint is OutOfService"),
        (
            {"endpoint": replace(ENDPOINT, status="Failed", failure_reason="no luck")},
            "the endpoint is Failed: no luck",
        ),
        (
            {
                "endpoint": replace(
                    ENDPOINT,
                    component=replace(
                        COMPONENT, status="Failed", failure_reason="it cannot be placed"
                    ),
                )
            },
            "the inference component is Failed: it cannot be placed",
        ),
        (
            {"function": replace(FUNCTION, state="Failed", state_reason="no role")},
            "the function is Failed: no role",
        ),
        (
            {"function": replace(FUNCTION, last_update="Failed", last_update_reason="no key")},
            "the function's last update failed: no key",
        ),
        (
            {"alarms": [AlarmState("errors", "ALARM", "5 > 1", is_for_scaling=False)]},
            "the alarm errors went off: 5 > 1",
        ),
        ({"queues": [QueueState("dead letters", 2, 1)]}, "3 in the queue of dead letters"),
        ({"queues": [QueueState("failed events", 1, 0)]}, "1 in the queue of failed events"),
        ({"unseen": {"alarms": "denied"}}, "the alarms could not be seen: denied"),
    ],
)
def test_what_stays_wrong_by_itself_is_told(changes: dict[str, Any], what: str) -> None:
    assert told(replace(FINE, **changes)) == [what]


def test_an_endpoint_that_was_not_seen_is_not_said_to_be_missing() -> None:
    status = replace(FINE, endpoint=None, unseen={"endpoint": "denied"})

    assert told(status) == ["the endpoint could not be seen: denied"]


def test_a_failure_reason_is_explained() -> None:
    reason = "The primary container for production variant AllTraffic did not pass the ping health check."
    failed = replace(ENDPOINT, status="Failed", failure_reason=reason)

    assert "startupTimeoutSeconds" in replace(FINE, endpoint=failed).problems[0].fix


def test_json_has_the_verdict_first() -> None:
    told = json.loads(json.dumps(FINE.as_data(), default=str))

    assert list(told)[:3] == ["healthy", "problems", "stack"]
    assert told["healthy"] is True
    assert told["endpoint"]["variants"][0]["instance_type"] == "ml.m5.large"
