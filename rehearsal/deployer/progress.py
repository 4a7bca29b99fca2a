"""What the resources of one deployment share: where it goes, what is there, and what was done so far."""

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Generator
from typing import Any

from rehearsal.deployer.failures import DeployError
from rehearsal.deployer.kinds import kind_of
from rehearsal.deployer.operations import Action, Operation
from rehearsal.deployer.state import Deployed, State
from rehearsal.local_account import LocalAccount

OnStart = Callable[[str, str, str], None]
"""`(what is being done, such as "creating", resource type, logical name)`."""
_VERBS: dict[Action, str] = {
    "create": "creating",
    "update": "updating",
    "replace": "replacing",
    "delete": "deleting",
}


class Progress:
    """One deployment under way; resources are deployed by several threads at once."""

    def __init__(
        self, account: LocalAccount, on_start: OnStart, state: State, *, is_preview: bool
    ) -> None:
        self.account = account
        self.state = state
        self.is_preview = is_preview
        self.registered: set[str] = set()
        """URNs that the program still has."""
        self.replaced: set[str] = set()
        """URNs of what got, or in a preview would get, a successor."""
        self.gone_before: dict[str, Deployed] = {}
        """What had to go before something that it was made from, and has not been made anew so far."""
        self.operations: list[Operation] = []
        self.failures: list[DeployError] = []
        self._on_start = on_start
        self._lock = threading.Lock()

    def start(self, action: Action, resource_type: str, name: str) -> None:
        """Tell whoever watches what is being done."""
        self._on_start(_VERBS[action], resource_type, name)

    def note(self, action: Action, resource: Deployed, **more: Any) -> None:
        """Keep what was done; `more` as in `Operation`."""
        operation = Operation(action, resource.resource_type, resource.name, resource.id, **more)
        with self._lock:
            self.operations.append(operation)

    def delete(
        self, resource: Deployed, going: Collection[Deployed], *, is_told: bool = True
    ) -> None:
        """Delete one of the resources that are `going`; some of them go with another.

        Raises:
            DeployError: the account refused.
        """
        if resource.options.retain_on_delete:
            if not self.is_preview:
                self.state.drop(resource)
            self.note("keep", resource, note="retained")
            return
        is_taken_along = any(each.urn == resource.options.deleted_with for each in going)
        started = time.monotonic()
        if not self.is_preview:
            self.start("delete", resource.resource_type, resource.name)
            if not is_taken_along:
                with self.failing_as(resource.resource_type, resource.name):
                    kind_of(resource.resource_type).delete(self.account, resource)
            self.state.drop(resource)
        if is_told:
            self.note("delete", resource, seconds=time.monotonic() - started)

    @contextlib.contextmanager
    def failing_as(self, resource_type: str, name: str) -> Generator[None]:
        """Turn what goes wrong into a DeployError that names the resource, once."""
        try:
            yield
        except DeployError:
            raise
        except Exception as cause:
            failure = DeployError(resource_type, name, cause)
            with self._lock:
                self.failures.append(failure)
            raise failure from cause
