import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.batch.input_object import batch_names, identity, queued_id

BUCKET = "genai-dev"


def result_of(key: str, content: str = "v1") -> str:
    return batch_names(BUCKET, key, content).result


def test_a_result_is_called_like_its_input_and_its_version() -> None:
    assert result_of("inputs/day 1/prompts+a.jsonl", "3HL4kqtJ") == (
        "results/day 1/prompts+a.jsonl.3HL4kqtJ.jsonl"
    )


def test_the_result_of_a_kept_request_is_called_by_its_id_alone() -> None:
    names = batch_names(BUCKET, "inputs/queued/8f507cfc.json", "v1")

    assert names.result == "results/queued/8f507cfc.jsonl"
    assert names.missing == "results/queued/8f507cfc.missing.jsonl"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("inputs/queued/a.json", "a"),
        ("inputs/queued/a/b.json", None),
        ("inputs/queued/.json", None),
        ("inputs/queued/a.jsonl", None),
        ("inputs/a.json", None),
    ],
)
def test_kept_requests_are_told_by_their_key(key: str, expected: str | None) -> None:
    assert queued_id(key) == expected


@pytest.mark.row("strange-key")
@pytest.mark.parametrize(
    "key",
    [
        "inputs/../models/a.jsonl",
        "inputs/queued/...json",
        "inputs/a/../../b.jsonl",
        "inputs/./a.jsonl",
        "inputs//a.jsonl",
        "inputs/.parts/abc/1.jsonl",
        "inputs/hashed/abc.jsonl",
        "inputs/a\\..\\b.jsonl",
        "inputs/a\nb.jsonl",
        "inputs/" + "ü" * 505 + ".jsonl",
    ],
)
def test_a_key_that_would_lead_elsewhere_or_not_fit_becomes_a_hash(key: str) -> None:
    folder, _, name = result_of(key).rpartition("/")

    assert folder == "results/hashed"
    assert len(name) == len("0" * 64 + ".jsonl")
    assert result_of(key) != result_of(key, "v2")


def test_a_version_that_would_lead_elsewhere_does_not() -> None:
    assert result_of("inputs/a.jsonl", "/../../claims/b").startswith("results/hashed/")


@pytest.mark.row("strange-key")
@given(key=st.text(), content=st.text(min_size=1))
def test_no_key_leads_out_of_the_results(key: str, content: str) -> None:
    names = batch_names(BUCKET, "inputs/" + key, content)

    for name in (names.result, names.missing):
        folders = name.split("/")
        assert folders[0] == "results"
        assert folders[1] != ".parts"
        assert not {"", ".", ".."} & set(folders)
        assert len(name.encode()) <= 1024
    assert names.parts.startswith("results/.parts/")
    assert names.leases.startswith("claims/batch/")


def test_every_content_of_every_key_has_parts_of_its_own() -> None:
    parts = {
        batch_names(bucket, key, content).parts
        for bucket in ("a", "b")
        for key in ("inputs/a", "inputs/b")
        for content in ("v1", "v2")
    }

    assert len(parts) == 8


@pytest.mark.parametrize(
    ("version_id", "etag", "expected"),
    [
        ("v1", '"e"', "v1"),
        ("null", '"e"', "e"),
        (None, "e-2", "e-2"),
        (None, None, None),
        (None, '""', None),
    ],
)
def test_a_content_is_told_by_its_version_or_else_by_its_etag(
    version_id: str | None, etag: str | None, expected: str | None
) -> None:
    assert identity(version_id, etag) == expected
