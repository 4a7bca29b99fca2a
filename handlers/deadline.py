"""How the function's remaining time is shared out, so that it answers before Lambda ends it."""

from collections.abc import Callable
from dataclasses import dataclass

from handlers.errors import NoTimeLeftError

CONNECT_TIMEOUT_SECONDS = 2.0
"""Longest wait for a connection to SageMaker: it is there in milliseconds or not at all."""
RECORD_SECONDS = 3.0
"""Longest that storing a record may take; always kept back from the model."""
INPUT_SECONDS = 5.0
"""Longest that putting an asynchronous request's payload into the bucket may take."""
REPLY_SECONDS = 0.5
"""Kept back for shaping the reply and handing it to Lambda."""
LONGEST_READ_TIMEOUT_SECONDS = 70
"""Longest wait for a reply: SageMaker ends a real-time request after 60 s, and advises a client to
wait 70 s, https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""


@dataclass(frozen=True)
class Deadline:
    """The end of this invocation, as Lambda's context tells it."""

    remaining_milliseconds: Callable[[], int]

    def read_timeout_seconds(self) -> int:
        """Whole seconds that the model may take to answer once connected, 1 to 70.

        Raises NoTimeLeftError when less than one second would be left.
        """
        seconds = int(self.reading_seconds_left() - CONNECT_TIMEOUT_SECONDS)
        if seconds < 1:
            raise NoTimeLeftError(
                f"The function has {self.remaining_milliseconds() / 1000:.1f} s left and keeps"
                f" {CONNECT_TIMEOUT_SECONDS + RECORD_SECONDS + REPLY_SECONDS:.1f} s back for"
                " connecting, the record and the reply. Nothing was sent to the model. Raise the"
                " function's timeout."
            )
        return min(seconds, LONGEST_READ_TIMEOUT_SECONDS)

    def reading_seconds_left(self) -> float:
        """Seconds until the model's reply must be there; 0 or less when that moment is past."""
        return self._seconds_left() - RECORD_SECONDS - REPLY_SECONDS

    def input_seconds(self) -> float:
        """Seconds that putting an asynchronous request's payload into the bucket may take, 1 to 5.

        Raises NoTimeLeftError when nothing would be left for SageMaker.
        """
        return min(INPUT_SECONDS, self.read_timeout_seconds())

    def record_seconds_left(self) -> float:
        """Seconds that storing the record may take now, 0 to 3."""
        return min(RECORD_SECONDS, max(0.0, self._seconds_left() - REPLY_SECONDS))

    def _seconds_left(self) -> float:
        return self.remaining_milliseconds() / 1000
