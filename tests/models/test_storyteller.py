"""The model: what it writes, and how each setting changes that."""

import math
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storyteller import PROMPT_CHARACTERS, Piece, Sampling, Storyteller, draw

FREQUENT_WORDS = frozenset(Path(__file__).with_name("frequent_words.txt").read_text().split())
"""The 2,000 most frequent words of the corpus; 92 % of the corpus are these."""

short_runs = settings(max_examples=25, deadline=None)


def pieces_of(model: Storyteller, prompt: str = "She was", **sampling: object) -> list[Piece]:
    return list(model.generate(prompt, Sampling(**sampling)))  # type: ignore[arg-type]


def text_of(model: Storyteller, prompt: str = "She was", **sampling: object) -> str:
    return "".join(piece.text for piece in pieces_of(model, prompt, **sampling))


def share_of_frequent_words(text: str) -> float:
    words = re.findall("[a-z]+", text.lower())
    return sum(word in FREQUENT_WORDS for word in words) / len(words)


def bits_per_character(model: Storyteller, text: str) -> float:
    scores = model.scores_along("\n" + text)[:-1].astype(np.float64)
    likelihoods = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    numbers = [model.vocabulary.index(character) for character in text]
    return float(-likelihoods[np.arange(len(text)), numbers].mean() / math.log(2))


def test_the_same_seed_writes_the_same_text(model: Storyteller) -> None:
    assert text_of(model, seed=7) == text_of(model, seed=7)


def test_another_seed_writes_another_text(model: Storyteller) -> None:
    assert len({text_of(model, seed=seed) for seed in range(5)}) == 5


def test_another_prompt_writes_another_text_under_the_same_seed(model: Storyteller) -> None:
    assert text_of(model, "Mr. Darcy", seed=1) != text_of(model, "The carriage", seed=1)


def test_without_a_seed_the_prompt_decides_the_text(model: Storyteller) -> None:
    assert text_of(model, "Emma smiled") == text_of(model, "Emma smiled")
    assert text_of(model, "Emma smiled") != text_of(model, "Emma smiled.")


def test_without_a_seed_prompts_that_read_alike_still_differ(model: Storyteller) -> None:
    assert model.read("\u4e00") == model.read("\u4e8c") == ""
    assert text_of(model, "\u4e00") != text_of(model, "\u4e8c")


@short_runs
@given(seed=st.integers(0, 2**70))
def test_temperature_zero_is_greedy_whatever_the_seed(model: Storyteller, seed: int) -> None:
    written = text_of(model, temperature=0, seed=seed, max_new_tokens=20)
    scores = model.scores_along("\nShe was" + written)[len("She was") : -1]
    assert written == "".join(model.vocabulary[row.argmax()] for row in scores)


def test_a_tiny_temperature_or_share_comes_to_greedy(model: Storyteller) -> None:
    greedy = text_of(model, temperature=0)
    assert text_of(model, temperature=5e-324) == greedy
    assert text_of(model, top_p=5e-324) == greedy


@short_runs
@given(wanted=st.integers(1, 120))
def test_exactly_as_many_characters_are_written_as_asked(model: Storyteller, wanted: int) -> None:
    pieces = pieces_of(model, max_new_tokens=wanted)
    assert sum(len(piece.text) for piece in pieces) == wanted
    assert pieces[-1] == Piece(pieces[-1].text, "length", wanted)


def test_without_stop_strings_every_piece_is_one_character(model: Storyteller) -> None:
    pieces = pieces_of(model, max_new_tokens=30)
    assert [len(piece.text) for piece in pieces] == [1] * 30
    assert [piece.written for piece in pieces] == list(range(1, 31))
    assert [piece.finish_reason for piece in pieces] == [None] * 29 + ["length"]


@short_runs
@given(st.data())
def test_the_text_ends_before_the_first_stop_string(
    model: Storyteller, data: st.DataObject
) -> None:
    whole = text_of(model, max_new_tokens=100, seed=3)
    starts = data.draw(st.lists(st.integers(0, 95), min_size=1, max_size=4))
    stops = tuple(whole[start : start + data.draw(st.integers(1, 5))] for start in starts)
    end = min(whole.index(stop) + len(stop) for stop in stops)
    cut = end - max(len(stop) for stop in stops if whole[:end].endswith(stop))
    pieces = pieces_of(model, max_new_tokens=100, seed=3, stop=stops)
    assert "".join(piece.text for piece in pieces) == whole[:cut]
    assert (pieces[-1].finish_reason, pieces[-1].written) == ("stop", end)


@short_runs
@given(st.lists(st.text("aeht sn", min_size=1, max_size=6), max_size=4))
def test_stop_strings_never_change_what_stands_before_them(
    model: Storyteller, stops: list[str]
) -> None:
    whole = text_of(model, max_new_tokens=80, seed=4)
    pieces = pieces_of(model, max_new_tokens=80, seed=4, stop=tuple(stops))
    text = "".join(piece.text for piece in pieces)
    assert whole.startswith(text)
    assert not any(stop in text for stop in stops)
    assert (text == whole) == (pieces[-1].finish_reason == "length")


def test_the_beginning_of_a_stop_string_that_does_not_come_is_written(model: Storyteller) -> None:
    whole = text_of(model, max_new_tokens=40, seed=5)
    nearly = tuple(f"{character}#" for character in sorted(set(whole))[:4])
    assert text_of(model, max_new_tokens=40, seed=5, stop=nearly) == whole


def test_draws_follow_the_shares_of_the_scores() -> None:
    scores = np.log(np.array([1, 2, 5], np.float32))
    drawn = Counter(draw(scores, Sampling(temperature=1), i / 800) for i in range(800))
    assert drawn == {0: 100, 1: 200, 2: 500}


def test_a_higher_temperature_evens_the_shares_out() -> None:
    scores = np.log(np.array([1, 4], np.float32))
    drawn = Counter(draw(scores, Sampling(temperature=2), i / 900) for i in range(900))
    assert drawn == {0: 300, 1: 600}  # square roots of 1 and 4


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.4, {2}), (0.5, {2}), (0.6, {1, 2}), (0.9, {0, 1, 2}), (1, {0, 1, 2})]
)
def test_top_p_keeps_the_fewest_characters_that_reach_the_share(
    top_p: float, kept: set[int]
) -> None:
    scores = np.log(np.array([1, 2, 4], np.float32))  # shares 0.14, 0.29, 0.57
    sampling = Sampling(temperature=1, top_p=top_p)
    assert {draw(scores, sampling, i / 100) for i in range(100)} == kept


@given(
    scores=st.lists(st.floats(-80, 80, width=32), min_size=2, max_size=9),
    temperature=st.floats(0, 2),
    top_p=st.floats(0, 1, exclude_min=True),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_a_draw_is_always_one_of_the_characters(
    scores: list[float], temperature: float, top_p: float, chance: float
) -> None:
    number = draw(np.array(scores, np.float32), Sampling(1, temperature, top_p), chance)
    assert 0 <= number < len(scores)


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("Plain words.", "Plain words."),
        ("\u201cIt\u2019s late\u201d", '"It\'s late"'),
        ("home\u2014sweet\u2013home", "home--sweet-home"),
        ("caf\u00e9 na\u00efve \u00c6sop", "cafe naive AEsop"),
        ("wait\u2026", "wait..."),
        ("two\tcolumns\u00a0wide", "two columns wide"),
        ("one\r\n\r\n\r\ntwo\rthree", "one\ntwo\nthree"),
        ("bread & butter", "bread and butter"),
        ("a {curly} \u4e00 thing", "a curly  thing"),
    ],
)
def test_a_prompt_is_read_in_the_characters_of_the_novels(
    model: Storyteller, prompt: str, read: str
) -> None:
    assert model.read(prompt) == read


@given(prompt=st.text(st.characters(), max_size=60))
def test_whatever_the_prompt_only_known_characters_are_read(
    model: Storyteller, prompt: str
) -> None:
    assert set(model.read(prompt)) <= set(model.vocabulary)


@settings(max_examples=15, deadline=None)
@given(prompt=st.text(st.characters(), min_size=1, max_size=30))
def test_every_prompt_is_continued(model: Storyteller, prompt: str) -> None:
    assert len(text_of(model, prompt, max_new_tokens=5)) == 5


def test_only_the_end_of_a_long_prompt_matters(model: Storyteller) -> None:
    end = "It was a fine day. " * 200
    assert len(model.read(end)) == PROMPT_CHARACTERS
    first = text_of(model, "Once " + end, seed=1, max_new_tokens=20)
    assert first == text_of(model, "Never " + end, seed=1, max_new_tokens=20)


def test_most_words_it_writes_are_frequent_english_words(model: Storyteller) -> None:
    prompts = ("She was", "The letter", '"My dear sir,"', "It is a truth", "In the evening")
    text = " ".join(
        text_of(model, prompt, max_new_tokens=400, temperature=0.5, seed=seed)
        for seed, prompt in enumerate(prompts)
    )
    assert share_of_frequent_words(text) > 0.9  # the novels themselves: 0.92


def test_the_same_letters_shuffled_are_not_words(model: Storyteller) -> None:
    letters = list(text_of(model, max_new_tokens=1024))
    random.Random(1).shuffle(letters)  # noqa: S311
    assert share_of_frequent_words("".join(letters)) < 0.3


def test_words_are_not_learnt_by_heart_but_varied(model: Storyteller) -> None:
    text = text_of(model, max_new_tokens=1024)
    assert len(set(re.findall("[a-z]+", text.lower()))) > 80


def test_english_is_expected_and_its_reverse_is_not(model: Storyteller) -> None:
    sentence = "The morning was so fine that they walked to the village before breakfast."
    assert bits_per_character(model, sentence) < 2.2
    assert bits_per_character(model, sentence[::-1]) > 4


def test_what_came_before_changes_what_is_expected(model: Storyteller) -> None:
    after_q, after_t = model.scores_along("\nq")[-1], model.scores_along("\nt")[-1]
    assert model.vocabulary[int(after_q.argmax())] == "u"
    assert model.vocabulary[int(after_t.argmax())] == "h"


def test_writing_goes_on_where_reading_ended(model: Storyteller) -> None:
    """Greedy text is the same whether a part of it was written or read."""
    whole = text_of(model, "She was", temperature=0, max_new_tokens=40)
    for first, second in pairwise(range(0, 40, 10)):
        continued = text_of(model, "She was" + whole[:first], temperature=0, max_new_tokens=10)
        assert continued == whole[first:second]
