"""Lambda's event source mappings: their operations, for mappings of a queue to a function.

moto has its own, which asks the function once for every message that is sent; this account's pollers do
what Lambda's do. Refusals are worded as Lambda words them, as far as that is known.
"""

import json
import re
import threading
import uuid
from typing import Any
from urllib.parse import unquote

from moto.sqs.models import sqs_backends
from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.event_patterns import BadPatternError
from rehearsal.account.functions.function_lookup import Target, find_target
from rehearsal.account.functions.functions import Functions
from rehearsal.account.functions.queue_poller import Mapping, QueuePoller
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import require
from rehearsal.account.json_answer import json_answer
from rehearsal.account.partitions import partition_of
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_PATH = re.compile(r"/2015-03-31/event-source-mappings(/(?P<uuid>[^/]+))?/?")
_TAGS_PATH = re.compile(r"/2017-03-31/tags/arn:.*:event-source-mapping:(?P<uuid>[^/:]+)/?")
_PLAYED = {
    *("EventSourceArn", "FunctionName", "Enabled", "BatchSize", "MaximumBatchingWindowInSeconds"),
    *("FunctionResponseTypes", "ScalingConfig", "FilterCriteria", "Tags"),
}
# Taken, kept and told: they concern keys and metrics of what is played anyway.
_KEPT = {"KMSKeyArn", "MetricsConfig"}
_MOST_FILTERS = 5  # AWS Lambda quota, more on request
_LARGEST_BATCH_WITHOUT_WINDOW = 10
_NEEDED_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


class EventSourceMappings:
    """The mappings of every Region, each with the poller that serves it."""

    def __init__(self, functions: Functions, url: str) -> None:
        self._functions = functions
        self._url = url
        self._lock = threading.Lock()
        self._pollers: dict[str, QueuePoller] = {}  # by UUID

    def handle(self, request: AwsRequest) -> Response | None:
        """Answer one operation; None for one that is not of these.

        Raises:
            AwsError: in Lambda's words.
        """
        if tagged := _TAGS_PATH.fullmatch(unquote(request.http.path)):
            return self._tags(tagged["uuid"], request)
        match = _PATH.fullmatch(request.http.path)
        if match is None:
            return None
        method, key = request.http.method, match["uuid"]
        if key is None:
            return self._create(request) if method == "POST" else self._list(request)
        if method == "PUT":
            return self._update(key, request)
        return self._delete(key, request) if method == "DELETE" else self._get(key, request)

    def stop(self) -> None:
        """End every poller."""
        for poller in self._pollers.values():
            poller.stop()

    def _create(self, request: AwsRequest) -> Response:
        members = _checked("CreateEventSourceMapping", json.loads(request.body))
        target = find_target(members.get("FunctionName", ""), None, request.region)
        mapping = Mapping(
            uuid=str(uuid.uuid4()),
            region=request.region,
            queue_arn=members.get("EventSourceArn", ""),
            function_arn=target.arn,
            members=members,
        )
        with self._lock:
            self._refuse_a_second(mapping, target)
            _refuse_what_cannot_work(mapping, target)
            poller = QueuePoller(mapping, self._functions, self._url)
            self._pollers[mapping.uuid] = poller
        return _answer(poller, 202, state="Creating")

    def _refuse_a_second(self, new: Mapping, target: Target) -> None:
        for poller in self._pollers.values():
            known = poller.mapping
            if (known.queue_arn, known.function_arn) == (new.queue_arn, new.function_arn):
                raise AwsError(
                    "ResourceConflictException",
                    f'An event source mapping with SQS arn (" {new.queue_arn} ") and function '
                    f'(" {target.name} ") already exists. Please update or delete the existing '
                    f"mapping with UUID {known.uuid}",
                    409,
                )

    def _list(self, request: AwsRequest) -> Response:
        arguments = request.http.args
        function = arguments.get("FunctionName")
        wanted_function = find_target(function, None, request.region).arn if function else None
        found = [
            _described(poller)
            for poller in list(self._pollers.values())
            if poller.mapping.region == request.region
            and arguments.get("EventSourceArn") in {None, poller.mapping.queue_arn}
            and wanted_function in {None, poller.mapping.function_arn}
        ]
        return json_answer({"EventSourceMappings": found})

    def _get(self, key: str, request: AwsRequest) -> Response:
        return _answer(self._found(key, request.region), 200)

    def _update(self, key: str, request: AwsRequest) -> Response:
        known = self._found(key, request.region).mapping
        changes = _checked("UpdateEventSourceMapping", {"UUID": key, **json.loads(request.body)})
        members = {**known.members, **changes}
        target = find_target(changes.get("FunctionName", known.function_arn), None, known.region)
        changed = Mapping(known.uuid, known.region, known.queue_arn, target.arn, members)
        _refuse_what_cannot_work(changed, target)
        with self._lock:
            replaced = self._pollers[key]
            replaced.stop()
            self._pollers[key] = QueuePoller(changed, self._functions, self._url, replaced)
        return _answer(self._pollers[key], 202, state="Updating")

    def _delete(self, key: str, request: AwsRequest) -> Response:
        poller = self._found(key, request.region)
        with self._lock:
            self._pollers.pop(key, None)
        poller.stop()
        return _answer(poller, 202, state="Deleting")

    def _tags(self, key: str, request: AwsRequest) -> Response:
        members = self._found(key, request.region).mapping.members
        tags = members.get("Tags", {})
        if request.http.method == "GET":
            return json_answer({"Tags": tags})
        if request.http.method == "POST":
            members["Tags"] = {**tags, **json.loads(request.body)["Tags"]}
        else:
            gone = request.http.args.getlist("tagKeys")
            members["Tags"] = {name: value for name, value in tags.items() if name not in gone}
        return Response(status=204)

    def _found(self, key: str, region: str) -> QueuePoller:
        poller = self._pollers.get(key)
        if poller is None or poller.mapping.region != region:
            raise AwsError(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404
            )
        return poller


def _checked(operation: str, members: Members) -> Members:
    """Return the members that are kept, once they are what the service model allows and this account plays."""
    if found := violations("lambda", operation, members):
        raise AwsError("ValidationException", describe_violations(found))
    members = {name: value for name, value in members.items() if name != "UUID"}
    if unplayed := sorted(members.keys() - _PLAYED - _KEPT):
        raise AwsError(
            "ServiceException",
            f"the local account does not play {', '.join(unplayed)} of an event source mapping",
            500,
        )
    return members


def _refuse_what_cannot_work(mapping: Mapping, target: Target) -> None:
    size, window = mapping.batch_size, mapping.window_seconds
    if size > _LARGEST_BATCH_WITHOUT_WINDOW and not window:
        raise _invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            f"greater than {_LARGEST_BATCH_WITHOUT_WINDOW}"
        )
    _refuse_bad_filters(mapping)
    queue = _queue(mapping)
    if queue.visibility_timeout < target.function.timeout:
        raise _invalid(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function "
            f"timeout: {target.function.timeout} seconds"
        )
    for action in _NEEDED_ACTIONS:
        try:
            require(target.function.role, Call(f"sqs:{action}", mapping.queue_arn))
        except AwsError as refused:
            raise _invalid(
                "The provided execution role does not have permissions to call "
                f"{action} on SQS ({refused.message})"
            ) from refused


def _refuse_bad_filters(mapping: Mapping) -> None:
    try:
        patterns = mapping.patterns
    except BadPatternError as failure:
        raise _invalid(f"Invalid filter pattern definition. ({failure})") from failure
    if len(patterns) > _MOST_FILTERS:
        raise _invalid(f"Filter criteria may have at most {_MOST_FILTERS} filters.")


def _queue(mapping: Mapping) -> Any:
    _, _, service, region, _, name = mapping.queue_arn.split(":", 5)
    if service != "sqs":
        raise AwsError(
            "ServiceException", f"the local account plays mappings of queues, not of {service}", 500
        )
    queue: Any = sqs_backends[ACCOUNT_ID][region].queues.get(name)
    if queue is None:
        raise _invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
            "not exist."
        )
    return queue


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def _answer(poller: QueuePoller, status: int, state: str | None = None) -> Response:
    return json_answer({**_described(poller), **({"State": state} if state else {})}, status)


def _described(poller: QueuePoller) -> Members:
    mapping, members = poller.mapping, poller.mapping.members
    described = {
        "UUID": mapping.uuid,
        "EventSourceArn": mapping.queue_arn,
        "EventSourceMappingArn": (
            f"arn:{partition_of(mapping.region)}:lambda:{mapping.region}:{ACCOUNT_ID}"
            f":event-source-mapping:{mapping.uuid}"
        ),
        "FunctionArn": mapping.function_arn,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.window_seconds,
        "FunctionResponseTypes": members.get("FunctionResponseTypes", []),
        "ScalingConfig": members.get("ScalingConfig") or None,
        "FilterCriteria": members.get("FilterCriteria") or None,
        **{name: members.get(name) for name in _KEPT},
        "LastModified": mapping.created_epoch_seconds,
        "State": poller.state,
        "StateTransitionReason": "USER_INITIATED",
    }
    return {name: value for name, value in described.items() if value is not None}
