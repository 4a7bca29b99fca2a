"""SQS, as far as the function answers its own queue."""

import json

from handlers.aws.connections import Connections
from handlers.aws.credentials import CredentialSource
from handlers.aws.endpoints import Endpoints
from handlers.aws.service import Service, json_error
from handlers.aws.signing import Request, Signer
from handlers.time_limit import TimeLimit

_LARGEST_ANSWER_BYTES = 65_536


class SQS:
    """The client. Nothing is repeated here."""

    def __init__(
        self, endpoints: Endpoints, credentials: CredentialSource, connections: Connections
    ) -> None:
        self._address = endpoints.sqs()
        self._service = Service(
            Signer("sqs", endpoints.region), credentials, connections, json_error
        )

    def change_visibility(
        self, queue_arn: str, receipt_handle: str, visibility_seconds: int, *, seconds: float
    ) -> None:
        """Let a message that was received come back in so many seconds, 0 to 43,200.

        Raises AwsError and every other CallFailedError.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        account_id, queue_name = queue_arn.split(":")[4:6]
        request = Request(
            "POST",
            "/",
            headers={
                "content-type": "application/x-amz-json-1.0",
                "x-amz-target": "AmazonSQS.ChangeMessageVisibility",
            },
            body=json.dumps(
                {
                    "QueueUrl": f"{self._address.url}/{account_id}/{queue_name}",
                    "ReceiptHandle": receipt_handle,
                    "VisibilityTimeout": visibility_seconds,
                }
            ).encode(),
        )
        with self._service.call(self._address, request, TimeLimit.of(seconds)) as reply:
            reply.read(_LARGEST_ANSWER_BYTES)
