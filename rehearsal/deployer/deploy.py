"""Answer a Pulumi program's resources by making them so in the local account, compared with what is there.

As Pulumi does: what has not changed is left alone, what can be changed in place is, and what cannot is made
anew, first the new one and at the end of the deployment the old one away, unless the program or a name of its
own asks for the other order.
"""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from rehearsal.deployer.data_sources import DATA_SOURCES
from rehearsal.deployer.differences import revealed
from rehearsal.deployer.failures import DeployError, ProtectedError
from rehearsal.deployer.operations import Operation
from rehearsal.deployer.progress import OnStart, Progress
from rehearsal.deployer.resource import RegisteredResource
from rehearsal.deployer.state import State, newest_first
from rehearsal.local_account import LocalAccount
from rehearsal.program import registration


@dataclass(frozen=True)
class CreatedResource:
    """One line of the transcript."""

    resource_type: str
    name: str
    id: str
    seconds: float


class Deployer(pulumi.runtime.Mocks):
    """The mocks of a rehearsal: they deploy the real thing, in an account that is not."""

    def __init__(
        self,
        account: LocalAccount,
        on_start: OnStart = lambda *_: None,
        state: State | None = None,
        *,
        is_preview: bool = False,
    ) -> None:
        """One deployment.

        Args:
            account: to deploy to.
            on_start: told of each resource as something is done with it.
            state: what is deployed already, and will be afterwards; nothing if left out.
            is_preview: only find out what would be done. Run the program as a preview then.
        """
        state = State() if state is None else state
        self._progress = Progress(account, on_start, state, is_preview=is_preview)

    @property
    def operations(self) -> list[Operation]:
        """What was done so far, or in a preview what would be."""
        return self._progress.operations

    @property
    def failures(self) -> list[DeployError]:
        """What could not be done; the first is the cause of the others."""
        return self._progress.failures

    @property
    def created(self) -> list[CreatedResource]:
        """The resources that are new, or new in place of an old one."""
        return [
            CreatedResource(each.resource_type, each.name, each.id, each.seconds)
            for each in self.operations
            if each.action in {"create", "replace"}
        ]

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Bring one resource to what the program says, and return its id and outputs.

        Raises:
            DeployError: it could not be done; the cause is the account's own answer.
        """
        if not args.custom:
            return f"{args.name}-id", args.inputs
        with self._progress.failing_as(args.typ, args.name):
            return RegisteredResource(self._progress, args, registration.get()).deploy()

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        """Answer a data source about the local account."""
        if args.token not in DATA_SOURCES:
            raise NotImplementedError(
                f"the rehearsal cannot answer the data source {args.token} yet"
            )
        return DATA_SOURCES[args.token](self._progress.account, revealed(args.args)), []

    def finish(self) -> None:
        """Delete what has a successor now, and what the program no longer registers.

        Raises:
            DeployError: a resource could not be deleted, or is protected.
        """
        progress = self._progress
        removed = [each for each in progress.state if each.urn not in progress.registered]
        old = progress.state.superseded()
        for resource in newest_first([*old, *removed]):
            if resource in removed and resource.options.protect:
                with progress.failing_as(resource.resource_type, resource.name):
                    raise ProtectedError("it is protected, and no longer in the program")
            progress.delete(resource, removed, is_told=resource in removed)
        for resource in progress.gone_before.values():
            progress.note("delete", resource)

    def destroy(self) -> None:
        """Delete everything that is neither protected nor retained, what was made last first.

        Raises:
            DeployError: a resource could not be deleted.
        """
        progress = self._progress
        everything = newest_first([*progress.state.superseded(), *progress.state])
        protected = [each for each in everything if each.options.protect]
        needed = {urn for each in protected for urn in each.dependencies}
        for resource in everything:
            if resource in protected:
                progress.note("keep", resource, note="protected")
            elif resource.urn in needed:
                progress.note("keep", resource, note="something protected was made from it")
            else:
                progress.delete(resource, everything)
