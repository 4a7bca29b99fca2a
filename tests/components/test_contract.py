"""What holds for every component; a new one joins by being in `components.__all__`."""

import ast
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, is_typeddict

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer

import components
from components.endpoint import feature_args
from components.invoker import feature_args as invoker_feature_args
from components.watching import args as watching_args
from rehearsal.program import ProgramRun
from tests.components.configurations import TAGS
from tests.components.policies import accepts_tags, allow_statements, as_list
from tests.harness import deploy, inputs_of

Program = Callable[[], None]
COMPONENTS = [
    getattr(components, name)
    for name in components.__all__
    if inspect.isclass(getattr(components, name))
    and issubclass(getattr(components, name), pulumi.ComponentResource)
]
# Actions for which AWS has no resource type, so that "*" is the only resource there is.
NO_RESOURCE_TYPE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


@pytest.fixture(params=COMPONENTS, ids=lambda component: component.__name__)
def component(request: pytest.FixtureRequest) -> type[pulumi.ComponentResource]:
    return request.param


@pytest.fixture(scope="module")
def run(everything: Program) -> ProgramRun:
    """Recorded once: the tests only read it."""
    return deploy(everything)


def test_all_components_are_covered() -> None:
    assert {c.__name__ for c in COMPONENTS} >= {
        "CostGuard",
        "ModelBucket",
        "GenAIEndpoint",
        "InvokerFunction",
        "Observability",
        "VpcEndpoints",
    }


@pytest.mark.parametrize(
    ("module", "groups"), [(feature_args, 10), (invoker_feature_args, 5), (watching_args, 4)]
)
def test_the_arguments_of_features_are_documented_too(module: ModuleType, groups: int) -> None:
    nested = [
        value
        for value in vars(module).values()
        if is_typeddict(value) and value.__module__ == module.__name__
    ]

    assert len(nested) == groups
    undocumented = {n.__name__: set(n.__annotations__) - documented_fields(n) for n in nested}
    assert {name: fields for name, fields in undocumented.items() if fields} == {}


def test_its_type_token_is_its_class_name(
    component: type[pulumi.ComponentResource], run: ProgramRun
) -> None:
    assert run.only(f"genai:index:{component.__name__}").name == "genai"


def test_it_takes_name_args_and_opts(component: type[pulumi.ComponentResource]) -> None:
    parameters = inspect.signature(component.__init__).parameters

    assert list(parameters) == ["self", "name", "args", "opts"]
    assert parameters["opts"].default is None


def test_its_args_are_a_documented_typed_dict(component: type[pulumi.ComponentResource]) -> None:
    args_type: Any = getattr(components, f"{component.__name__}Args")
    undocumented = set(args_type.__annotations__) - documented_fields(args_type)

    assert undocumented == set()


def test_pulumis_own_analyzer_can_publish_it_to_other_languages(
    component: type[pulumi.ComponentResource],
) -> None:
    published = Analyzer("genai").analyze([component])["component_definitions"]

    definition = published[component.__name__]
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, about in described.items() if not about.description] == []
    assert list(definition.outputs_mapping.values()) == list(component.__annotations__)


def test_its_outputs_are_documented(component: type[pulumi.ComponentResource]) -> None:
    assert set(component.__annotations__) - documented_fields(component) == set()


def test_it_registers_the_outputs_it_declares(
    component: type[pulumi.ComponentResource], run: ProgramRun
) -> None:
    registered = run.outputs_of[f"genai:index:{component.__name__}::genai"]
    assert registered.keys() == component.__annotations__.keys()


def test_every_resource_is_a_child_of_its_component(run: ProgramRun) -> None:
    orphans = [r.name for r in run.registrations if r.custom and "genai:index:" not in r.parent]
    assert orphans == []


def test_every_resource_that_can_carry_tags_does(run: ProgramRun) -> None:
    taggable = [r for r in run.registrations if r.custom and accepts_tags(r.type)]

    assert len(taggable) >= 8
    assert {r.name: inputs_of(r).get("tags") for r in taggable} == {r.name: TAGS for r in taggable}


def test_no_policy_allows_a_wildcard_action(run: ProgramRun) -> None:
    actions = [a for s in allow_statements(run) for a in as_list(s["Action"])]
    assert len(actions) > 10
    assert [action for action in actions if "*" in action] == []


def test_only_actions_without_resource_type_are_allowed_on_every_resource(
    run: ProgramRun,
) -> None:
    everywhere = {
        action
        for statement in allow_statements(run)
        if "*" in as_list(statement.get("Resource", []))
        for action in as_list(statement["Action"])
    }
    assert everywhere == NO_RESOURCE_TYPE


def test_no_role_has_a_managed_policy(run: ProgramRun) -> None:
    assert run.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment") == []
    assert [r for r in run.all("aws:iam/role:Role") if "managedPolicyArns" in inputs_of(r)] == []


def test_every_role_trusts_one_service_on_behalf_of_this_account(run: ProgramRun) -> None:
    for role in run.all("aws:iam/role:Role"):
        (statement,) = json.loads(inputs_of(role)["assumeRolePolicy"])["Statement"]
        assert statement["Principal"].keys() == {"Service"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_every_log_group_expires(run: ProgramRun) -> None:
    groups = run.all("aws:cloudwatch/logGroup:LogGroup")
    assert {g.name: inputs_of(g)["retentionInDays"] for g in groups} == {
        "genai-api-logs": 30,
        "genai-container-logs": 30,
        "genai-logs": 30,
    }


def test_a_preview_registers_the_same_resources_with_unknown_outputs(
    everything: Program, run: ProgramRun
) -> None:
    previewed = deploy(everything, preview=True)

    assert sorted((r.type, r.name) for r in previewed.registrations) == sorted(
        (r.type, r.name) for r in run.registrations
    )


def test_no_component_creates_a_resource_inside_apply() -> None:
    """The preview above proves it for what ran; this proves it for what did not."""
    for path in Path(components.__path__[0]).rglob("*.py"):
        tree = ast.parse(path.read_text())
        applied = [
            node
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "apply"
            for argument in call.args
            for node in ast.walk(argument)
            if isinstance(node, ast.keyword) and node.arg == "opts"
        ]
        assert applied == [], path.name


def test_children_inherit_nothing_but_the_parent() -> None:
    def program() -> None:
        with_options = pulumi.ResourceOptions(ignore_changes=["tags"], depends_on=[])
        components.InvokerFunction(
            "optioned",
            {
                "endpoint_name": "e",
                "bucket_name": "b",
                "contract": "pipelines",
                "model_uri": "s3://m/k.tar.gz",
            },
            with_options,
        )

    run = deploy(program)

    assert {
        r.name: list(r.ignoreChanges) for r in run.registrations if r.custom and r.ignoreChanges
    } == {}


def documented_fields(owner: type) -> set[str]:
    """Fields that are followed by a string, which is where Pulumi's analyzer looks for their meaning."""
    (definition,) = ast.parse(inspect.getsource(owner)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id
        for field, text in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }
