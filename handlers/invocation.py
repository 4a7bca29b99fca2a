"""One run of the function: its id, its clock and its deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

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

LONGEST_STREAM_SECONDS = 480
"""Longest that a stream may last: SageMaker's own 8 minutes,
https://docs.aws.amazon.com/sagemaker/latest/dg/hosting-faqs.html"""


@dataclass(frozen=True)
class Deadline:
    """The end of this invocation, as Lambda's context tells it."""

    remaining_milliseconds: Callable[[], int]

    def read_timeout_seconds(self) -> int:
        """Whole seconds that the model may take to answer once connected, 1 to 70.

        Raises NoTimeLeftError when less than one second would be left.
        """
        return min(self._whole_seconds(), LONGEST_READ_TIMEOUT_SECONDS)

    def stream_seconds(self) -> int:
        """Whole seconds that a stream may last once connected, 1 to 480.

        Raises NoTimeLeftError as `read_timeout_seconds` does.
        """
        return min(self._whole_seconds(), LONGEST_STREAM_SECONDS)

    def has_time_after(self, pause_seconds: float) -> bool:
        """Whether the model could still be asked after a pause."""
        return self._model_seconds_left() - pause_seconds >= 1

    def _model_seconds_left(self) -> float:
        kept_back = CONNECT_TIMEOUT_SECONDS + RECORD_SECONDS + REPLY_SECONDS
        return self._seconds_left() - kept_back

    def _whole_seconds(self) -> int:
        seconds = int(self._model_seconds_left())
        if seconds < 1:
            raise NoTimeLeftError(
                f"The function has {self.remaining_milliseconds() / 1000:.1f} s left and keeps"
                f" {CONNECT_TIMEOUT_SECONDS + RECORD_SECONDS + REPLY_SECONDS:.1f} s back for"
                " connecting, the record and the reply. Nothing was sent to the model. Raise the"
                " function's timeout."
            )
        return seconds

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


@dataclass(frozen=True)
class Invocation:
    """One request on its way through the function."""

    request_id: str
    """1 to 64 printable characters: names the record, and goes to SageMaker as inference id."""
    deadline: Deadline
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _started: float = field(default_factory=time.monotonic, init=False)

    def elapsed_milliseconds(self) -> int:
        """Since the event arrived."""
        return round((time.monotonic() - self._started) * 1000)
