"""Data capture: a sample of requests and replies, written to S3 as SageMaker documents it.

Layout and line: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
(as archived in 2023). SageMaker gathers lines and writes a file now and then; here each request is a file, so that
nobody has to wait. Streamed replies and asynchronous ones are not captured here.
"""

import base64
import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.sagemaker.model_host import ModelHost

Members = dict[str, Any]
_SIDES = {
    "Input": ("endpointInput",),
    "Output": ("endpointOutput",),
    "InputAndOutput": ("endpointInput", "endpointOutput"),
}
_MODES = {"endpointInput": "INPUT", "endpointOutput": "OUTPUT"}


@dataclass(frozen=True)
class Exchange:
    """One request and its reply."""

    inference_id: str | None
    request: bytes
    request_type: str
    reply: bytes
    reply_type: str


class DataCapture:
    """What one endpoint configuration wants captured."""

    def __init__(self, config: Members, endpoint: str) -> None:
        """`config` is the endpoint configuration's DataCaptureConfig."""
        self._config = config
        self._endpoint = endpoint
        self._sides = [
            side for option in config["CaptureOptions"] for side in _SIDES[option["CaptureMode"]]
        ]

    @classmethod
    def configured(cls, configuration: Members, endpoint: str) -> "DataCapture | None":
        """Return the capture of an endpoint configuration; None if it has none, or has it disabled."""
        config = configuration.get("DataCaptureConfig")
        return cls(config, endpoint) if config and config.get("EnableCapture", True) else None

    def wants_next(self) -> bool:
        """Decide by the sampling percentage whether the next request is captured."""
        return random.uniform(0, 100) < self._config["InitialSamplingPercentage"]  # noqa: S311 - sampling

    def write(self, exchange: Exchange, variant: str, host: ModelHost) -> None:
        """Write one line with the execution role's rights; a failure is told in the endpoint's log only."""
        now = datetime.now(UTC)
        bucket, _, prefix = (
            self._config["DestinationS3Uri"].removeprefix("s3://").strip("/").partition("/")
        )
        folders = [prefix, self._endpoint, variant, f"{now:%Y/%m/%d/%H}"]
        name = f"{now:%M-%S}-{now.microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
        key = "/".join([*filter(None, folders), name])
        try:
            host.client("s3").put_object(
                Bucket=bucket,
                Key=key,
                Body=json.dumps(self._line(exchange, now)) + "\n",
                **encryption(self._config),
            )
        except (ClientError, BotoCoreError) as failure:
            host.log_data(f"data capture could not write s3://{bucket}/{key}: {failure}")

    def _line(self, exchange: Exchange, now: datetime) -> Members:
        payloads = {
            "endpointInput": (exchange.request, exchange.request_type),
            "endpointOutput": (exchange.reply, exchange.reply_type),
        }
        return {
            "captureData": {side: self._captured(side, *payloads[side]) for side in self._sides},
            "eventMetadata": {
                "eventId": str(uuid.uuid4()),
                **({"inferenceId": exchange.inference_id} if exchange.inference_id else {}),
                "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            },
            "eventVersion": "0",
        }

    def _captured(self, side: str, payload: bytes, content_type: str) -> Members:
        encoding = self._encoding(content_type)
        data = (
            base64.b64encode(payload).decode()
            if encoding == "BASE64"
            else payload.decode(errors="replace")
        )
        return {
            "observedContentType": content_type,
            "mode": _MODES[side],
            "data": data,
            "encoding": encoding,
        }

    def _encoding(self, content_type: str) -> str:
        headers = self._config.get("CaptureContentTypeHeader", {})
        plain = content_type.partition(";")[0].strip().lower()
        for encoding, listed in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
            if plain in [known.lower() for known in headers.get(listed, [])]:
                return encoding
        return "BASE64"


def encryption(config: Members) -> dict[str, str]:
    """Return the arguments of PutObject that use the key a configuration names, if it names one."""
    key = config.get("KmsKeyId")
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
