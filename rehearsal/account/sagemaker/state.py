"""What one Region's SageMaker keeps, shared by the operations on each kind of resource."""

import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.partitions import partition_of
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.inference_component_host import ComponentHost
from rehearsal.account.sagemaker.model_host import FleetError, Site
from rehearsal.account.sagemaker.resources import Resources
from rehearsal.account.sagemaker.traffic import TrafficShift
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
Operations = dict[str, Callable[[Members], Members]]
"""By name: members of the request to members of the answer."""
_ERRANDS_AT_ONCE = 8
_BUSY = {"Creating", "Updating", "RollingBack"}


class State:
    """Resources by kind, and what runs for them."""

    packages: dict[str, Members]
    """Model packages by the end of their ARN: `NAME` or `GROUP/VERSION`."""

    package_groups: set[str]

    fleets: dict[str, Fleet]
    """What answers, by endpoint; during a deployment the old fleet."""

    shifts: dict[str, TrafficShift]
    """By endpoint, what splits its traffic between two fleets."""

    component_hosts: dict[str, ComponentHost]
    """What answers, by inference component."""

    errands: ThreadPoolExecutor
    """For what nobody waits: copies for a shadow variant, captured data."""

    def __init__(self, url: str, region: str) -> None:
        self.site = Site(url, region, threading.Event())
        self.lock = threading.RLock()
        self.arn_prefix = f"arn:{partition_of(region)}:sagemaker:{region}:{ACCOUNT_ID}"
        self.models = self._resources("Model", "model", "model")
        self.packages = {}
        self.package_groups = set()
        self.configurations = self._resources(
            "EndpointConfig", "endpoint configuration", "endpoint-config"
        )
        self.endpoints = self._resources("Endpoint", "endpoint", "endpoint")
        self.components = self._resources(
            "InferenceComponent", "inference component", "inference-component"
        )
        self.fleets = {}
        self.shifts = {}
        self.component_hosts = {}
        self.errands = ThreadPoolExecutor(_ERRANDS_AT_ONCE, "errand")
        self._starting: list[threading.Thread] = []

    @property
    def all_resources(self) -> tuple[Resources, ...]:
        """Every kind that carries tags."""
        return (self.models, self.configurations, self.endpoints, self.components)

    def start(self, name: str, work: Callable[[], None], fail: Callable[[str], None]) -> None:
        """Do `work` in a thread of its own; `fail` is told the reason if it does not succeed."""

        def run() -> None:
            try:
                work()
            except FleetError as failure:
                fail(str(failure))
            except Exception as failure:  # noqa: BLE001 - else the resource would be Creating forever
                traceback.print_exc(file=sys.stderr)
                fail(f"the local account failed: {failure!r}")

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._starting = [t for t in self._starting if t.is_alive()] + [thread]
        thread.start()

    def end(self, name: str, work: Callable[[], None]) -> None:
        """Do `work`, which ends what nothing refers to any more, in a thread of its own."""
        self.start(name, work, lambda _: None)

    def stop(self) -> None:
        """Stop every container, also those on their way."""
        self.site.is_closing.set()
        self.errands.shutdown(wait=False, cancel_futures=True)
        for thread in self._starting:
            thread.join()
        of_two = [shift.new for shift in self.shifts.values()]
        for host in [*self.fleets.values(), *of_two, *self.component_hosts.values()]:
            host.stop()

    def _resources(self, member: str, kind: str, path: str) -> Resources:
        return Resources(member, kind, f"{self.arn_prefix}:{path}")


def refuse_if_busy(kind: str, resource: Members, status: str, arn: str) -> None:
    """Raise an AwsError for a resource that is on its way."""
    if resource[status] in _BUSY:
        raise AwsError(
            "ValidationException", f'Cannot update in-progress {kind} "{resource[arn]}".'
        )
