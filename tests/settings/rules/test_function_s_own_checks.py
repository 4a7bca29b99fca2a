"""What a stack may say of a container is what the function can follow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic_core import PydanticCustomError

from handlers.contracts import CONTRACT_NAMES, contract_named
from handlers.contracts import template as followed
from settings import template as said
from settings.rules.front_door import WITHOUT_STREAMS

TEXTS = st.lists(
    st.sampled_from(
        [*(f"<<{name}>>" for name in (*said.PLACEHOLDERS, "promt", "")), "<<", ">>", " ", "a", "é"]
    ),
    max_size=3,
).map("".join)
VALUES: SearchStrategy[Any] = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2)
    ),
    max_leaves=5,
)
PATHS = st.lists(
    st.sampled_from(["a", "b_", "-", ".", "[0]", "[12345]", "[", "é", " "]), max_size=4
)


def test_the_placeholders_are_those_that_the_function_fills_in() -> None:
    assert said.PLACEHOLDERS == followed.PLACEHOLDERS


@given(request=st.dictionaries(st.text("ab", max_size=2), VALUES, max_size=3))
def test_a_request_that_a_stack_may_have_is_one_that_the_function_can_send(
    request: dict[str, Any],
) -> None:
    try:
        _ = said.check_request(request)
    except PydanticCustomError:
        return
    assert followed.problems_of_template({"request": request, "text": "text"}) == []


@given(path=PATHS.map("".join))
def test_a_path_that_a_stack_may_have_is_one_that_the_function_can_follow(path: str) -> None:
    problems = followed.problems_of_template({"request": "<<prompt>>", "text": path})

    try:
        _ = said.check_path(path)
    except PydanticCustomError:
        assert problems
    else:
        assert problems == []


@pytest.mark.parametrize("name", [name for name in CONTRACT_NAMES if name != "template"])
def test_a_contract_streams_where_a_stack_may_ask_for_it(name: str) -> None:
    assert contract_named(name, None).streams == (name not in WITHOUT_STREAMS)


def test_a_template_streams_once_it_says_where_the_text_is() -> None:
    template = {"request": "<<prompt>>", "text": "text"}

    assert not contract_named("template", template).streams
    assert contract_named("template", {**template, "stream_text": "text"}).streams
