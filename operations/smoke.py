"""Ask a deployed stack once, for real, and look whether everything is as it should be after that."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.asking import (
    ACCEPTED,
    Event,
    Reply,
    ask_function,
    ask_patiently,
    failure_as_reply,
    is_failed,
    longest_pause_seconds,
)
from operations.deployment import Deployment
from operations.doctor.finding import Finding, Teller
from operations.errors import OperationError
from operations.explanations import explain
from operations.failures import failure_of
from operations.log_lines import LogLine
from operations.records import Records
from operations.stack_logs import Selection, inference_component_of, read_logs
from operations.status.alarm_states import look_at_alarms
from operations.status.endpoint_state import look_at_endpoint
from operations.status.queue_states import queue_names_of

LOG_LIMIT_SECONDS = 15.0
"""How long the log may take to tell of the request; CloudWatch Logs promises no time."""
_LOG_PAUSE_SECONDS = 0.5
_RECORDS_VARIABLE = "GENAI_RECORDS"
_ERROR_LEVELS = ("CRITICAL", "FATAL", "ERROR")
_LINES_SHOWN = 3
_LONGEST_LINE = 200
# What a container says when it dies, at whatever level: TorchServe, DJL, Python, CUDA and the kernel, in that order.
_DEADLY = re.compile(
    r"worker (?:process )?died|load model failed|modelexception|traceback \(most recent|"
    r"(?:import|modulenotfound)error:|out of ?memory|task timed out|\bkilled\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What was asked, and what came of it."""

    deployment: Deployment
    configuration: Mapping[str, Any]
    """The function's, as GetFunctionConfiguration answers."""
    reply: Reply
    seconds: float
    logs_since_ms: int
    """From when on the logs are read, in milliseconds since 1970."""

    @property
    def component(self) -> str | None:
        """Name of the endpoint's inference component, if it has one."""
        return inference_component_of(dict(self.configuration))

    @property
    def request_id(self) -> str:
        """The request's id; empty if there was no answer at all."""
        reply = self.reply
        return str(reply.get("request_id") or reply.get("error", {}).get("request_id", ""))


def smoke(
    deployment: Deployment,
    event: Event,
    *,
    limit_seconds: float,
    logs_since_ms: int | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Ask once, and return what every check found.

    Args:
        deployment: the stack.
        event: what to ask.
        limit_seconds: how long an answer is waited for that comes later.
        logs_since_ms: from when on the logs are searched, in milliseconds since 1970; from the request on if left out.
        on_progress: is told what is being done.

    Raises:
        ClientError: there is no such function.
        BotoCoreError: AWS cannot be reached, or there are no credentials.
    """
    configuration = deployment.client("lambda").get_function_configuration(
        FunctionName=deployment.function_name
    )
    on_progress("asking the function")
    started_ms, started = int(time.time() * 1000), time.monotonic()
    try:
        reply = ask_patiently(
            lambda event: ask_function(deployment, event),
            event,
            limit_seconds=limit_seconds,
            longest_pause_seconds=longest_pause_seconds(deployment),
            on_wait=lambda reply: on_progress(f"waiting for the answer: {reply.get('state')}"),
        )
    except OperationError as failure:
        reply = failure_as_reply(failure)
    trial = Trial(
        deployment=deployment,
        configuration=configuration,
        reply=reply,
        seconds=time.monotonic() - started,
        logs_since_ms=started_ms if logs_since_ms is None else min(started_ms, logs_since_ms),
    )
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        on_progress(f"checking: {name}")
        findings += _checked(name, check, trial)
    return findings


def _checked(name: str, check: Callable[[Trial], Iterator[Finding]], trial: Trial) -> list[Finding]:
    """What a check finds; that it is not answered is no verdict."""
    findings: list[Finding] = []
    try:
        findings.extend(check(trial))
    except (BotoCoreError, ClientError) as error:
        failure = failure_of(error)
        findings.append(Teller(name).unknown(f"could not check: {failure}", failure.fix))
    return findings


def check_endpoint(trial: Trial) -> Iterator[Finding]:
    """Look whether the endpoint is in service."""
    tell = Teller("endpoint")
    state = look_at_endpoint(trial.deployment, trial.component)
    if state is None:
        yield tell.problem(
            f"there is no endpoint {trial.deployment.endpoint_name}",
            "set genai:endpoint.enabled to true, or deploy the stack: pulumi up",
        )
        return
    whole = f"{state.name} is {state.status}"
    if state.status == "InService":
        yield tell.ok(whole)
    elif state.is_under_way:
        yield tell.unknown(f"{whole}: it is being changed", "ask again when that is over")
    else:
        yield _explained(tell, f"{whole}: {state.failure_reason or 'SageMaker gives no reason'}")
    component = state.component
    if component and component.status != "InService":
        yield _explained(
            tell,
            f"its component {component.name} is {component.status}: {component.failure_reason}",
        )


def check_answer(trial: Trial) -> Iterator[Finding]:
    """Look whether the function answered with a text."""
    tell, reply = Teller("invoke"), trial.reply
    if is_failed(reply):
        error = reply["error"]
        said = (
            f"the function answered {reply['status']} {error.get('type')}: {error.get('message')}"
        )
        yield _explained(tell, said, "genai logs shows what function and container wrote")
    elif reply.get("status") == ACCEPTED:
        yield tell.problem(
            f"no text within {trial.seconds:.0f} s: {reply.get('state')}",
            "wait longer with --wait: an endpoint that wakes up on GPUs takes minutes",
        )
    elif embedding := reply.get("embedding"):
        yield tell.ok(f"a vector of {len(embedding)} numbers in {trial.seconds:.2f} s")
    elif not str(reply.get("text", "")).strip():
        yield tell.problem(
            "the model answered with no text",
            "ask for more with --prompt; look whether genai:invoker.contract is the container's",
        )
    else:
        yield tell.ok(f"{len(reply['text'])} characters in {trial.seconds:.2f} s")


def check_record(trial: Trial) -> Iterator[Finding]:
    """Look whether the request's record is in the bucket."""
    tell, reply = Teller("record"), trial.reply
    uri = reply.get("record")
    variables = trial.configuration.get("Environment", {}).get("Variables", {})
    if is_failed(reply) or reply.get("status") == ACCEPTED:
        yield tell.unknown("could not check: there is no answer")
    elif not uri and variables.get(_RECORDS_VARIABLE) == "off":
        yield tell.ok("none, as the stack keeps none")
    elif not uri:
        why = "; ".join(reply.get("warnings", [])) or "the reply names none"
        yield tell.problem(
            f"no record was stored: {why}",
            "pulumi up: the program grants the function what storing takes",
        )
    else:
        try:
            yield tell.ok(Records(trial.deployment).find(uri).uri)
        except OperationError as failure:
            yield tell.problem(f"{uri} is not there: {failure}", failure.fix)


def check_alarms(trial: Trial) -> Iterator[Finding]:
    """Look whether an alarm on the stack went off, but for those that move capacity."""
    tell, deployment = Teller("alarms"), trial.deployment
    watched = [deployment.endpoint_name, deployment.function_name, *queue_names_of(deployment)]
    component = [trial.component] if trial.component else []
    alarms = [a for a in look_at_alarms(deployment, [*watched, *component]) if not a.is_for_scaling]
    gone_off = [alarm for alarm in alarms if alarm.state == "ALARM"]
    for alarm in gone_off:
        yield tell.problem(
            f"{alarm.name} went off: {alarm.reason}",
            f"genai status {deployment.stack} shows how the stack is",
        )
    if not gone_off:
        yield tell.ok(f"{len(alarms)} quiet" if alarms else "the stack has none")


def check_logs(trial: Trial) -> Iterator[Finding]:
    """Look whether function or container logged trouble since the request."""
    tell = Teller("logs")
    lines, is_told = _log_of(trial)
    troubled = [line for line in lines if _is_trouble(line, trial.request_id)]
    for line in troubled[:_LINES_SHOWN]:
        text = " ".join(line.event.text.split())[:_LONGEST_LINE]
        yield _explained(
            tell, f"{line.event.source}: {text}", f"genai logs {trial.deployment.stack} --since 15m"
        )
    if len(troubled) > _LINES_SHOWN:
        yield tell.problem(
            f"and {len(troubled) - _LINES_SHOWN} lines more", "genai logs shows them all"
        )
    if not troubled:
        told = f"no trouble in what function and container wrote: {_count(lines)}"
        yield (
            tell.ok(told)
            if is_told
            else tell.unknown(
                f"{told}, but none is about the request yet",
                "ask again a little later; a logLevel above INFO writes none of a request that went well",
            )
        )


CHECKS: Mapping[str, Callable[[Trial], Iterator[Finding]]] = {
    "endpoint": check_endpoint,
    "invoke": check_answer,
    "record": check_record,
    "alarms": check_alarms,
    "logs": check_logs,
}


def _log_of(trial: Trial) -> tuple[list[LogLine], bool]:
    """The lines since the request, and whether one is about it."""
    deadline = time.monotonic() + LOG_LIMIT_SECONDS
    while True:
        lines = read_logs(trial.deployment, Selection(), trial.logs_since_ms)
        is_told = bool(trial.request_id) and any(line.is_about(trial.request_id) for line in lines)
        if is_told or not trial.request_id or time.monotonic() > deadline:
            return lines, is_told
        time.sleep(_LOG_PAUSE_SECONDS)


def _is_trouble(line: LogLine, request_id: str) -> bool:
    if line.event.source == "function" and not _may_be_of(line, request_id):
        return False
    if _DEADLY.search(line.event.text):
        return True
    return line.is_trouble and (line.level is None or line.level in _ERROR_LEVELS)


def _may_be_of(line: LogLine, request_id: str) -> bool:
    """Another caller's request that was refused is no trouble of the stack's."""
    return not line.request_ids or (bool(request_id) and line.is_about(request_id))


def _explained(tell: Teller, what: str, otherwise: str = "") -> Finding:
    known = explain(what)
    return tell.problem(what, known[0].fix if known else otherwise)


def _count(lines: list[LogLine]) -> str:
    return f"{len(lines)} line{'' if len(lines) == 1 else 's'}"
