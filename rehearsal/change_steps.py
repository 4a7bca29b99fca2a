"""The steps in which a rehearsal changes a deployed stack under load, and destroys it."""

from functools import partial
from typing import Any

from rehearsal.changes import Change
from rehearsal.deployed_stack import DeployedStack
from rehearsal.deployer.operations import Operation, counted
from rehearsal.inventory import Belongings
from rehearsal.invocation import ask_for_text, ask_function
from rehearsal.load import Load, LoadResult
from rehearsal.local_account import LocalAccount
from rehearsal.steps import Steps
from rehearsal.transcript import ChangeReport, StepFailedError, Transcript
from settings import StackSettings

_ANSWERED = (200, 202)
_ENDPOINTS = ("aws:sagemaker/endpoint:Endpoint", "aws:cloudcontrol/resource:Resource")
_IN_THE_WAY = (*_ENDPOINTS, "aws:lambda/function:Function", "aws:lambda/alias:Alias")


def change(
    steps: Steps,
    account: LocalAccount,
    stack: DeployedStack,
    before: StackSettings,
    to: Change,
    transcript: Transcript,
) -> None:
    """Deploy a change while callers ask all the time, and ask once more afterwards.

    Raises:
        DeployError: a resource could not be changed; the transcript tells which, and what the callers got.
        StepFailedError: the endpoint stopped answering without having been replaced.
    """
    with steps.step("change", f"previewing {to.text}") as summary:
        report = ChangeReport(to.text, planned=stack.preview(to.config))
        transcript.changes.append(report)
        deployer = stack.deployer()
        load = Load(lambda: _ask(account, transcript))
        try:
            with load:
                run = stack.deploy(deployer, to.config)
        finally:
            report.operations = deployer.operations
            report.load = load.result()
        transcript.exports, transcript.warnings = run.exports, run.warnings
        account.publish(transcript.stack, run.exports)
        _judge(before, to.settings, report.operations, report.load)
        ask = partial(ask_function, account, _function(transcript))
        said = ask_for_text(ask, transcript.prompt, to.settings)
        told = f"{to.text or 'the same again'}: {counted(report.operations)};"
        summary += [told, f"{_in_words(report.load)}; then {said.outcome}"]


def destroy(
    steps: Steps,
    stack: DeployedStack,
    belongings: Belongings,
    transcript: Transcript,
) -> None:
    """Delete all of it, and look whether anything of its own is left.

    Raises:
        DeployError: a resource could not be deleted.
        StepFailedError: something is left.
    """
    with steps.step("destroy", "destroying the stack") as summary:
        deployer = stack.deployer()
        try:
            deployer.destroy()
        finally:
            transcript.destroyed = deployer.operations
        before = [each for report in transcript.changes for each in report.operations]
        kept = {each.id for each in (*before, *deployer.operations) if each.action == "keep"}
        if left := belongings.left(kept):
            raise StepFailedError(f"{len(left)} left after all was deleted: {', '.join(left)}")
        summary.append(f"{counted(deployer.operations)}; nothing else is left in the account")


def _ask(account: LocalAccount, transcript: Transcript) -> None:
    """Ask under the names of the deployment before: a caller does not know of a change under way."""
    reply = ask_function(account, _function(transcript), {"prompt": transcript.prompt})
    if reply.get("status") not in _ANSWERED:
        raise StepFailedError(_refused(reply))


def _function(transcript: Transcript) -> str:
    name, alias = transcript.exports["function_name"], transcript.exports.get("function_alias")
    return f"{name}:{alias}" if alias else name


def _judge(
    before: StackSettings, after: StackSettings, operations: list[Operation], load: LoadResult
) -> None:
    """Failures are only told where a part of the way was away for a while, by the change's own plan."""
    is_away = any(
        each.action in {"replace", "delete", "create"} and each.resource_type in _IN_THE_WAY
        for each in operations
    )
    is_asked_for = before.endpoint.enabled and after.endpoint.enabled
    if load.failed and is_asked_for and not is_away:
        raise StepFailedError(
            f"the endpoint stopped answering during an update in place: {_in_words(load)}"
        )


def _in_words(load: LoadResult) -> str:
    told = f"requests sent during the update: {load.sent}, failures: {load.failed}"
    if load.failures:
        error, count = max(load.failures.items(), key=lambda each: each[1])
        told += f" ({count} x {error})"
    return told


def _refused(reply: dict[str, Any]) -> str:
    error = reply.get("error", {})
    return f"{reply.get('status')} {error.get('type')}: {error.get('message')}"
