"""One update of an endpoint: to a new fleet step by step, and back again if an alarm goes off.

Facts: as in `deployment_plan`, and EndpointStatus and VariantStatus in botocore's service model. Not confirmed on
AWS: the wording of the reasons, that a rollback shows as RollingBack, and how fast a rolling one goes from batch to batch.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction

from rehearsal.account.pace import shortened
from rehearsal.account.sagemaker.deployment_plan import DeploymentPlan
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.model_host import FleetError
from rehearsal.account.sagemaker.pending_deployment import PendingDeployment
from rehearsal.account.sagemaker.rollback_alarms import tripped_alarms
from rehearsal.account.sagemaker.state import Members, State
from rehearsal.account.sagemaker.traffic import TrafficShift

_LOOK_AGAIN_SECONDS = 0.01  # at the alarms
_NOTHING = Fraction(0)


class _RollbackError(Exception):
    """Why a deployment is taken back."""


class Deployment:
    """One UpdateEndpoint under way."""

    def __init__(
        self, endpoint: Members, plan: DeploymentPlan, pending: PendingDeployment, state: State
    ) -> None:
        """Plan a deployment.

        Args:
            endpoint: as it is described; changes are seen at once.
            plan: the steps to take.
            pending: what DescribeEndpoint tells of it.
            state: where the fleets are kept.
        """
        self._endpoint = endpoint
        self._name: str = endpoint["EndpointName"]
        self._plan = plan
        self._pending = pending
        self._state = state
        self._began_to_shift = datetime.now(UTC)
        self._spent_seconds = 0.0  # of AWS's time; what a container takes to start is its own

    def play(self, start: Callable[[], Fleet]) -> None:
        """Start the new fleet and shift the traffic; return once one of the two fleets is left.

        Raises:
            FleetError: the new fleet could not be brought into service, or the account is being stopped.
        """
        began = time.monotonic()
        shift = TrafficShift(self._state.fleets[self._name], start())
        self._spent_seconds += time.monotonic() - began
        with self._state.lock:
            self._state.shifts[self._name] = shift
        try:
            self._shift_step_by_step(shift)
        except _RollbackError as reason:
            self._roll_back(shift, str(reason))
        else:
            self._complete(shift)

    def _shift_step_by_step(self, shift: TrafficShift) -> None:
        self._began_to_shift = datetime.now(UTC)
        for share in self._plan.shares:
            self._take(shift, share, "ActivatingTraffic")
            self._bake(shift, self._plan.baking_seconds)
        self._bake(shift, self._plan.termination_wait_seconds)

    def _take(self, shift: TrafficShift, share: Fraction, status: str) -> None:
        with self._state.lock:
            shift.share = share
            self._show(status, share)

    def _bake(self, shift: TrafficShift, seconds: int) -> None:
        with self._state.lock:
            self._show("Baking", shift.share)
        until = time.monotonic() + shortened(seconds)
        self._refuse_alarms()
        while (left := until - time.monotonic()) > 0:
            self._wait(min(left, _LOOK_AGAIN_SECONDS))
            self._refuse_alarms()
        self._spent_seconds += seconds
        longest = self._plan.longest_seconds
        if longest is not None and self._spent_seconds > longest:
            raise _RollbackError(
                f"the deployment took longer than the {longest} seconds of MaximumExecutionTimeoutInSeconds"
            )

    def _refuse_alarms(self) -> None:
        if tripped := tripped_alarms(
            self._plan.alarms, self._state.site.region, self._began_to_shift
        ):
            names = ", ".join(tripped)
            raise _RollbackError(f"AutoRollbackConfiguration has alarms in state ALARM: {names}")

    def _wait(self, seconds: float) -> None:
        if self._state.site.is_closing.wait(seconds):
            raise FleetError("the account is being stopped")

    def _roll_back(self, shift: TrafficShift, reason: str) -> None:
        said = f"Rolled back the update to {self._pending.configuration_name}: {reason}."
        with self._state.lock:
            self._endpoint.update(EndpointStatus="RollingBack", LastModifiedTime=time.time())
        if not shift.old.is_running:
            with self._state.lock:
                self._settle(
                    "UpdateRollbackFailed",
                    FailureReason=f"{said} The rollback failed: the old fleet does not run any more.",
                )
            return
        for share in self._plan.rollback_shares(shift.share):
            self._take(shift, share, "Updating")
            if share > _NOTHING:
                self._wait(shortened(self._plan.baking_seconds))
        with self._state.lock:
            del self._state.shifts[self._name]
            self._settle("InService", FailureReason=said)
        shift.new.retire()

    def _complete(self, shift: TrafficShift) -> None:
        with self._state.lock:
            self._state.fleets[self._name] = shift.new
            del self._state.shifts[self._name]
            self._endpoint.pop("FailureReason", None)
            self._settle("InService", EndpointConfigName=self._pending.configuration_name)
        shift.old.retire()

    def _show(self, status: str, share: Fraction) -> None:
        self._endpoint["PendingDeploymentSummary"] = self._pending.described(status, share)

    def _settle(self, status: str, **members: str) -> None:
        self._endpoint.pop("PendingDeploymentSummary", None)
        self._endpoint.update(EndpointStatus=status, LastModifiedTime=time.time(), **members)
