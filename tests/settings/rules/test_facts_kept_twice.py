"""Facts that the settings may not import, and keep beside their source."""

from components import artifact, modes
from handlers import deadline
from settings.model_folder import NEVER_PACKED
from settings.rules import component
from settings.rules.sizes import LEAST_INVOKER_SECONDS


def test_the_function_s_least_time_is_what_it_keeps_back_and_a_second() -> None:
    kept_back = deadline.CONNECT_TIMEOUT_SECONDS + deadline.RECORD_SECONDS + deadline.REPLY_SECONDS

    assert kept_back + 1 == LEAST_INVOKER_SECONDS


def test_an_inference_component_is_named_with_the_suffix_that_is_counted() -> None:
    assert modes.COMPONENT_SUFFIX == component.COMPONENT_SUFFIX


def test_what_is_never_packed_is_never_looked_at() -> None:
    never_packed = artifact._NEVER_PACKED  # pyright: ignore[reportPrivateUsage]  # the other copy

    assert never_packed == NEVER_PACKED
