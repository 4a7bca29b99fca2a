"""Endpoints that change while they are asked, and what is heard of them meanwhile."""

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from tests.rehearsal.tenant import UNDER_WAY, Tenant, unique


def saying(text: str) -> dict[str, str]:
    """A model that answers with a text and its process id, and takes nothing to start."""
    code = (
        "import json, os\n"
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept):\n"
        f"    return json.dumps({{'text': {text!r}, 'pid': os.getpid()}})\n"
    )
    return {"code/inference.py": code}


def blue_green(kind: str = "ALL_AT_ONCE", wait: int = 60, **more: Any) -> dict[str, Any]:
    """A BlueGreenUpdatePolicy; `more` is its traffic routing."""
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def update(tenant: Tenant, endpoint: str, configuration: str, **more: Any) -> None:
    tenant.client("sagemaker").update_endpoint(
        EndpointName=endpoint, EndpointConfigName=configuration, **more
    )


def described(tenant: Tenant, endpoint: str) -> dict[str, Any]:
    return tenant.client("sagemaker").describe_endpoint(EndpointName=endpoint)


def is_settled(found: dict[str, Any]) -> bool:
    """Whether the endpoint that is described is neither coming up nor changing."""
    return found["EndpointStatus"] not in UNDER_WAY


def alarm(tenant: Tenant) -> str:
    """An alarm whose metric nobody publishes."""
    name = unique("alarm")
    tenant.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Tests",
        MetricName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=0.0,
        TreatMissingData="ignore",
    )
    return name


def set_off(tenant: Tenant, name: str) -> None:
    tenant.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="a test says so"
    )


class Heard:
    """What an endpoint answered to one who kept asking."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.failures: list[Exception] = []


@contextlib.contextmanager
def asked_all_along(tenant: Tenant, endpoint: str) -> Generator[Heard]:
    """Keep asking an endpoint, one request after the other, for the length of a block."""
    heard, is_over = Heard(), threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            try:
                heard.texts.append(tenant.ask(endpoint, {})["text"])
            except Exception as failure:  # noqa: BLE001 - whatever it is, no request may fail
                heard.failures.append(failure)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        yield heard
    finally:
        is_over.set()
        asking.join()


def sampled(
    tenant: Tenant, endpoint: str, until: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Descriptions of an endpoint, one after the other, up to the one that is waited for."""
    found = [described(tenant, endpoint)]
    deadline = time.monotonic() + 20
    while not until(found[-1]):
        assert time.monotonic() < deadline, found[-1]
        found.append(described(tenant, endpoint))
    return found
