"""What the text of a failure is explained with."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.explanations import explain, fix_for, table
from settings.schema import node_at

ENTRIES = table()
QUOTA = (
    "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances, with current utilization of "
    "0 Instances and a request delta of 2 Instances."
)
PHRASES = [phrase for row in ENTRIES for phrase in row["says"]]


@pytest.mark.parametrize("row", ENTRIES, ids=lambda row: row["name"])
def test_each_entry_is_the_first_answer_to_its_own_example(row: dict[str, Any]) -> None:
    known = explain(row["example"])

    assert known[0].name == row["name"]
    told = known[0].cause + known[0].fix + known[0].fix_in_rehearsal
    assert "{" not in told
    assert "|" not in told


def test_names_are_told_apart() -> None:
    names = [row["name"] for row in ENTRIES]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", ENTRIES, ids=lambda row: row["name"])
def test_each_entry_has_a_source_and_lower_case_phrases(row: dict[str, Any]) -> None:
    assert re.match(r"https://|docs/.*\.md$", row["source"])
    assert all(
        phrase == phrase.lower() and phrase for phrase in row["says"] + row.get("near", ["x"])
    )


def test_every_setting_that_a_fix_names_is_one() -> None:
    named = {
        tuple(key.split("."))
        for row in ENTRIES
        for key in re.findall(r"genai:([\w.]*\w)", f"{row['fix']} {row['cause']}")
    }

    assert {path for path in named if node_at(path) is None} == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            QUOTA,
            {"quota": "ml.g5.xlarge for endpoint usage", "limit": "0", "used": "0", "wanted": "2"},
        ),
        ("Could not access model data at s3://b/p/m.tar.gz. Please", {"uri": "s3://b/p/m.tar.gz"}),
        (
            "Requested image 1234567890123.dkr 123456789012.dkr.ecr.eu-west-1.amazonaws.com/vllm:v1 not found.",
            {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/vllm:v1"},
        ),
        ("ModuleNotFoundError: No module named 'flash_attn'", {"module": "flash_attn"}),
    ],
)  # fmt: skip
def test_what_the_text_names_is_taken_out_of_it(text: str, found: dict[str, str]) -> None:
    assert explain(text)[0].found == found


def test_a_cause_is_told_before_its_symptom() -> None:
    log = "CUDA out of memory. Tried to allocate 1.00 GiB\n...\ndid not pass the ping health check"

    assert [each.name for each in explain(log)] == ["gpu-memory", "health-check"]


def test_a_tag_that_there_is_not_is_answered_with_the_nearest_of_the_catalog() -> None:
    told = explain(
        "Requested image 763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:server-sagemaker-cuda-v9.9 not found"
    )

    assert re.search(r"nearest tag that the catalog knows: server-sagemaker-cuda-v\d", told[0].fix)


def test_a_missing_permission_is_told_with_what_grants_it_here() -> None:
    denied = (
        "User: arn:aws:sts::1:assumed-role/r-1/x is not authorized to perform: s3:PutObject on resource: "
        '"arn:aws:s3:::b/records/1" because'
    )

    assert fix_for(denied) == (
        "grant s3:PutObject on arn:aws:s3:::b/records/1 to the role r-1: "
        "invoker.use_bucket(...) in __main__.py"
    )


def test_upper_case_makes_no_difference() -> None:
    assert explain("RATE EXCEEDED")[0].name == "throttled"


def test_two_words_that_stand_far_apart_are_no_match() -> None:
    assert explain("KmsKeyId " + "x" * 5_000 + " local storage") == []


@pytest.mark.parametrize("text", ["", "all is well", "{}", "\0"])
def test_an_unknown_text_has_no_explanation(text: str) -> None:
    assert explain(text) == []
    assert fix_for(text) == ""


@given(
    st.lists(
        st.one_of(st.text(), st.sampled_from(PHRASES), st.sampled_from(["{x|y}", "\\1", "İ", "\n"]))
    ).map("".join)
)
def test_no_text_makes_it_fail(text: str) -> None:
    for each in explain(text):
        assert each.cause
        assert each.fix


def test_long_texts_are_fast() -> None:
    text = "İ s3://" + "a.b/" * 500_000 + "\n".join(PHRASES) * 200
    began = time.process_time()

    assert explain(text)

    # Many times what it takes; a pattern that runs over the whole text would take minutes.
    assert time.process_time() - began < 5
