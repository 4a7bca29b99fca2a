"""Putting JSON into the function's bucket, within a time that is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from botocore.exceptions import ClientError

from handlers.clients import S3Client
from handlers.time_limit import run_within


@dataclass(frozen=True)
class Bucket:
    """An S3 bucket, by name."""

    name: str
    client: Callable[[], S3Client]

    def put_json(self, key: str, body: bytes, seconds: float) -> str:
        """Store a JSON text; returns its S3 URI.

        Raises TimeoutError after `seconds`, and whatever the client raises.
        """
        # Made here and not in the thread: two threads must not make clients of one session.
        client = self.client()
        run_within(
            seconds,
            lambda: client.put_object(
                Bucket=self.name, Key=key, Body=body, ContentType="application/json"
            ),
        )
        return f"s3://{self.name}/{key}"


def refusal(error: ClientError) -> tuple[str, str]:
    """The code and the message of S3's refusal."""
    response = cast("Mapping[str, Mapping[str, object]]", error.response)
    described = response.get("Error", {})
    return str(described.get("Code", "unknown")), str(described.get("Message", ""))
