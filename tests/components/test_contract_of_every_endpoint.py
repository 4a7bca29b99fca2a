"""What holds for an endpoint of every mode and with every feature."""

from typing import Any

import pytest

from components import GenAIEndpoint
from rehearsal.program import ProgramRun
from tests.components.configurations import CONFIGURATIONS, TAGS, run_of
from tests.components.policies import accepts_tags, allow_statements, as_list
from tests.harness import deploy, inputs_of

# Actions for which AWS has no resource type, or documents every resource.
ON_EVERY_RESOURCE = {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"}
VPC_ACTIONS = {
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
}
NAMED_BY_US = {"Endpoint", "LogGroup", "MetricAlarm"}


@pytest.fixture(params=CONFIGURATIONS)
def configuration(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def run(configuration: str) -> ProgramRun:
    return run_of(configuration)


def test_a_preview_registers_the_same_resources(configuration: str, run: ProgramRun) -> None:
    previewed = run_of(configuration, preview=True)

    assert sorted((r.type, r.name) for r in previewed.registrations) == sorted(
        (r.type, r.name) for r in run.registrations
    )


def test_every_declared_output_is_a_text(run: ProgramRun) -> None:
    outputs = run.outputs_of["genai:index:GenAIEndpoint::m"]

    assert outputs.keys() == GenAIEndpoint.__annotations__.keys()
    assert {name: value for name, value in outputs.items() if not isinstance(value, str)} == {}


def test_every_resource_is_a_child_of_the_component(run: ProgramRun) -> None:
    orphans = [
        r.name
        for r in run.registrations
        if r.custom and "genai:index:GenAIEndpoint" not in r.parent
    ]

    assert orphans == []


def test_every_resource_that_can_carry_tags_does(run: ProgramRun) -> None:
    taggable = [r for r in run.registrations if r.custom and accepts_tags(r.type)]

    assert len(taggable) >= 2
    assert {r.name: inputs_of(r).get("tags") for r in taggable} == {r.name: TAGS for r in taggable}


def test_no_policy_allows_a_wildcard_action(run: ProgramRun, configuration: str) -> None:
    actions = [a for s in allow_statements(run) for a in as_list(s["Action"])]

    assert bool(actions) == (configuration != "own-role")
    assert [action for action in actions if "*" in action] == []


def test_only_the_actions_meant_to_be_are_allowed_on_every_resource(
    run: ProgramRun, configuration: str
) -> None:
    everywhere = {
        action
        for statement in allow_statements(run)
        if "*" in as_list(statement.get("Resource", []))
        for action in as_list(statement["Action"])
    }

    assert everywhere - ON_EVERY_RESOURCE == (
        VPC_ACTIONS if configuration.startswith("vpc") else set()
    )


def test_statement_ids_are_unique_in_a_policy(run: ProgramRun) -> None:
    ids = [statement["Sid"] for statement in allow_statements(run) if "Sid" in statement]

    assert len(ids) == len(set(ids))


def test_nothing_has_a_fixed_name_that_a_change_would_have_to_replace(run: ProgramRun) -> None:
    named = {r.type.rpartition(":")[2] for r in run.registrations if "name" in inputs_of(r)}

    assert named <= NAMED_BY_US


def test_an_unchanged_program_changes_nothing(configuration: str, run: ProgramRun) -> None:
    again = deploy(lambda: GenAIEndpoint("m", CONFIGURATIONS[configuration]))

    def all_inputs(of: ProgramRun) -> dict[str, Any]:
        return {f"{r.type} {r.name}": inputs_of(r) for r in of.registrations}

    assert all_inputs(run) == all_inputs(again)
