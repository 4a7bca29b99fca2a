"""Facts that the settings may not import, and keep beside their source."""

from typing import get_args

import pytest

from catalog.images import Contract
from components import artifact, modes
from handlers import environment, invocation
from handlers.contracts import CONTRACT_NAMES
from settings import limits
from settings.model_folder import NEVER_PACKED
from settings.rules import component
from settings.rules.sizes import LEAST_INVOKER_SECONDS


def test_the_function_s_least_time_is_what_it_keeps_back_and_a_second() -> None:
    kept_back = (
        invocation.CONNECT_TIMEOUT_SECONDS + invocation.RECORD_SECONDS + invocation.REPLY_SECONDS
    )

    assert kept_back + 1 == LEAST_INVOKER_SECONDS


def test_an_inference_component_is_named_with_the_suffix_that_is_counted() -> None:
    assert modes.COMPONENT_SUFFIX == component.COMPONENT_SUFFIX


def test_what_is_never_packed_is_never_looked_at() -> None:
    never_packed = artifact._NEVER_PACKED  # pyright: ignore[reportPrivateUsage]  # the other copy

    assert never_packed == NEVER_PACKED


def test_a_stack_can_name_every_contract_that_the_function_speaks() -> None:
    assert get_args(Contract) == CONTRACT_NAMES


def test_numbers_that_the_function_takes_have_the_same_bounds_in_a_stack() -> None:
    for name, (lowest, highest) in {
        "GENAI_MAX_NEW_TOKENS": limits.NEW_TOKENS,
        "GENAI_ATTEMPTS": limits.ATTEMPTS,
        "GENAI_MAX_RECEIVES": limits.MAX_RECEIVES,
        "GENAI_BATCH_WORKERS": limits.BATCH_WORKERS,
    }.items():
        with pytest.raises(
            environment.ConfigurationError,
            match=f"{name} must be a whole number from {lowest} to {highest},",
        ):
            environment.read_environment({name: "x"})
