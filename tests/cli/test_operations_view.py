"""What a person sees of a change."""

import pytest
from rich.console import Console, RenderableType

from cli.operations_view import operations_table, unfinished_change
from rehearsal.deployer.operations import Action, Operation, counted
from rehearsal.load import LoadResult
from rehearsal.transcript import ChangeReport

ENDPOINT = "aws:sagemaker/endpoint:Endpoint"


def shown(what: RenderableType) -> list[str]:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(what)
    return [" ".join(line.split()) for line in captured.get().splitlines()]


def operation(action: Action, *properties: str, note: str = "") -> Operation:
    return Operation(action, ENDPOINT, "genai-endpoint", "genai-dev", properties, note)


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (operation("create"), "+ create sagemaker Endpoint genai-endpoint"),
        (operation("update", "tags"), "~ update sagemaker Endpoint genai-endpoint tags"),
        (operation("replace", "name"), "+- replace sagemaker Endpoint genai-endpoint name"),
        (operation("delete"), "- delete sagemaker Endpoint genai-endpoint"),
        (
            operation("keep", note="protected"),
            "= keep sagemaker Endpoint genai-endpoint protected",
        ),
    ],
)
def test_each_operation_has_its_sign_and_its_reason(made: Operation, line: str) -> None:
    assert shown(operations_table([made])) == [line]


def test_what_is_unchanged_is_only_counted() -> None:
    lines = shown(operations_table([operation("same"), operation("same"), operation("delete")]))

    assert lines == ["- delete sagemaker Endpoint genai-endpoint", "2 unchanged"]


def test_a_change_that_failed_shows_its_plan_and_what_callers_got() -> None:
    report = ChangeReport(
        "endpoint.mode=async",
        planned=[operation("replace")],
        operations=[operation("same")],
        load=LoadResult(9, {"503 endpoint_missing: gone": 2}),
    )

    assert shown(unfinished_change(report)) == [
        "endpoint.mode=async: was to be 1 replaced",
        "1 unchanged",
        "requests sent meanwhile: 9, failures: 2",
        "2 x 503 endpoint_missing: gone",
    ]


def test_operations_are_counted_in_words() -> None:
    made = [operation("same"), operation("same"), operation("create"), operation("delete")]

    assert counted(made) == "1 created, 1 deleted, 2 unchanged"
    assert counted([]) == "nothing"
