"""One asynchronous endpoint's line: its requests go to the model as it has room, and wait while it has none."""

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from rehearsal.account.sagemaker.async_backlog import Backlog, Job
from rehearsal.account.sagemaker.async_work import AsyncWork, JobFailedError
from rehearsal.account.sagemaker.fleet import Fleet, Variant
from rehearsal.account.sagemaker.runtime_metrics import VariantMetrics
from rehearsal.account.wire_errors import AwsError

Serving = Callable[[str], AbstractContextManager[Fleet]]
"""Gives what answers for an endpoint at the time."""
_DEFAULT_CONCURRENCY = 4  # SageMaker finds a number of its own
_MOST_AT_ONCE = 16  # threads here, however many instances there are
_LOOK_AGAIN_SECONDS = 0.05  # whether there are instances, or a request has grown too old


class AsyncLine:
    """Sends what waits for one endpoint to it, in order."""

    def __init__(self, endpoint: str, region: str, serving: Serving, backlog: Backlog) -> None:
        self.backlog = backlog
        self._endpoint = endpoint
        self._region = region
        self._serving = serving
        self._lock = threading.Lock()
        self._is_moving = False
        self._is_stopped = False

    def add(self, job: Job) -> None:
        """Queue one request."""
        with self._lock:
            self.backlog.add(job)
            if not self._is_moving:
                self._is_moving = True
                threading.Thread(
                    target=self._move, name=f"async-{self._endpoint}", daemon=True
                ).start()

    def stop(self) -> None:
        """Forget what still waits."""
        self._is_stopped = True
        self.backlog.clear()

    def _move(self) -> None:
        """Send on what waits until nothing does."""
        while self._is_still_moving():
            try:
                has_sent = self._send_next()
            except AwsError:  # without the endpoint there is nobody left to tell
                self.backlog.clear()
                continue
            if not has_sent:
                self.backlog.wait_for_change(_LOOK_AGAIN_SECONDS)

    def _is_still_moving(self) -> bool:
        with self._lock:
            self._is_moving = self.backlog.is_waiting and not self._is_stopped
            return self._is_moving

    def _send_next(self) -> bool:
        with contextlib.ExitStack() as held:
            fleet = held.enter_context(self._serving(self._endpoint))
            variant = fleet.choose()
            assert variant is not None  # noqa: S101 - none is asked for by name
            metrics = VariantMetrics(self._region, self._endpoint, variant.name)
            self._drop_expired(fleet, variant, metrics)
            if variant.host is None:
                return False
            job = self.backlog.begin(variant.name, _room(fleet, variant))
            if job is None:
                return False
            work = AsyncWork(job, variant.host, _output(fleet), metrics)
            # The fleet is held for this request until it is settled.
            held_for_work = held.pop_all()
            threading.Thread(
                target=self._do, args=[work, held_for_work], name="async-work", daemon=True
            ).start()
            return True

    def _do(self, work: AsyncWork, held: contextlib.ExitStack) -> None:
        waited_seconds = self.backlog.waited_seconds(work.job)
        work.metrics.tell("TimeInBacklog", waited_seconds * 1000, "Milliseconds")
        with held:
            try:
                work.do()
            finally:
                self.backlog.end(work.metrics.variant)
                total_seconds = self.backlog.waited_seconds(work.job)
                work.metrics.tell("TotalProcessingTime", total_seconds * 1000, "Milliseconds")

    def _drop_expired(self, fleet: Fleet, variant: Variant, metrics: VariantMetrics) -> None:
        for job in self.backlog.take_expired():
            metrics.tell("ExpiredRequests", 1)
            # Without an instance there is no role either that could write of it.
            if variant.host is not None:
                reason = f"The request has waited longer than its {job.life_seconds} seconds."
                AsyncWork(job, variant.host, _output(fleet), metrics).fail(JobFailedError(reason))


def _room(fleet: Fleet, variant: Variant) -> int:
    limits = fleet.configuration["AsyncInferenceConfig"].get("ClientConfig", {})
    for_each = limits.get("MaxConcurrentInvocationsPerInstance", _DEFAULT_CONCURRENCY)
    return min(for_each * variant.instances, _MOST_AT_ONCE)


def _output(fleet: Fleet) -> dict[str, Any]:
    return fleet.configuration["AsyncInferenceConfig"]["OutputConfig"]
