"""What each mode limits."""

import pytest

from handlers.endpoint.modes import ASYNC, MODES
from handlers.errors import PayloadTooLargeError


@pytest.mark.row("too-large")
@pytest.mark.parametrize(
    ("mode", "limit_bytes"),
    [("realtime", 6_291_456), ("serverless", 4_194_304), ("scale-to-zero", 6_291_456)],
)
def test_a_payload_over_the_modes_limit_is_refused_with_both_sizes(
    mode: str, limit_bytes: int
) -> None:
    MODES[mode].check_size(b"x" * limit_bytes)

    with pytest.raises(PayloadTooLargeError) as caught:
        MODES[mode].check_size(b"x" * (limit_bytes + 1))

    assert caught.value.status == 413
    assert caught.value.message == (
        f"The request for the model is {limit_bytes + 1} bytes and SageMaker takes at most"
        f" {limit_bytes} in the mode {mode}. Nothing was sent. Shorten the prompt."
    )


def test_an_asynchronous_payload_may_be_as_large_as_an_event_can_bring_it() -> None:
    ASYNC.check_size(b"x" * 6_291_457)
    assert ASYNC.payload_limit_bytes == 1_073_741_824
