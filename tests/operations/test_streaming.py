"""A URL that streams hands each piece on as the model writes it."""

import pytest

from operations.deployment import Deployment
from operations.errors import OperationError
from operations.streaming import StreamingUrl, streaming_url
from tests.operations.conftest import Deployed
from tests.rehearsal.front_door.obedient_model import PIECES
from tests.rehearsal.front_door.stacks import STORY
from tests.rehearsal.tenant import unique


def test_pieces_come_before_the_model_has_written_the_last(streaming: Deployed) -> None:
    gate, pieces = unique("gate"), list[str]()

    def on_text(text: str) -> None:
        pieces.append(text)
        if len(pieces) == len(PIECES) - 1:
            streaming.stack.project.open_gate(gate)  # only now can the model go on

    reply = StreamingUrl(streaming.deployment).ask({"prompt": f"gate {gate}"}, on_text)

    assert pieces == list(PIECES)
    assert (reply["status"], reply["text"]) == (200, STORY)


def test_a_stream_that_breaks_is_a_failure_with_the_text_so_far(streaming: Deployed) -> None:
    pieces: list[str] = []

    reply = StreamingUrl(streaming.deployment).ask({"prompt": unique("break ")}, pieces.append)

    assert pieces == [PIECES[0]]
    assert (reply["status"], reply["error"]["type"], reply["text"]) == (
        502,
        "stream_broken",
        PIECES[0],
    )


def test_a_refusal_is_a_reply_with_its_own_status(streaming: Deployed) -> None:
    pieces: list[str] = []

    reply = StreamingUrl(streaming.deployment).ask({"prompt": unique("refuse ")}, pieces.append)

    assert (reply["status"], reply["error"]["type"], pieces) == (422, "model_rejected_request", [])


def test_a_url_that_does_not_stream_is_told_before_anything_is_asked(deployed: Deployed) -> None:
    with pytest.raises(OperationError, match="answers in one piece") as told:
        StreamingUrl(deployed.deployment)

    assert "genai:invoker.streaming: true" in told.value.fix


def test_a_stack_without_a_url_is_told(deployed: Deployed) -> None:
    outputs = {**deployed.deployment.outputs, "function_url": ""}

    with pytest.raises(OperationError, match="the stack dev has no URL"):
        streaming_url(Deployment("dev", outputs, deployed.deployment.account))


def test_a_url_where_nobody_is_left_is_told(streaming: Deployed) -> None:
    outputs = {**streaming.deployment.outputs, "function_url": "http://127.0.0.1:1/"}
    url = StreamingUrl(Deployment("gone", outputs, streaming.deployment.account))

    with pytest.raises(OperationError, match=r"http://127.0.0.1:1/ cannot be reached"):
        url.ask({"prompt": "x"})
