"""RFC 6902, as far as Cloud Control takes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.cloudcontrol.json_patch import PatchError, apply_patch

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=5)


def pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


@given(OBJECTS, OBJECTS)
def test_the_differences_of_two_objects_make_one_of_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    patch: list[dict[str, Any]] = [
        {"op": "remove", "path": pointer(key)} for key in before.keys() - after.keys()
    ]
    for key, value in after.items():
        operation = "replace" if key in before else "add"
        patch.append({"op": operation, "path": pointer(key), "value": value})
        patch.append({"op": "test", "path": pointer(key), "value": value})
    kept = repr(before)

    assert apply_patch(before, patch) == after
    assert repr(before) == kept


@pytest.mark.parametrize(
    ("step", "result"),
    [
        ({"op": "add", "path": "/Tags/1", "value": "c"}, {"Tags": ["a", "c", "b"]}),
        ({"op": "add", "path": "/Tags/-", "value": "c"}, {"Tags": ["a", "b", "c"]}),
        ({"op": "remove", "path": "/Tags/0"}, {"Tags": ["b"]}),
        ({"op": "replace", "path": "/Tags/0", "value": {"x": 1}}, {"Tags": [{"x": 1}, "b"]}),
        ({"op": "replace", "path": "", "value": {}}, {}),
    ],
)
def test_lists_and_the_whole_can_be_changed(step: dict[str, Any], result: object) -> None:
    assert apply_patch({"Tags": ["a", "b"]}, [step]) == result


@pytest.mark.parametrize(
    "step",
    [
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "remove", "path": "/Tags/7"},
        {"op": "test", "path": "/Tags/0", "value": "other"},
        {"op": "move", "path": "/Tags/0", "from": "/Tags/1"},
        {"op": "add", "path": "Tags", "value": 1},
        {"op": "remove", "path": ""},
        {"op": "add", "path": "/Tags"},
        {"path": "/Tags"},
    ],
)
def test_what_does_not_fit_is_refused_and_told(step: dict[str, Any]) -> None:
    with pytest.raises(PatchError, match="cannot apply"):
        apply_patch({"Tags": ["a"]}, [step])
