"""The Lambda function in front of the endpoint, with the role it runs under and the ways that lead to it."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import cloudwatch

from components.bucket_layout import INPUTS_PREFIX
from components.invoker.args import (
    DEFAULT_LOG_RETENTION_DAYS,
    DEFAULT_RECORDS,
    NO_RECORDS,
    InvokerFunctionArgs,
)
from components.invoker.async_invocation import keeps_failed_events, make_async_invocation
from components.invoker.checks import check
from components.invoker.entrance import make_entrance
from components.invoker.environment import may_run_again
from components.invoker.function import make_function
from components.invoker.function_role import make_role
from components.invoker.http_api import make_http_api
from components.invoker.inputs_queue import make_input_queues
from components.invoker.place import Place
from components.invoker.result_notices import subscribe
from components.invoker.url import make_url
from components.invoker.watched import Made, watched_function
from components.model_bucket import ModelBucket
from components.modes import ASYNC
from components.watching.args import WatchedFunctionArgs


class InvokerFunction(pulumi.ComponentResource):
    """Role, log group and function, whose code is this project's `handlers/`; and what the options add.

    Every option that is off makes nothing and permits nothing. The function may write its own logs, send traces and
    use the queues made here; whoever owns the endpoint and the bucket grants the rest (`endpoint.grant_invoke`, and
    `use_bucket` for what the options keep in a bucket).

    With `alias`, everything here leads to the alias `live`, never to the newest code at once: the URL, the API, the
    queue, and what happens to failed events. Whoever calls directly does the same, as Lambda's `Qualifier`.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    function_name: pulumi.Output[str]
    """Name of the function, without the alias."""

    function_arn: pulumi.Output[str]
    """ARN of the function, without the alias."""

    alias_name: pulumi.Output[str]
    """Alias for callers to name, as Lambda's `Qualifier`; empty if there is none."""

    role_name: pulumi.Output[str]
    """Name of the function's role, to grant permissions to."""

    log_group_name: pulumi.Output[str]
    """Name of the function's log group."""

    function_url: pulumi.Output[str]
    """URL for requests signed with IAM credentials of this account; empty if there is none."""

    http_api_url: pulumi.Output[str]
    """URL of the HTTP API, for signed requests; empty if there is none."""

    queue_arn: pulumi.Output[str]
    """ARN of the queue that is told of objects under `inputs/`; empty if there is none."""

    dead_letter_queue_arn: pulumi.Output[str]
    """ARN of the queue of notifications that failed too often; empty if there is none."""

    dead_letter_queue_url: pulumi.Output[str]
    """URL of that queue; empty if there is none."""

    failed_events_queue_arn: pulumi.Output[str]
    """ARN of the queue of events that nobody waited for and that failed; empty if there is none."""

    failed_events_queue_url: pulumi.Output[str]
    """URL of that queue; empty if there is none."""

    def __init__(
        self, name: str, args: InvokerFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        check(name, args)
        super().__init__("genai:index:InvokerFunction", name, {**args}, opts)
        self._name = name
        self._args = args

        log_group = cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
            retention_in_days=args.get("log_retention_days", DEFAULT_LOG_RETENTION_DAYS),
            kms_key_id=args.get("log_kms_key_arn"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        role = make_role(name, args, log_group=log_group, parent=self)
        place = Place(role, log_group, self)
        function = make_function(name, args, place)
        entrance = make_entrance(f"{name}-alias", args, function, self)
        self._entrance = entrance
        failed_events = make_async_invocation(name, args, entrance, place)
        queues = make_input_queues(name, args, entrance, place)

        self.function_name = function.name
        self.function_arn = function.arn
        self.alias_name = _known_or_empty(entrance.qualifier)
        self.role_name = role.resource.name
        self.log_group_name = log_group.name
        over_url = make_url(name, args, entrance, place)
        self.function_url = _known_or_empty(over_url.url)
        self.http_api_url = _known_or_empty(make_http_api(name, args, entrance, place))
        self.queue_arn = _known_or_empty(queues and queues.inputs.arn)
        self.dead_letter_queue_arn = _known_or_empty(queues and queues.dead_letters.arn)
        self.dead_letter_queue_url = _known_or_empty(queues and queues.dead_letters.url)
        self.failed_events_queue_arn = _known_or_empty(failed_events and failed_events.arn)
        self.failed_events_queue_url = _known_or_empty(failed_events and failed_events.url)
        self._watched = watched_function(
            args,
            Made(
                function.name,
                over_url.streaming_function_name,
                log_group.name,
                queues,
                failed_events,
            ),
        )
        self.register_outputs(
            {output: getattr(self, output) for output in InvokerFunction.__annotations__}
        )

    def use_bucket(self, bucket: ModelBucket) -> None:
        """Let the function keep in its bucket what the options keep there, and hear of its inputs.

        Args:
            bucket: the bucket that `bucket_name` names.
        """
        args, grantee, role_name = self._args, "invoker", self.role_name
        has_inputs = args.get("inputs") is not None
        if args.get("records", DEFAULT_RECORDS) != NO_RECORDS:
            bucket.grant_write_records(grantee, role_name)
        if args.get("client_tokens", True) or has_inputs or may_run_again(args):
            bucket.grant_claim_requests(grantee, role_name)
        if args.get("mode") == ASYNC:
            bucket.grant_use_async_requests(grantee, role_name)
        if has_inputs:
            may_run = bucket.grant_run_inputs(grantee, role_name)
            bucket.notify_inputs(self.queue_arn, after=[may_run])

    def complete_records(
        self,
        bucket: ModelBucket,
        success_topic_arn: pulumi.Input[str],
        error_topic_arn: pulumi.Input[str],
    ) -> None:
        """Add what an asynchronous endpoint answered to the record of its request, as soon as its topics tell of it.

        Does nothing where no records are kept.

        Args:
            bucket: the bucket that `bucket_name` names.
            success_topic_arn: topic that SageMaker tells of answers.
            error_topic_arn: topic that SageMaker tells of failures.
        """
        if self._args.get("records", DEFAULT_RECORDS) == NO_RECORDS:
            return
        bucket.grant_read_records("invoker", self.role_name)
        topic_arns = {"success": success_topic_arn, "error": error_topic_arn}
        subscribe(self._name, self._entrance, topic_arns, self)

    def watched(self) -> WatchedFunctionArgs:
        """Tell what an `Observability` has to know of this function."""
        return self._watched

    def exports(self) -> Mapping[str, pulumi.Output[str]]:
        """Return what a stack tells of this function: its names, and the ways in that the options made."""
        named = {"function_name": self.function_name, "function_arn": self.function_arn}
        return {**named, **self.ways_in()}

    def ways_in(self) -> Mapping[str, pulumi.Output[str]]:
        """Return what callers need beside the function's name: only what the options made, as a stack exports it."""
        args, ways = self._args, dict[str, pulumi.Output[str]]()
        if args.get("alias") is not None:
            ways["function_alias"] = self.alias_name
        if args.get("function_url"):
            ways["function_url"] = self.function_url
        if args.get("http_api"):
            ways["http_api_url"] = self.http_api_url
        if args.get("inputs") is not None:
            ways["inputs_uri"] = pulumi.Output.format(
                "s3://{}/{}", args["bucket_name"], INPUTS_PREFIX
            )
            ways["inputs_queue_arn"] = self.queue_arn
            ways["dead_letter_queue_url"] = self.dead_letter_queue_url
        if keeps_failed_events(args):
            ways["failed_events_queue_url"] = self.failed_events_queue_url
        return ways


def _known_or_empty(value: pulumi.Input[str] | None) -> pulumi.Output[str]:
    return pulumi.Output.from_input("" if value is None else value)
