"""The diagrams of the architecture page show what the program registers."""

import re

import pytest

from rehearsal.program import ProgramRun
from tests.architecture_diagram import (
    PAGE,
    PROJECT_DIR,
    STACKS,
    Diagram,
    diagram_of,
    mermaid,
    page,
    run_of,
)

RUNS = {stack: run_of(stack) for stack in STACKS}


@pytest.fixture(params=STACKS)
def run(request: pytest.FixtureRequest) -> ProgramRun:
    return RUNS[request.param]


@pytest.fixture
def diagram(run: ProgramRun) -> Diagram:
    return diagram_of(run)


def test_the_page_is_up_to_date() -> None:
    current = (PROJECT_DIR / PAGE).read_text()

    assert page(current) == current, "run `make reference` and commit what it writes"


def test_every_resource_is_in_one_box(run: ProgramRun, diagram: Diagram) -> None:
    drawn = sorted(name for box in diagram.boxes for name in [*box.names, *box.folded])

    assert drawn == sorted(
        each.name.removeprefix("genai-") for each in run.registrations if each.custom
    )


def test_it_can_be_taken_in_at_a_glance(diagram: Diagram) -> None:
    assert 15 <= len(diagram.boxes) <= 25
    assert len(diagram.arrows) + len(diagram.waits) <= 40


def test_every_arrow_joins_two_boxes_or_components(diagram: Diagram) -> None:
    ends = {box.id for box in diagram.boxes} | {box.component for box in diagram.boxes}

    assert {end for arrow in [*diagram.arrows, *diagram.waits] for end in arrow} <= ends
    assert [arrow for arrow in diagram.arrows if arrow[0] == arrow[1]] == []


def test_what_the_function_s_role_may_do_is_told_at_its_arrows(diagram: Diagram) -> None:
    role = "InvokerFunction_Role_role"

    assert diagram.arrows[role, "GenAIEndpoint_Endpoint_endpoint"] == {"invoker-invoke"}
    assert "invoker-write-records" in diagram.arrows[role, "ModelBucket_Bucket_bucket"]


def test_an_endpoint_that_scales_has_what_scales_it() -> None:
    prod, dev = diagram_of(RUNS["prod"]), diagram_of(RUNS["dev"])
    scaling = ("GenAIEndpoint_Target_scaling", "GenAIEndpoint_Endpoint_endpoint")

    assert scaling in prod.waits
    assert scaling not in dev.waits


def test_mermaid_can_read_it(diagram: Diagram) -> None:
    first, *lines = mermaid(diagram).splitlines()
    box, end = r"\w+\[\"[\w<> -]+\"\]", r"\w+"
    known = re.compile(
        rf"subgraph \w+|end|{box}|{end} (?:-->|-\.->|-- \"[\w<>-]+\" -->) {end}", re.ASCII
    )

    assert first == "flowchart LR"
    assert [line for line in lines if not known.fullmatch(line.strip())] == []


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"architecture\.md: write <!-- Generated"):
        page("# Architecture\n")
