"""The ways in which an endpoint can be hosted, as far as the function has to know."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.errors import PayloadTooLargeError


@dataclass(frozen=True)
class Mode:
    """One way to host a model."""

    name: str
    payload_limit_bytes: int
    """Largest request for the container that SageMaker takes."""

    def check_size(self, payload: bytes) -> None:
        """Raise PayloadTooLargeError when SageMaker would not take the payload."""
        if len(payload) > self.payload_limit_bytes:
            raise PayloadTooLargeError(
                f"The request for the model is {len(payload)} bytes and SageMaker takes at most"
                f" {self.payload_limit_bytes} in the mode {self.name}. Nothing was sent."
                " Shorten the prompt."
            )


# The Body's maximum in botocore's model of InvokeEndpoint.
_REALTIME_LIMIT_BYTES = 6_291_456

REALTIME = Mode("realtime", _REALTIME_LIMIT_BYTES)
"""An endpoint that runs all the time and answers at once."""
SERVERLESS = Mode(
    "serverless",
    # "4 MB": https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
    payload_limit_bytes=4 * 1024**2,
)
"""An endpoint that starts when it is asked, and then answers at once."""
ASYNC = Mode(
    "async",
    # "1 GB": https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
    # Lambda's own limit for an event, 6 MB, is met long before.
    payload_limit_bytes=1024**3,
)
"""An endpoint with a queue: it takes the request now and writes its answer into the bucket."""
SCALE_TO_ZERO = Mode("scale-to-zero", _REALTIME_LIMIT_BYTES)
"""A real-time endpoint whose inference component may have no copy, and then wakes up when asked."""

MODES: Mapping[str, Mode] = {
    mode.name: mode for mode in (REALTIME, SERVERLESS, ASYNC, SCALE_TO_ZERO)
}
"""Every mode by its name, which is the value of GENAI_MODE."""
