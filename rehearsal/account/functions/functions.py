"""Lambda's functions: the code that moto stores, run under the real runtime client."""

import contextlib
from collections.abc import Generator

from rehearsal.account.functions import function_metrics
from rehearsal.account.functions.concurrency import TOO_MANY_REQUESTS, Concurrency
from rehearsal.account.functions.function_lookup import Target
from rehearsal.account.functions.function_stream import FunctionStream
from rehearsal.account.functions.runtime_api import Event
from rehearsal.account.functions.sandbox import Ran, Registration, Sandbox
from rehearsal.account.functions.sandbox_pool import SandboxPool
from rehearsal.account.wire_errors import AwsError

MAX_SYNC_PAYLOAD_BYTES = 6 * 1024 * 1024  # AWS Lambda quota


class Functions:
    """The running side of every function of the account."""

    def __init__(self, url: str) -> None:
        """`url` is where the functions find the account."""
        self._concurrency = Concurrency()
        self.pool = SandboxPool(url)

    def refuse_what_cannot_run(self, target: Target) -> None:
        """Raise an AwsError for a function that this machine would run otherwise than AWS."""
        Registration(target.function, target.region).refuse_what_cannot_run()

    def run(self, target: Target, event: Event) -> Ran:
        """Run one event and wait for its outcome.

        Raises:
            AwsError: a role that Lambda may not assume, no free concurrency, or a function that cannot run
                here.
        """
        with self._sandbox(target) as sandbox:
            ran = sandbox.run(event)
        failed = ran.outcome.error is not None
        function_metrics.count_invocation(target, failed=failed, milliseconds=ran.milliseconds)
        return ran

    @contextlib.contextmanager
    def stream(self, target: Target, event: Event) -> Generator[FunctionStream]:
        """Run one event and give its reply as it comes.

        Raises:
            AwsError: as `run`.
        """
        with self._sandbox(target) as sandbox, sandbox.stream(event) as stream:
            yield stream
        failed = stream.failure is not None
        function_metrics.count_invocation(target, failed=failed, milliseconds=stream.milliseconds)

    def stop(self) -> None:
        """End every execution environment."""
        self.pool.stop()

    @contextlib.contextmanager
    def _sandbox(self, target: Target) -> Generator[Sandbox]:
        registration = Registration(target.function, target.region)
        registration.refuse_what_cannot_run()
        with contextlib.ExitStack() as held:
            try:
                running = held.enter_context(self._concurrency.taken(target))
            except AwsError as refused:
                if refused.code == TOO_MANY_REQUESTS:
                    function_metrics.count_throttle(target)
                raise
            function_metrics.tell_concurrency(target, running)
            yield held.enter_context(self.pool.one_for(registration))
