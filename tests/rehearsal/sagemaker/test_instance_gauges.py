"""What instances tell of themselves while they run."""

import os
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.account.sagemaker.instance_gauges import InstanceGauges, cpu_seconds


def gauges(*, pid: int | None, instances: int = 1, is_serverless: bool = False) -> InstanceGauges:
    host = None if pid is None else SimpleNamespace(container=SimpleNamespace(pid=pid))
    variant = SimpleNamespace(name="v", host=host, instances=instances)
    fleet = SimpleNamespace(is_serverless=is_serverless, variants=(variant,))
    state: Any = SimpleNamespace(
        lock=threading.Lock(), fleets={"e": fleet}, site=SimpleNamespace(region="us-east-1")
    )
    return InstanceGauges(state)


@pytest.mark.fact("§10 CPUUtilization carries EndpointName and VariantName, 0 to 100 for each core")
def test_each_instance_tells_of_its_cpu_with_the_variants_dimensions() -> None:
    told = list(gauges(pid=os.getpid(), instances=3).observations())

    assert [(each.namespace, each.name, each.unit) for each in told] == [
        ("/aws/sagemaker/Endpoints", "CPUUtilization", "Percent")
    ] * 3
    assert told[0].dimensions == {"EndpointName": "e", "VariantName": "v"}


def test_a_busy_container_is_seen() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        source = gauges(pid=busy.pid)
        (first,) = source.observations()
        began = cpu_seconds(busy.pid) or 0
        while (cpu_seconds(busy.pid) or 0) < began + 0.1:
            pass
        (second,) = source.observations()
        busy.kill()

    assert first.value == 0  # of what was before nothing is known
    assert 0 < second.value < 200


@pytest.mark.parametrize("pid", [None, 0])
def test_where_no_instance_runs_nothing_is_told(pid: int | None) -> None:
    assert list(gauges(pid=pid).observations()) == []


def test_a_serverless_endpoint_has_no_instance_to_tell_of() -> None:
    assert list(gauges(pid=os.getpid(), is_serverless=True).observations()) == []
