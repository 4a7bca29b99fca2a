"""A whole look at a stack, and what is wrong with it."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from operations.deployment import Deployment
from operations.explanations import explain
from operations.failures import failure_of
from operations.instance_price import PriceOfHour, listed_price
from operations.stack_logs import inference_component_of
from operations.status.alarm_states import AlarmState, look_at_alarms
from operations.status.endpoint_state import EndpointState, look_at_endpoint
from operations.status.function_state import FunctionState, look_at_function
from operations.status.queue_states import QueueState, look_at_queues, queue_names_of
from operations.status.recent_failures import Failure, look_at_failures
from operations.status.spend import Spend, spend_today
from operations.status.traffic import Traffic, look_at_traffic

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Problem:
    """Something that is wrong."""

    what: str
    fix: str = ""


@dataclass(frozen=True)
class StackStatus:
    """How a stack is. A part that could not be seen is empty, and `unseen` says why."""

    stack: str
    region: str
    at: datetime
    endpoint: EndpointState | None
    function: FunctionState | None
    alarms: list[AlarmState] = field(default_factory=list[AlarmState])
    queues: list[QueueState] = field(default_factory=list[QueueState])
    traffic: Traffic | None = None
    failures: list[Failure] = field(default_factory=list[Failure])
    spend: Spend | None = None
    unseen: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def problems(self) -> list[Problem]:
        """What is wrong, worst first. One failed request is none; what stays wrong by itself is."""
        return list(_problems(self))

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON; times are ISO 8601 in UTC."""
        problems = [asdict(problem) for problem in self.problems]
        return {"healthy": not problems, "problems": problems, **asdict(self)}


def look_at_stack(deployment: Deployment, price: PriceOfHour = listed_price) -> StackStatus:
    """Return how a stack is; its parts are looked at side by side.

    Args:
        deployment: the stack.
        price: what an hour of an instance costs.

    Raises:
        ClientError: there is no such function.
        BotoCoreError: AWS cannot be reached, or there are no credentials.
    """
    configuration = deployment.client("lambda").get_function_configuration(
        FunctionName=deployment.function_name
    )
    component = inference_component_of(configuration)
    watched = [deployment.endpoint_name, deployment.function_name, *queue_names_of(deployment)]
    unseen: dict[str, str] = {}

    def seen(part: str, look: Callable[[], _Part], otherwise: _Part) -> _Part:
        try:
            return look()
        except (BotoCoreError, ClientError) as error:
            unseen[part] = str(failure_of(error))
            return otherwise

    with ThreadPoolExecutor() as pool:
        endpoint_look = pool.submit(
            seen, "endpoint", lambda: look_at_endpoint(deployment, component), None
        )
        function_look = pool.submit(
            seen, "function", lambda: look_at_function(deployment, configuration), None
        )
        alarms_look = pool.submit(
            seen,
            "alarms",
            lambda: look_at_alarms(deployment, [*watched, *([component] if component else [])]),
            list[AlarmState](),
        )
        queues_look = pool.submit(
            seen, "queues", lambda: look_at_queues(deployment), list[QueueState]()
        )
        failures_look = pool.submit(
            seen, "failures", lambda: look_at_failures(deployment), list[Failure]()
        )
        endpoint = endpoint_look.result()
        traffic = seen("traffic", lambda: look_at_traffic(deployment, endpoint), None)
    now = datetime.now(UTC)
    return StackStatus(
        stack=deployment.stack,
        region=deployment.region,
        at=now,
        endpoint=endpoint,
        function=function_look.result(),
        alarms=alarms_look.result(),
        queues=queues_look.result(),
        traffic=traffic,
        failures=failures_look.result(),
        spend=None
        if "endpoint" in unseen
        else spend_today(endpoint, deployment.region, price, now),
        unseen=unseen,
    )


def _problems(status: StackStatus) -> Iterator[Problem]:
    yield from _of_endpoint(status)
    if function := status.function:
        if function.state not in {"Active", "Inactive"}:
            yield _explained(f"the function is {function.state}: {function.state_reason}")
        if function.last_update == "Failed":
            yield _explained(f"the function's last update failed: {function.last_update_reason}")
    for alarm in status.alarms:
        if alarm.state == "ALARM" and not alarm.is_for_scaling:
            yield Problem(f"the alarm {alarm.name} went off: {alarm.reason}")
    for queue in status.queues:
        if queue.is_trouble:
            count = queue.waiting + queue.under_way
            yield Problem(
                f"{count} in the queue of {queue.purpose}",
                "read what failed, and send it again or delete it: nobody else takes it out",
            )
    for part, why in status.unseen.items():
        yield Problem(f"the {part} could not be seen: {why}")


def _of_endpoint(status: StackStatus) -> Iterator[Problem]:
    endpoint = status.endpoint
    if endpoint is None:
        if "endpoint" not in status.unseen:
            yield Problem(
                "there is no endpoint: callers are told endpoint_missing",
                "set genai:endpoint.enabled to true, or deploy the stack: pulumi up",
            )
        return
    if endpoint.failure_reason:
        yield _explained(f"the endpoint is {endpoint.status}: {endpoint.failure_reason}")
    elif endpoint.status != "InService" and not endpoint.is_under_way:
        yield Problem(f"the endpoint is {endpoint.status}")
    component = endpoint.component
    if component and component.failure_reason:
        yield _explained(
            f"the inference component is {component.status}: {component.failure_reason}"
        )


def _explained(what: str) -> Problem:
    known = explain(what)
    return Problem(what, known[0].fix if known else "")
