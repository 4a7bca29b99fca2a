"""The rehearsal: deploy a stack into the local account, use it once, and look at what is left behind."""

import contextlib
import platform
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.faults.plan import FaultPlan
from rehearsal.account.functions.platform_log import is_platforms
from rehearsal.advice import advice_for
from rehearsal.change_steps import change as make_change
from rehearsal.change_steps import destroy
from rehearsal.changes import Change, parse_changes
from rehearsal.deployed_stack import DeployedStack
from rehearsal.deployer import DeployError
from rehearsal.deployer.container_logs import container_log
from rehearsal.faults_survived import Survival
from rehearsal.inventory import Belongings
from rehearsal.invocation import ask_for_text, ask_function
from rehearsal.least_privilege import least_privilege as least_privilege_of
from rehearsal.least_privilege import read_role
from rehearsal.local_account import AccountError, LocalAccount, local_account
from rehearsal.playing import container_log_group, hosting, played_like, what_plays_the_image
from rehearsal.preparation import prepare, prepare_change
from rehearsal.records import RecordKeeping
from rehearsal.steps import Steps, Watcher
from rehearsal.transcript import Failure, StepFailedError, Transcript
from rehearsal.ways_in import ask_over_http, run_batch
from settings import (
    SettingsError,
    StackSettings,
    parse_settings,
    read_project_file,
    read_stack_file,
)

_ROLE = "aws:iam/role:Role"
_METRICS = '{"_aws"'  # what a line of CloudWatch's embedded metrics begins with: nothing for people
_MORE_PROMPTS = ("She had a very great pleasure in", "The weather was such that")
LOG_DELIVERY_LIMIT_SECONDS = 3
_LEVELS_THAT_TELL = ("DEBUG", "INFO")  # of a request that was answered


# The last three: the account stopped answering, or answered a step's own call with an error.
_FAILURES = (
    SettingsError,
    AccountError,
    DeployError,
    StepFailedError,
    Boto3Error,
    BotoCoreError,
    ClientError,
)


@dataclass(frozen=True)
class Afterwards:
    """What is done to a stack once it has been deployed and used."""

    then: Sequence[str] = ()
    """Changes to deploy one after another, as `changes` spells them."""
    is_destroyed: bool = False
    """Whether to destroy it at the end, and look that nothing is left."""
    reports_on_roles: bool = False
    """Whether to report what the stack's roles were granted and used."""


def rehearse(
    project_dir: Path,
    stack: str,
    prompt: str,
    watcher: Watcher | None = None,
    keep: Callable[[Transcript, LocalAccount], None] | None = None,
    faults: FaultPlan | None = None,
    afterwards: Afterwards | None = None,
) -> Transcript:
    """Rehearse one stack from its settings to the record of one request.

    Args:
        project_dir: folder of `Pulumi.yaml` and `__main__.py`.
        stack: which `Pulumi.<stack>.yaml` to use.
        prompt: what to send to the function.
        watcher: told about progress.
        keep: called at the end while the account is still up, if the deployment succeeded.
        faults: what is made to go wrong while the stack is used, not while it is changed or destroyed.
        afterwards: what is done to the stack once it has been used; nothing if left out.

    Returns:
        The transcript; its `failure` is None only if every step succeeded.
    """
    afterwards = afterwards or Afterwards()
    run = _Run(project_dir, Transcript(stack, prompt), watcher or Watcher())
    started = time.monotonic()
    try:
        config, settings = run.check_settings()
        changes = run.check_changes(afterwards.then, config)
        with run.account(settings, faults) as account:
            with run.watching_roles(account, wanted=afterwards.reports_on_roles):
                run.prepare(account, settings)
                belongings = Belongings(account) if afterwards.is_destroyed else None
                deployed = run.deploy(account, config, settings)
                run.survival.begin()
                run.use(account, settings)
                if changes or belongings:
                    run.survival.end()
                for change in changes:
                    with belongings.not_counting() if belongings else contextlib.nullcontext():
                        told = prepare_change(account, settings, change.settings)
                    run.transcript.stand_ins += told
                    make_change(run.steps, account, deployed, settings, change, run.transcript)
                    settings = change.settings
            if belongings:
                destroy(run.steps, deployed, belongings, run.transcript)
            run.transcript.seconds = time.monotonic() - started
            if keep is not None:
                keep(run.transcript, account)
    except _FAILURES as failure:
        run.transcript.failure = Failure(run.steps.current, str(failure), advice_for(failure))
        run.transcript.seconds = time.monotonic() - started
    return run.transcript


class _Run:
    """One rehearsal under way."""

    def __init__(self, project_dir: Path, transcript: Transcript, watcher: Watcher) -> None:
        self._project_dir = project_dir
        self.transcript = transcript
        self.steps = Steps(transcript, watcher)
        self._step = self.steps.step

    def check_settings(self) -> tuple[Mapping[str, Any], StackSettings]:
        stack = self.transcript.stack
        with self._step("settings", f"checking Pulumi.{stack}.yaml") as summary:
            config = read_stack_file(self._project_dir, stack)
            settings = parse_settings(
                config,
                project=read_project_file(self._project_dir).name,
                stack=stack,
                project_dir=self._project_dir,
                source=f"Pulumi.{stack}.yaml",
            )
            summary.append(
                f"Pulumi.{stack}.yaml is sound: {settings.image.family} on "
                f"{hosting(settings)} in {settings.region}"
            )
        return config, settings

    def check_changes(self, texts: Sequence[str], config: Mapping[str, Any]) -> list[Change]:
        """Check all of them before anything is deployed."""
        return parse_changes(
            texts,
            config,
            project=read_project_file(self._project_dir).name,
            stack=self.transcript.stack,
            project_dir=self._project_dir,
        )

    @contextlib.contextmanager
    def account(self, settings: StackSettings, faults: FaultPlan | None) -> Generator[LocalAccount]:
        with contextlib.ExitStack() as stack:
            with self._step("account", "starting the local account") as summary:
                account = stack.enter_context(local_account(settings.region, played_like(settings)))
                self.survival = Survival(account, faults or FaultPlan(), self.transcript)
                self.transcript.account_url = account.url
                summary.append(f"listening at {account.url}")
            self._note_stand_ins(settings)
            self.steps.survival = self.survival
            yield account

    def prepare(self, account: LocalAccount, settings: StackSettings) -> None:
        """Put something where the stack expects what is not on this machine."""
        self.steps.watcher.on_progress("putting stand-ins where the stack expects what is not here")
        started = time.monotonic()
        self.steps.current = "stand-ins"
        told = prepare(account, settings)
        self.transcript.stand_ins += told
        if told:
            self.steps.finish("stand-ins", "; ".join(told), started)

    def deploy(
        self, account: LocalAccount, config: Mapping[str, Any], settings: StackSettings
    ) -> DeployedStack:
        def announce(doing: str, kind: str, name: str) -> None:
            self.steps.watcher.on_progress(f"{doing} {kind.rpartition(':')[2]} {name}")

        stack = DeployedStack(self._project_dir, self.transcript.stack, account, announce)
        with self._step("deploy", "importing the program") as summary:
            deployer = stack.deployer()
            try:
                run = stack.deploy(deployer, config)
            finally:
                self.transcript.resources = deployer.created
            self.transcript.exports = run.exports
            account.publish(self.transcript.stack, run.exports)
            self.transcript.warnings = run.warnings
            if not deployer.created:
                raise StepFailedError("__main__.py registered no resources")
            outcome = "endpoint in service" if settings.endpoint.enabled else "no endpoint"
            summary.append(f"{len(deployer.created)} resources created, {outcome}")
        return stack

    def use(self, account: LocalAccount, settings: StackSettings) -> None:
        """Ask in every way that the stack has, and read what it leaves behind."""
        self.invoke(account, settings)
        if settings.endpoint.enabled:
            self.read_record(account)
            self.ask_over_http(account)
            self.run_batch(account)
        self.read_logs(account, settings)

    def invoke(self, account: LocalAccount, settings: StackSettings) -> None:
        function, transcript = self._export("function_name"), self.transcript
        with self._step("invoke", f"invoking {function}") as summary:
            alias = transcript.exports.get("function_alias")
            named = f"{function}:{alias}" if alias else function

            def ask(event: dict[str, Any]) -> dict[str, Any]:
                reply = self.survival.ask(lambda: ask_function(account, named, event))
                if (
                    "prompt" in event
                ):  # kept also if it is an error; what is polled for is no request
                    transcript.reply = reply
                return reply

            said = ask_for_text(ask, transcript.prompt, settings)
            transcript.said = said.text
            summary.append(said.outcome)

    def read_record(self, account: LocalAccount) -> None:
        with self._step("record", "fetching the record from S3") as summary:
            keeping = RecordKeeping(account, self._export("function_name"))
            reply = self.transcript.reply or {}
            if not keeping.keeps_records:
                keeping.refuse_a_record(reply)
                summary.append("none, as the stack keeps none")
                return
            bucket = self._export("bucket_name")
            if self.survival.is_active and ("error" in reply or not reply):
                summary.append(self.survival.record_of_failure(bucket))
            elif lost := self.survival.lost_record(reply):
                summary.append(lost)
            else:
                uri, self.transcript.record = keeping.record_of(reply, bucket)
                summary.append(uri)

    def ask_over_http(self, account: LocalAccount) -> None:
        """Ask through each URL that the stack has."""
        for name, export, service in (
            ("url", "function_url", "lambda"),
            ("api", "http_api_url", "execute-api"),
        ):
            if url := self.transcript.exports.get(export):
                with self._step(name, f"asking {url}") as summary:
                    answer = self.survival.ask(
                        partial(ask_over_http, account, url, service, self.transcript.prompt)
                    )
                    text = answer.reply.get("text")
                    what = answer.reply["state"] if text is None else f"{len(text)} characters"
                    how = f" in {answer.pieces} pieces" if answer.pieces else ""
                    summary.append(f"{what}{how} from {url}, signed for {service}")

    def run_batch(self, account: LocalAccount) -> None:
        """Put a file of prompts into the bucket of a stack that takes them."""
        inputs_uri = self.transcript.exports.get("inputs_uri")
        if not inputs_uri:
            return
        with self._step("batch", f"putting prompts under {inputs_uri}") as summary:
            prompts = [self.transcript.prompt, *_MORE_PROMPTS]
            batch = run_batch(account, inputs_uri, prompts, self.survival.batch_limit_seconds)
            self.transcript.batch = batch.entries
            count, uri = len(batch.entries), batch.result_uri
            summary.append(
                f"{count} prompts accepted; {uri} says where their answers will be"
                if batch.is_answered_later
                else f"{count} prompts answered in {uri}"
            )

    @contextlib.contextmanager
    def watching_roles(self, account: LocalAccount, *, wanted: bool) -> Generator[None]:
        """Report on the stack's roles in the end, also if a step fails: it may be for a right that is missing."""
        try:
            yield
        finally:
            if wanted:
                with contextlib.suppress(
                    OSError, BotoCoreError, ClientError
                ):  # it has another failure to tell
                    self.report_on_roles(account)

    def report_on_roles(self, account: LocalAccount) -> None:
        """Note what the stack's roles were granted, and used so far."""
        calls = account.calls()
        roles = [
            read_role(account, each.id)
            for each in self.transcript.resources
            if each.resource_type == _ROLE
        ]
        self.transcript.least_privilege = least_privilege_of(roles, calls)

    def read_logs(self, account: LocalAccount, settings: StackSettings) -> None:
        with self._step("logs", "reading the logs") as summary:
            transcript = self.transcript
            reply = transcript.reply or {}
            request_id = reply.get("request_id") or reply.get("error", {}).get("request_id", "")
            transcript.function_log = self._function_log(
                account, request_id, is_told=settings.invoker.log_level in _LEVELS_THAT_TELL
            )
            transcript.container_log = container_log(account, container_log_group(settings))
            leaked = [line for line in transcript.function_log if transcript.prompt in line]
            if leaked:
                raise StepFailedError("the function's log holds the prompt")
            summary.append(
                f"the function wrote {_lines(transcript.function_log)}, the container "
                f"{_lines(transcript.container_log)}; none holds the prompt"
            )

    def _function_log(self, account: LocalAccount, request_id: str, *, is_told: bool) -> list[str]:
        """Return the function's log, once it tells of the request if it will."""
        function = self._export("function_name")
        logs = account.client("logs")
        groups_of_lambda = logs.get_paginator("describe_log_groups")
        ours = {f"/aws/lambda/{function}", *(each.id for each in self.transcript.resources)}
        deadline = time.monotonic() + LOG_DELIVERY_LIMIT_SECONDS
        while True:
            lines = [
                event["message"]
                for page in groups_of_lambda.paginate(logGroupNamePrefix="/aws/lambda/")
                for group in page["logGroups"]
                if group["logGroupName"] in ours
                for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
                if not event["message"].startswith(_METRICS) and not is_platforms(event["message"])
            ]
            if not is_told or any(request_id in line for line in lines):
                return lines
            if time.monotonic() > deadline:
                raise StepFailedError(
                    f"the log of {function} holds no line of request {request_id}"
                )
            time.sleep(0.05)

    def _export(self, name: str) -> str:
        try:
            return self.transcript.exports[name]
        except KeyError:
            raise StepFailedError(f"__main__.py exports no {name}") from None

    def _note_stand_ins(self, settings: StackSettings) -> None:
        self.transcript.stand_ins += what_plays_the_image(settings)
        if settings.model.kind == "hub":
            self.transcript.stand_ins.append(
                f"nothing is fetched from the Hub: a stand-in answers for {settings.model.source}"
            )
        self.transcript.stand_ins.append(
            f"Python {platform.python_version()} on {platform.machine()} stands in for Lambda's runtime"
        )


def _lines(log: list[str]) -> str:
    return f"{len(log)} line{'' if len(log) == 1 else 's'}"
