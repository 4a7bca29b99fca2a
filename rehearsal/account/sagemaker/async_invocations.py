"""InvokeEndpointAsync: requests wait in a queue, replies go to S3, and topics are told.

Facts: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html (as archived
in 2023) and
botocore's service model. Not confirmed on AWS: the names of the objects, what a failure's object holds,
and `failureReason` and `responseBody` of the messages.
"""

import base64
import contextlib
import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.sagemaker.container_call import WholeReply, asked, whole
from rehearsal.account.sagemaker.data_capture import encryption
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.model_host import ModelHost
from rehearsal.account.sagemaker.runtime_request import RuntimeRequest
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
MAX_INLINE_BODY_BYTES = 128_000
_DEFAULT_TIMEOUT_SECONDS = 900
_LARGEST_RESPONSE_IN_MESSAGE_BYTES = 128 * 1024
_DEFAULT_CONCURRENCY = 4  # SageMaker finds a number of its own
_MOST_AT_ONCE = 16


@dataclass(frozen=True)
class _Job:
    """One accepted request."""

    invocation: RuntimeRequest
    inference_id: str
    output: str
    """S3 URI of the reply."""
    failure: str | None
    """S3 URI of what is written instead if there is no reply; None if nothing is."""
    received: datetime = field(default_factory=lambda: datetime.now(UTC))


class _FailedJobError(Exception):
    """Why there is no reply."""

    def __init__(self, reason: str, answer: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer
        """What the container answered, if it did."""


class AsyncInvocations:
    """The queues of one Region's endpoints."""

    def __init__(
        self, serving: Callable[[str], AbstractContextManager[Fleet]], region: str
    ) -> None:
        """`serving` gives what answers for an endpoint at the time."""
        self._serving = serving
        self._region = region
        self._lock = threading.Lock()
        self._queues: dict[str, ThreadPoolExecutor] = {}

    def accept(self, invocation: RuntimeRequest, fleet: Fleet) -> Response:
        """Queue one request and say where its reply will lie.

        Raises:
            AwsError: the endpoint is not asynchronous, or the request says not one place of its input.
        """
        if not fleet.is_async:  # the wording is ours: AWS's is not known
            raise AwsError(
                "ValidationError",
                f"Endpoint {invocation.endpoint} of account {ACCOUNT_ID} has no AsyncInferenceConfig "
                "and cannot be invoked with InvokeEndpointAsync.",
            )
        if ("InputLocation" in invocation.members) == bool(invocation.body):
            raise AwsError("ValidationError", "Provide exactly one of InputLocation and Body.")
        if len(invocation.body) > MAX_INLINE_BODY_BYTES:
            raise AwsError(
                "ValidationError", f"Request body is larger than {MAX_INLINE_BODY_BYTES} bytes."
            )
        config = fleet.configuration["AsyncInferenceConfig"]
        job = _job(invocation, config["OutputConfig"])
        self._queue_of(invocation.endpoint, config).submit(self._run, job)
        locations = {
            "X-Amzn-SageMaker-OutputLocation": job.output,
            "X-Amzn-SageMaker-FailureLocation": job.failure,
        }
        return Response(
            json.dumps({"InferenceId": job.inference_id}),
            202,
            {name: uri for name, uri in locations.items() if uri},
            content_type="application/json",
        )

    def stop(self) -> None:
        """Forget what still waits."""
        for queue in self._queues.values():
            queue.shutdown(wait=False, cancel_futures=True)

    def _queue_of(self, endpoint: str, config: Members) -> ThreadPoolExecutor:
        limits = config.get("ClientConfig", {})
        at_once = limits.get("MaxConcurrentInvocationsPerInstance", _DEFAULT_CONCURRENCY)
        with self._lock:
            if endpoint not in self._queues:
                workers = min(at_once, _MOST_AT_ONCE)
                self._queues[endpoint] = ThreadPoolExecutor(workers, f"async-{endpoint}")
            return self._queues[endpoint]

    def _run(self, job: _Job) -> None:
        # Without the endpoint there is nobody left to tell.
        with contextlib.suppress(AwsError), self._serving(job.invocation.endpoint) as fleet:
            variant = fleet.choose()
            if variant is None or variant.host is None:
                return
            host, output = variant.host, fleet.configuration["AsyncInferenceConfig"]["OutputConfig"]
            try:
                reply = _reply(job, host)
                _put(host, job.output, reply.body, reply.content_type, output)
            except _FailedJobError as failed:
                self._settle_failure(job, host, output, failed)
            else:
                done = {"contentType": reply.content_type, "outputLocation": job.output}
                message = self._message(job, "Completed", responseParameters=done)
                _notify(host, output, "SuccessTopic", message, reply.body)

    def _settle_failure(
        self, job: _Job, host: ModelHost, output: Members, failed: _FailedJobError
    ) -> None:
        host.log_data(f"{job.inference_id}: {failed.reason}")
        if job.failure:
            try:
                content = failed.answer or failed.reason.encode()
                _put(host, job.failure, content, "text/plain", output)
            except _FailedJobError as unwritten:
                host.log_data(f"{job.inference_id}: {unwritten.reason}")
        message = self._message(job, "Failed", failureReason=failed.reason)
        _notify(host, output, "ErrorTopic", message, failed.answer)

    def _message(self, job: _Job, status: str, **outcome: Any) -> Members:
        members = job.invocation.members
        asked_with = {
            "accept": members.get("Accept"),
            "contentType": members.get("ContentType"),
            "endpointName": job.invocation.endpoint,
            "inputLocation": members.get("InputLocation"),
        }
        return {
            "awsRegion": self._region,
            "eventTime": _timestamp(datetime.now(UTC)),
            "receivedTime": _timestamp(job.received),
            "invocationStatus": status,
            "requestParameters": {key: value for key, value in asked_with.items() if value},
            **outcome,
            "inferenceId": job.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }


def _job(invocation: RuntimeRequest, output: Members) -> _Job:
    members = invocation.members
    inference_id = members.get("InferenceId") or str(uuid.uuid4())
    name = members.get("Filename", f"{inference_id}.out")
    error_name = f"{name.rpartition('.')[0] or name}-error.out"
    folders = [folder for folder in [members.get("S3OutputPathExtension", "").strip("/")] if folder]

    def under(path: str, name: str) -> str:
        return "/".join([path.rstrip("/"), *folders, name])

    failure_path = output.get("S3FailurePath")
    return _Job(
        invocation,
        inference_id,
        output=under(output["S3OutputPath"], name),
        failure=under(failure_path, error_name) if failure_path else None,
    )


def _reply(job: _Job, host: ModelHost) -> WholeReply:
    members = job.invocation.members
    body = job.invocation.body or _input(members["InputLocation"], host)
    limit_seconds = members.get("InvocationTimeoutSeconds", _DEFAULT_TIMEOUT_SECONDS)
    headers = {
        **job.invocation.container_headers,
        "X-Amzn-SageMaker-Inference-Id": job.inference_id,
    }
    try:
        with asked(host, body, headers, limit_seconds) as answer:
            return whole(host, answer)
    except AwsError as failure:
        answer_text = str(failure.members.get("OriginalMessage", ""))
        raise _FailedJobError(f"ClientError: {failure.message}", answer_text.encode()) from failure


def _input(uri: str, host: ModelHost) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        return host.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as failure:
        reason = f"ClientError: Could not download the input {uri}. ({failure})"
        raise _FailedJobError(reason) from failure


def _put(host: ModelHost, uri: str, body: bytes, content_type: str, output: Members) -> None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        host.client("s3").put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=content_type, **encryption(output)
        )
    except (ClientError, BotoCoreError) as failure:
        reason = f"ClientError: Could not upload {uri}. ({failure})"
        raise _FailedJobError(reason) from failure


def _notify(host: ModelHost, output: Members, topic: str, message: Members, answer: bytes) -> None:
    config = output.get("NotificationConfig", {})
    if topic not in config:
        return
    # `SuccessTopic` is SUCCESS_NOTIFICATION_TOPIC there.
    including = f"{topic.removesuffix('Topic').upper()}_NOTIFICATION_TOPIC"
    is_small = len(answer) <= _LARGEST_RESPONSE_IN_MESSAGE_BYTES
    if answer and is_small and including in config.get("IncludeInferenceResponseIn", []):
        content = base64.b64encode(answer).decode()
        message = {**message, "responseBody": {"content": content, "encoding": "BASE64"}}
    try:
        host.client("sns").publish(TopicArn=config[topic], Message=json.dumps(message))
    except (ClientError, BotoCoreError) as failure:
        host.log_data(f"{message['inferenceId']}: could not publish to {config[topic]}: {failure}")


def _timestamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
