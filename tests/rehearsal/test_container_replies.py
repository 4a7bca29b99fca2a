"""What a container's raw reply says, by its contract."""

import json
from typing import Any, get_args

import pytest

from catalog.images import Contract
from rehearsal.container_replies import UnreadableReplyError, said

REPLIES: dict[Contract, Any] = {
    "openai-chat": {"choices": [{"message": {"content": "a story"}}]},
    "pipelines": [{"generated_text": "a story"}],
    "tgi": [{"generated_text": "a story"}],
    "lmi": {"generated_text": "a story"},
    "tei": [[0.25, -1.0]],
}


@pytest.mark.parametrize("contract", get_args(Contract))
def test_the_text_is_found_in_the_form_of_every_contract(contract: Contract) -> None:
    expected = "a vector of 2 numbers, 0.250 the first" if contract == "tei" else "a story"

    assert said(contract, json.dumps(REPLIES[contract]).encode()) == expected


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"{}", b"7", b'{"choices": []}'])
@pytest.mark.parametrize("contract", get_args(Contract))
def test_another_form_is_refused_and_shown(contract: Contract, body: bytes) -> None:
    with pytest.raises(UnreadableReplyError, match=f"is not in the form of {contract}: "):
        said(contract, body)
