"""Pulumi hands a program strings; they say the same as the stack's file."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings import SecureValue, decode_pulumi_config, encode_pulumi_config, secret_keys_of

NAMES = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"source": "./models/tiny"}', {"source": "./models/tiny"}),
        (
            '{"instances": {"initial": 2}, "isolated": true}',
            {"instances": {"initial": 2}, "isolated": True},
        ),
        ('["a", 1]', ["a", 1]),
        ("us-east-1", "us-east-1"),
        ("true", "true"),
        ("30", "30"),
        ("", ""),
        ("{not json", "{not json"),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=lambda value: str(value)[:20],
)
def test_groups_and_lists_are_decoded_and_the_rest_is_text(text: str, value: Any) -> None:
    assert decode_pulumi_config({"genai:key": text}) == {"genai:key": value}


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(NAMES, st.dictionaries(NAMES, JSON, max_size=3), max_size=3))
def test_groups_survive_the_way_through_pulumi(config: dict[str, Any]) -> None:
    assert decode_pulumi_config(encode_pulumi_config(config)) == config


@pytest.mark.parametrize(
    ("value", "text"),
    [("us-east-1", "us-east-1"), (True, "true"), (3, "3"), ({"a": 1}, '{"a": 1}')],
)
def test_values_are_encoded_as_pulumi_does(value: Any, text: str) -> None:
    assert encode_pulumi_config({"genai:key": value}) == {"genai:key": text}


def test_a_text_that_pulumi_decrypted_is_a_secure_value() -> None:
    decoded = decode_pulumi_config({"genai:hubToken": "hf_x", "genai:a": "b"}, ["genai:hubToken"])

    assert isinstance(decoded["genai:hubToken"], SecureValue)
    assert decoded["genai:hubToken"].text == "hf_x"
    assert decoded["genai:a"] == "b"


def test_a_group_with_an_encrypted_part_is_secure_as_a_whole() -> None:
    decoded = decode_pulumi_config({"genai:image": '{"env": {"KEY": "s3cret"}}'}, ["genai:image"])

    assert isinstance(decoded["genai:image"], SecureValue)


def test_a_secure_value_is_handed_over_as_a_secret() -> None:
    config = {"genai:hubToken": SecureValue("hf_x"), "genai:a": "b"}

    assert encode_pulumi_config(config) == {"genai:hubToken": "hf_x", "genai:a": "b"}
    assert secret_keys_of(config) == ["genai:hubToken"]


def test_what_nobody_decrypted_is_handed_over_as_a_placeholder() -> None:
    assert encode_pulumi_config({"genai:hubToken": SecureValue()}) == {
        "genai:hubToken": "not-decrypted"
    }


def test_a_secure_value_does_not_show_what_it_holds() -> None:
    assert "hf_x" not in repr(SecureValue("hf_x"))
