"""What instances tell CloudWatch of themselves: how busy their CPUs are, each once a minute.

Measured: the CPU time of the container's own process here, in percent of one core, as AWS counts it (0 to 100 for each
core). Not played: memory, disk and GPUs, of which a process on this machine tells nothing about the instance; and instances
of inference components. Names and dimensions:
https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html (read 2026-08).
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from rehearsal.account.cloudwatch.metrics import Observation
from rehearsal.account.sagemaker.state import State

NAMESPACE = "/aws/sagemaker/Endpoints"
_PROC = Path("/proc")
# Of /proc/<pid>/stat behind the command's closing bracket, which are fields 14 and 15 of proc(5).
_USER_TIME, _SYSTEM_TIME = 11, 12


class InstanceGauges:
    """The gauges of one Region's instances."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._seen: dict[int, tuple[float, float]] = {}  # by process: CPU seconds, and when

    def observations(self) -> Iterator[Observation]:
        """Yield what is so now; one container stands for all instances of a variant."""
        with self._state.lock:
            fleets = list(self._state.fleets.items())
        seen = dict[int, tuple[float, float]]()
        for endpoint, fleet in fleets:
            if fleet.is_serverless:
                continue
            for variant in fleet.variants:
                if variant.host is None:
                    continue
                pid = variant.host.container.pid
                if (used := cpu_seconds(pid)) is None:
                    continue
                seen[pid] = (used, time.monotonic())
                percent = _percent(self._seen.get(pid), seen[pid])
                dimensions = {"EndpointName": endpoint, "VariantName": variant.name}
                for _ in range(variant.instances):
                    yield Observation(
                        self._state.site.region,
                        NAMESPACE,
                        "CPUUtilization",
                        dimensions,
                        percent,
                        "Percent",
                    )
        self._seen = seen


def cpu_seconds(pid: int) -> float | None:
    """How long a process has had a CPU so far; None if it has ended, or this system has no /proc."""
    try:
        told = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = told.rpartition(")")[2].split()
    return (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")


def _percent(before: tuple[float, float] | None, now: tuple[float, float]) -> float:
    if before is None or now[1] <= before[1]:
        return 0.0
    return 100 * max(0.0, now[0] - before[0]) / (now[1] - before[1])
