"""Work off one asynchronous request: input from S3, reply to S3, a word to the topics.

Facts: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html (as archived
in 2023) and botocore's service model. Not confirmed on AWS: what a failure's object holds, and
`failureReason` and `responseBody` of the messages.
"""

import base64
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.sagemaker.async_backlog import Job
from rehearsal.account.sagemaker.container_call import WholeReply, asked, whole
from rehearsal.account.sagemaker.data_capture import encryption
from rehearsal.account.sagemaker.model_host import ModelHost
from rehearsal.account.sagemaker.runtime_metrics import VariantMetrics, measured
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
MAX_PAYLOAD_BYTES = 1024**3  # of an input as of a reply
_DEFAULT_TIMEOUT_SECONDS = 900
_LARGEST_RESPONSE_IN_MESSAGE_BYTES = 128 * 1024


class JobFailedError(Exception):
    """Why there is no reply."""

    def __init__(self, reason: str, answer: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer
        """What the container answered, if it did."""


@dataclass(frozen=True)
class AsyncWork:
    """One request with what answers it and where its reply goes."""

    job: Job
    host: ModelHost
    output: Members
    """The endpoint configuration's OutputConfig."""
    metrics: VariantMetrics

    def do(self) -> None:
        """Ask the container and settle the request, well or not."""
        job = self.job
        try:
            reply = self._ask(self._input())
            self._upload(job.output, reply)
        except JobFailedError as failed:
            self.fail(failed)
        else:
            done = {"contentType": reply.content_type, "outputLocation": job.output}
            self._notify(
                "SuccessTopic", self._message("Completed", responseParameters=done), reply.body
            )
        self.metrics.tell("InvocationsProcesssed", 1)  # three s, as in SageMaker's documentation

    def fail(self, failed: JobFailedError) -> None:
        """Settle the request without a reply."""
        job = self.job
        self.metrics.tell("InvocationFailures", 1)
        self.host.log_data(f"{job.inference_id}: {failed.reason}")
        if job.failure:
            content = failed.answer or failed.reason.encode()
            try:
                self._put(job.failure, content, "text/plain")
            except JobFailedError as unwritten:
                self.host.log_data(f"{job.inference_id}: {unwritten.reason}")
        message = self._message("Failed", failureReason=failed.reason)
        self._notify("ErrorTopic", message, failed.answer)

    def _input(self) -> bytes:
        if self.job.invocation.body:
            return self.job.invocation.body
        uri, began = self.job.invocation.members["InputLocation"], time.monotonic()
        try:
            body = self._download(uri)
        except JobFailedError:
            self.metrics.tell("RequestDownloadFailures", 1)
            raise
        self.metrics.tell_since("RequestDownloadLatency", began)
        return body

    def _download(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            found = self.host.client("s3").get_object(Bucket=bucket, Key=key)
            if found["ContentLength"] > MAX_PAYLOAD_BYTES:
                raise JobFailedError(
                    f"ClientError: The input {uri} is larger than {MAX_PAYLOAD_BYTES} bytes."
                )
            return found["Body"].read()
        except (ClientError, BotoCoreError) as failure:
            reason = f"ClientError: Could not download the input {uri}. ({failure})"
            raise JobFailedError(reason) from failure

    def _ask(self, body: bytes) -> WholeReply:
        invocation = self.job.invocation
        limit_seconds = invocation.members.get("InvocationTimeoutSeconds", _DEFAULT_TIMEOUT_SECONDS)
        headers = {
            **invocation.container_headers,
            "X-Amzn-SageMaker-Inference-Id": self.job.inference_id,
        }
        try:
            with (
                measured(self.metrics),
                asked(self.host, body, headers, limit_seconds) as answer,
            ):
                return whole(self.host, answer, MAX_PAYLOAD_BYTES)
        except AwsError as failure:
            answer_text = str(failure.members.get("OriginalMessage", ""))
            raise JobFailedError(
                f"ClientError: {failure.message}", answer_text.encode()
            ) from failure

    def _upload(self, uri: str, reply: WholeReply) -> None:
        began = time.monotonic()
        try:
            self._put(uri, reply.body, reply.content_type)
        except JobFailedError:
            self.metrics.tell("ResponseUploadFailures", 1)
            raise
        self.metrics.tell_since("ResponseUploadLatency", began)

    def _put(self, uri: str, body: bytes, content_type: str) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            self.host.client("s3").put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                **encryption(self.output),
            )
        except (ClientError, BotoCoreError) as failure:
            reason = f"ClientError: Could not upload {uri}. ({failure})"
            raise JobFailedError(reason) from failure

    def _notify(self, topic: str, message: Members, answer: bytes) -> None:
        config = self.output.get("NotificationConfig", {})
        if topic not in config:
            return
        # `SuccessTopic` is SUCCESS_NOTIFICATION_TOPIC there.
        including = f"{topic.removesuffix('Topic').upper()}_NOTIFICATION_TOPIC"
        is_small = len(answer) <= _LARGEST_RESPONSE_IN_MESSAGE_BYTES
        if answer and is_small and including in config.get("IncludeInferenceResponseIn", []):
            content = base64.b64encode(answer).decode()
            message = {**message, "responseBody": {"content": content, "encoding": "BASE64"}}
        try:
            self.host.client("sns").publish(TopicArn=config[topic], Message=json.dumps(message))
        except (ClientError, BotoCoreError) as failure:
            self.metrics.tell("NotificationFailures", 1)
            said = f"could not publish to {config[topic]}: {failure}"
            self.host.log_data(f"{self.job.inference_id}: {said}")

    def _message(self, status: str, **outcome: Any) -> Members:
        members = self.job.invocation.members
        asked_with = {
            "accept": members.get("Accept"),
            "contentType": members.get("ContentType"),
            "endpointName": self.job.invocation.endpoint,
            "inputLocation": members.get("InputLocation"),
        }
        return {
            "awsRegion": self.metrics.region,
            "eventTime": _timestamp(datetime.now(UTC)),
            "receivedTime": _timestamp(self.job.received),
            "invocationStatus": status,
            "requestParameters": {key: value for key, value in asked_with.items() if value},
            **outcome,
            "inferenceId": self.job.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }


def _timestamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
