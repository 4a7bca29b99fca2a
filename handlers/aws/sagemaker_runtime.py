"""SageMaker's runtime: the three calls to an endpoint.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html
"""

from collections.abc import Mapping
from urllib.parse import quote

from handlers.aws.connections import Connections, Reply
from handlers.aws.credentials import CredentialSource
from handlers.aws.endpoints import Endpoints
from handlers.aws.service import Service, json_error
from handlers.aws.signing import Request, Signer
from handlers.time_limit import TimeLimit

_HEADER_PREFIX = "x-amzn-sagemaker-"
_JSON = "application/json"


class SageMakerRuntime:
    """The client. Nothing is repeated here; every call ends with its limit.

    `headers` are named without `X-Amzn-SageMaker-`, in lower case: `inference-id`.
    """

    def __init__(
        self, endpoints: Endpoints, credentials: CredentialSource, connections: Connections
    ) -> None:
        self._address = endpoints.sagemaker_runtime()
        self._service = Service(
            Signer("sagemaker", endpoints.region), credentials, connections, json_error
        )

    def invoke_endpoint(
        self, endpoint_name: str, payload: bytes, headers: Mapping[str, str], limit: TimeLimit
    ) -> Reply:
        """POST the payload (JSON) to the endpoint's container. The reply is the container's own."""
        own = {"content-type": _JSON, "accept": _JSON, **_prefixed(headers)}
        return self._post(endpoint_name, "invocations", own, payload, limit)

    def invoke_endpoint_with_response_stream(
        self, endpoint_name: str, payload: bytes, headers: Mapping[str, str], limit: TimeLimit
    ) -> Reply:
        """POST the payload (JSON); the reply is an event stream with the container's bytes in it."""
        own = {"content-type": _JSON, **_prefixed({"accept": _JSON, **headers})}
        return self._post(endpoint_name, "invocations-response-stream", own, payload, limit)

    def invoke_endpoint_async(
        self, endpoint_name: str, input_location: str, headers: Mapping[str, str], limit: TimeLimit
    ) -> Reply:
        """Put a payload (JSON) that lies in S3 into the endpoint's queue."""
        own = {"inputlocation": input_location, "content-type": _JSON, "accept": _JSON, **headers}
        return self._post(endpoint_name, "async-invocations", _prefixed(own), b"", limit)

    def _post(
        self,
        endpoint_name: str,
        call: str,
        headers: Mapping[str, str],
        body: bytes,
        limit: TimeLimit,
    ) -> Reply:
        path = f"/endpoints/{quote(endpoint_name, safe='-._~')}/{call}"
        return self._service.call(
            self._address, Request("POST", path, headers=headers, body=body), limit
        )


def _prefixed(headers: Mapping[str, str]) -> dict[str, str]:
    return {f"{_HEADER_PREFIX}{name}": value for name, value in headers.items()}
