"""What holds for a function with every option."""

from typing import Any

import pytest

from components import InvokerFunction
from rehearsal.program import ProgramRun
from tests.components.configurations import (
    INVOKER_CONFIGURATIONS,
    TAGS,
    deploy_invoker,
    invoker_run_of,
)
from tests.components.policies import accepts_tags, allow_statements, as_list
from tests.harness import inputs_of, policy_of

TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
NETWORK_INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
NAMED_BY_US = {"Alias", "LogGroup", "Stage"}


@pytest.fixture(params=INVOKER_CONFIGURATIONS)
def configuration(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def run(configuration: str) -> ProgramRun:
    return invoker_run_of(configuration)


def test_a_preview_registers_the_same_resources(configuration: str, run: ProgramRun) -> None:
    previewed = invoker_run_of(configuration, preview=True)

    assert sorted((r.type, r.name) for r in previewed.registrations) == sorted(
        (r.type, r.name) for r in run.registrations
    )


def test_every_declared_output_is_a_text(run: ProgramRun) -> None:
    outputs = run.outputs_of["genai:index:InvokerFunction::f"]

    assert outputs.keys() == InvokerFunction.__annotations__.keys()
    assert {name: value for name, value in outputs.items() if not isinstance(value, str)} == {}


def test_every_resource_is_a_child_of_the_component(run: ProgramRun) -> None:
    orphans = [
        r.name
        for r in run.registrations
        if r.custom and "genai:index:InvokerFunction" not in r.parent
    ]

    assert orphans == []


def test_every_resource_that_can_carry_tags_does(run: ProgramRun) -> None:
    taggable = [r for r in run.registrations if r.custom and accepts_tags(r.type)]

    assert len(taggable) >= 3
    assert {r.name: inputs_of(r).get("tags") for r in taggable} == {r.name: TAGS for r in taggable}


def test_no_policy_allows_a_wildcard_action(run: ProgramRun) -> None:
    actions = [a for s in allow_statements(run) for a in as_list(s["Action"])]

    assert len(actions) >= 3
    assert [action for action in actions if "*" in action] == []


def test_only_traces_and_network_interfaces_are_allowed_on_every_resource(
    run: ProgramRun, configuration: str
) -> None:
    args = INVOKER_CONFIGURATIONS[configuration]
    everywhere = {
        action
        for statement in allow_statements(run)
        if "*" in as_list(statement.get("Resource", []))
        for action in as_list(statement["Action"])
    }

    traced = TRACES if args.get("tracing", True) else set[str]()
    assert everywhere == traced | (NETWORK_INTERFACES if args.get("vpc") else set[str]())


def test_every_queue_is_encrypted_and_takes_tls_only(run: ProgramRun) -> None:
    queues = {queue.name: inputs_of(queue) for queue in run.all("aws:sqs/queue:Queue")}
    policies = {p.name: policy_of(p) for p in run.all("aws:sqs/queuePolicy:QueuePolicy")}

    assert policies.keys() == {f"{name}-policy" for name in queues}
    for name, queue in queues.items():
        assert queue.get("sqsManagedSseEnabled", False) != ("kmsMasterKeyId" in queue)
        assert policies[f"{name}-policy"]["Statement"][0] == {
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": f"arn:mock:aws:sqs/queue:Queue:{name}",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }


def test_nobody_is_let_in_unsigned(run: ProgramRun) -> None:
    urls = run.all("aws:lambda/functionUrl:FunctionUrl")
    routes = run.all("aws:apigatewayv2/route:Route")
    permissions = run.all("aws:lambda/permission:Permission")

    assert {inputs_of(url)["authorizationType"] for url in urls} <= {"AWS_IAM"}
    assert {inputs_of(route)["authorizationType"] for route in routes} <= {"AWS_IAM"}
    assert {inputs_of(p)["principal"] for p in permissions} <= {
        "arn:aws:iam::123456789012:root",
        "apigateway.amazonaws.com",
    }


def test_nothing_has_a_fixed_name_that_a_change_would_have_to_replace(run: ProgramRun) -> None:
    named = {r.type.rpartition(":")[2] for r in run.registrations if "name" in inputs_of(r)}

    assert named <= NAMED_BY_US


def test_an_unchanged_program_changes_nothing(configuration: str, run: ProgramRun) -> None:
    again = deploy_invoker(INVOKER_CONFIGURATIONS[configuration])

    def all_inputs(of: ProgramRun) -> dict[str, Any]:
        return {f"{r.type} {r.name}": inputs_of(r) for r in of.registrations}

    assert all_inputs(run) == all_inputs(again)
