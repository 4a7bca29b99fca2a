"""Run a Pulumi program in this process, with its resources answered by mocks, and record what it did.

No engine and no Pulumi CLI. The rehearsal answers by creating each resource in the local account; the
tests answer with an echo. Both look at the same record afterwards.

Built on parts of the Pulumi SDK that are not public (`run_in_stack`, `MockSettings`): the SDK's own
`set_mocks` leaves its stack, its exports and its event loop behind for the next run.
"""

import asyncio
import contextlib
import contextvars
import gc
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import empty_pb2, json_format
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc, set_all_config
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from settings import encode_pulumi_config, secret_keys_of

ROOT_STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Registration:
    """What the Pulumi SDK does not tell its mocks of a resource: its options, and what it depends on."""

    urn: str
    request: Any
    """The raw `RegisterResourceRequest`."""


registration: contextvars.ContextVar[Registration] = contextvars.ContextVar("registration")
"""The one that the mocks are answering; set for the length of their `new_resource`."""


@dataclass(frozen=True)
class ProgramRun:
    """What one run of a program registered."""

    registrations: list[Any] = field(default_factory=list)
    """Raw `RegisterResourceRequest` messages, which carry options and secret marks that mocks hide."""

    outputs_of: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Registered outputs by URN ending, `genai:index:ModelBucket::name`."""

    exports: dict[str, Any] = field(default_factory=dict)
    """The stack's outputs; an unknown one (in preview) is left out."""

    warnings: list[str] = field(default_factory=list)
    """What the program told with `pulumi.log.warn` or `error`."""

    def only(self, resource_type: str) -> Any:
        """Return the single registration of `resource_type`, or fail naming what is there."""
        found = self.all(resource_type)
        if len(found) != 1:
            present = sorted(request.type for request in self.registrations)
            raise LookupError(f"want one {resource_type}, found {len(found)} among {present}")
        return found[0]

    def all(self, resource_type: str) -> list[Any]:
        """Return every registration of `resource_type`, in order."""
        return [request for request in self.registrations if request.type == resource_type]


class _RecordingEngine(pulumi_mocks.MockEngine):
    """Keeps what the program logs for a person to read."""

    def __init__(self, run: ProgramRun) -> None:
        super().__init__(None)
        self._run = run

    def Log(self, request: Any) -> None:  # noqa: N802 - gRPC's name
        """Keep a warning or an error; less than that is said to nobody."""
        if request.severity in {engine_pb2.WARNING, engine_pb2.ERROR}:
            self._run.warnings.append(request.message)


class RecordingMonitor(pulumi_mocks.MockMonitor):
    """Keeps the raw registrations and the registered outputs."""

    def __init__(self, mocks: pulumi.runtime.Mocks) -> None:
        super().__init__(mocks)
        self.run = ProgramRun()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Keep a registration and answer it."""
        if request.type != ROOT_STACK_TYPE:
            self.run.registrations.append(request)
        urn = self.make_urn(request.parent, request.type, request.name)
        token = registration.set(Registration(urn, request))
        try:
            return super().RegisterResource(request)
        finally:
            registration.reset(token)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Keep a component's outputs, or the stack's."""
        resource = request.urn.split("::", 2)[2].rpartition("$")[2]
        if resource.startswith(ROOT_STACK_TYPE):
            outputs = rpc.deserialize_properties(request.outputs)
            self.run.exports.update(
                (key, rpc.unwrap_rpc_secret(value))
                for key, value in outputs.items()
                if not rpc.contains_unknowns(value)
            )
        else:
            self.run.outputs_of[resource] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)


def run_program(
    program: Callable[[], Any],
    mocks: pulumi.runtime.Mocks,
    *,
    project: str,
    stack: str,
    config: Mapping[str, Any] | None = None,
    preview: bool = False,
    workers: int = 1,
) -> ProgramRun:
    """Run `program` to its end and return what it registered.

    Args:
        program: called with no arguments, as the CLI would run `__main__.py`.
        mocks: answers resources and data sources.
        project: name of the Pulumi project.
        stack: name of the stack.
        config: decoded values by full key (`genai:model`, `aws:region`).
        preview: answer with unknown outputs, as `pulumi preview` does.
        workers: resources answered at once; 1 keeps their order the same from run to run.

    Raises:
        Exception: the first exception that the program, an `apply` or `mocks` raised, as it is.
    """
    monitor = RecordingMonitor(mocks)
    configured = encode_pulumi_config(config or {})

    def run() -> None:
        with _no_garbage_collection(), _event_loop(workers) as loop:
            configure(_settings(monitor, project, stack, preview=preview))
            set_all_config(configured, secret_keys_of(config or {}))
            loop.run_until_complete(run_in_stack(program))

    # A context of its own: the SDK keeps its root stack and settings in context variables.
    contextvars.Context().run(run)
    return monitor.run


@contextlib.contextmanager
def _no_garbage_collection() -> Generator[None]:
    """Half of a large program's time is the collector walking objects that are all still alive."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def _event_loop(workers: int) -> Generator[asyncio.AbstractEventLoop]:
    """A loop for one run, whose workers have loops too: the SDK makes them where there are none."""
    loops = [asyncio.new_event_loop()]

    def give_worker_a_loop() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    executor = ThreadPoolExecutor(max_workers=workers, initializer=give_worker_a_loop)
    loops[0].set_default_executor(executor)
    # A failed resource fails everything that waits for it; only the first is worth a word.
    loops[0].set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loops[0])
    was_interrupted = False
    try:
        yield loops[0]
    except KeyboardInterrupt:
        was_interrupted = True
        raise
    finally:
        # After an interrupt nobody waits for a resource still on its way, which reports to its loop later.
        executor.shutdown(wait=not was_interrupted, cancel_futures=True)
        for loop in [] if was_interrupted else loops:
            _abandon_tasks(loop)
            loop.close()
        asyncio.set_event_loop(None)


def _abandon_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Let nothing that a failed run left undone complain when it is collected."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.wait(left) if left else asyncio.sleep(0))


def _settings(
    monitor: RecordingMonitor, project: str, stack: str, *, preview: bool
) -> pulumi_mocks.MockSettings:
    return pulumi_mocks.MockSettings(
        monitor=monitor,
        monitor_features=set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
        engine=_RecordingEngine(monitor.run),
        project=project,
        stack=stack,
        dry_run=preview,
        organization="organization",
        callbacks=None,
        # Left out, these are shared by the whole process: a failed run would leave outputs that never
        # come, and the next run would wait for them forever.
        outputs=set(),
        lock=threading.Lock(),
    )
