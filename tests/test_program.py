"""`__main__.py`, run with each stack file of this project as the Pulumi CLI would run it."""

import contextlib
import json
import runpy
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import pulumi
import pytest

from components import CostGuardArgs, InvokerFunctionArgs, ObservabilityArgs
from components.endpoint import feature_args
from components.invoker import feature_args as invoker_feature_args
from components.watching import args as watching_args
from components.watching.thresholds import Thresholds
from components.watching.watch_alarm import KEYS
from rehearsal.program import ProgramRun, run_program
from settings import (
    component_args,
    encode_pulumi_config,
    limits,
    parse_settings,
    read_stack_file,
    stack_names,
)
from settings.billed import plan_of
from settings.component_args import GuardArgs
from settings.component_args import invoker as invoker_component_args
from settings.component_args.invoker import InvokerArgs
from settings.component_args.watch import WatchArgs
from settings.draft import Draft
from settings.function_variables import bytes_of_variables
from settings.sections.watch import AlarmName, ThresholdSettings, WatchSettings
from tests.harness import EchoMocks, deploy, inputs_of

PROJECT_DIR = Path(__file__).resolve().parent.parent
STACKS = stack_names(PROJECT_DIR)
LONGEST_SAGEMAKER_NAME = 63
LONGEST_ROLE_OR_FUNCTION_NAME = 64
ALWAYS_EXPORTED = {
    *("bucket_name", "endpoint_arn", "endpoint_name", "estimated_monthly_usd"),
    *("function_arn", "function_name"),
}
WATCHED = {"alarm_topic_arn", "dashboard_url"}
WAYS_IN = {
    "dead_letter_queue_url",
    "failed_events_queue_url",
    "function_alias",
    "function_url",
    "inputs_queue_arn",
    "inputs_uri",
}


def main() -> None:
    with contextlib.chdir(PROJECT_DIR):
        runpy.run_path("__main__.py", run_name="__main__")


def run_stack(stack: str, *, preview: bool = False) -> ProgramRun:
    config = read_stack_file(PROJECT_DIR, stack)
    return deploy(main, stack=stack, config=config, preview=preview)


def only_inputs(run: ProgramRun, resource_type: str) -> dict[str, Any]:
    return inputs_of(run.only(resource_type))


def test_the_project_has_a_dev_and_a_prod_stack() -> None:
    assert {"dev", "prod"} <= set(STACKS)


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_exports_what_callers_need(stack: str) -> None:
    assert run_stack(stack).exports.keys() == ALWAYS_EXPORTED | WATCHED | WAYS_IN


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_can_be_previewed(stack: str) -> None:
    previewed, deployed = run_stack(stack, preview=True), run_stack(stack)

    assert len(previewed.registrations) == len(deployed.registrations)
    assert previewed.exports["endpoint_name"] == f"genai-{stack}"


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_tags_its_resources_with_its_name(stack: str) -> None:
    run = run_stack(stack)

    assert only_inputs(run, "aws:sagemaker/endpoint:Endpoint")["tags"]["Stack"] == stack


@pytest.mark.parametrize("stack", STACKS)
def test_the_function_may_do_what_its_settings_ask_for_and_nothing_else(stack: str) -> None:
    run = run_stack(stack)

    role = "genai-role"
    granted = [
        statement["Action"]
        for policy in run.all("aws:iam/rolePolicy:RolePolicy")
        if inputs_of(policy)["role"] == role
        for statement in json.loads(inputs_of(policy)["policy"])["Statement"]
    ]
    assert sorted(granted, key=str) == [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        ["s3:GetObject", "s3:GetObjectVersion"],  # inputs
        ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"],
        [
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "s3:GetObject",  # claims
        "s3:GetObject",  # results
        "s3:ListBucket",  # inputs and results
        "s3:PutObject",  # records
        "s3:PutObject",  # claims
        "s3:PutObject",  # results, and requests for later
        "sqs:SendMessage",  # failed events
    ]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"genai:invoker": {"metrics": False, "retries": {"afterTimeout": True}}},
        {"genai:invoker": {"inputs": {"enabled": True}, "asynchronous": {"retries": 1}}},
        {"genai:invoker": {"records": {"redact": ["email", {"pattern": "ü", "replacement": "ö"}]}}},
        {
            "genai:invoker": {
                "contract": "template",
                "template": {"request": {"é": "<<prompt>>"}, "text": "t", "finishReason": "a.b"},
            }
        },
        {"genai:endpoint": {"instanceType": "ml.m5.large", "mode": "scale-to-zero"}},
        {
            "genai:model": {"source": "s3://models/qwen/"},
            "genai:image": {"family": "vllm"},
            "genai:endpoint": {"instanceType": "ml.g6e.xlarge"},
            "genai:invoker": {"url": "iam", "streaming": True},
        },
    ],
)
def test_the_function_s_variables_are_as_long_as_the_settings_say(said: dict[str, Any]) -> None:
    config = {**read_stack_file(PROJECT_DIR, "dev"), "genai:guard": {}, **said}
    *_, function = deploy(main, stack="dev", config=config).all("aws:lambda/function:Function")
    variables: dict[str, str] = inputs_of(function)["environment"]["variables"]
    draft = Draft(
        {key.removeprefix("genai:"): section for key, section in config.items()},
        (),
        region="us-east-1",
        project="genai",
        stack="dev",
        project_dir=PROJECT_DIR,
    )

    written = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    # The mock's name of a bucket has no suffix.
    of_bucket = sum("genai-bucket" in value for value in variables.values())
    assert sum(bytes_of_variables(draft).values()) == (
        written + of_bucket * limits.NAME_SUFFIX_LENGTH
    )


def test_dev_uploads_the_storyteller_and_hosts_it_on_a_cpu() -> None:
    run = run_stack("dev")

    uploaded = only_inputs(run, "aws:s3/bucketObjectv2:BucketObjectv2")
    container = only_inputs(run, "aws:sagemaker/model:Model")["primaryContainer"]
    assert container["modelDataSource"]["s3DataSources"][0]["s3Uri"].endswith(uploaded["key"])
    assert "/pytorch-inference:" in container["image"]
    assert run.only("aws:s3/bucket:Bucket").protect is False


def test_prod_hosts_a_prefix_on_a_gpu_behind_a_protected_bucket() -> None:
    run = run_stack("prod")

    container = only_inputs(run, "aws:sagemaker/model:Model")["primaryContainer"]
    (source,) = container["modelDataSource"]["s3DataSources"]
    assert "/vllm:" in container["image"]
    assert (source["s3DataType"], source["compressionType"]) == ("S3Prefix", "None")
    (variant,) = only_inputs(run, "aws:sagemaker/endpointConfiguration:EndpointConfiguration")[
        "productionVariants"
    ]
    assert variant["instanceType"].startswith("ml.g")
    assert run.only("aws:s3/bucket:Bucket").protect
    environment = only_inputs(run, "aws:lambda/function:Function")["environment"]["variables"]
    assert environment["GENAI_CONTRACT"] == "openai-chat"


def test_the_real_cli_hands_over_its_configuration_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = encode_pulumi_config(read_stack_file(PROJECT_DIR, "dev"))
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config))

    run = deploy(main, stack="dev")

    assert run.exports["endpoint_name"] == "genai-dev"


@pytest.mark.parametrize("project", ["my_team.Search", "a" * 40 + "_" + "b" * 59])
def test_a_project_of_any_name_gives_resources_the_names_that_aws_allows(project: str) -> None:
    config = {
        key.replace("genai:", f"{project}:"): said
        for key, said in read_stack_file(PROJECT_DIR, "dev").items()
    }
    config[f"{project}:endpoint"]["name"] = "search"

    run = run_program(main, EchoMocks(), project=project, stack="dev", config=config)

    names = {r.type.rpartition(":")[2]: f"{r.name}-0a1b2c3" for r in run.registrations}
    for resource, shape in {
        "Model": "ModelName",
        "EndpointConfiguration": "EndpointConfigName",
    }.items():
        assert limits.shape_regex(shape).fullmatch(names[resource])
        assert len(names[resource]) <= LONGEST_SAGEMAKER_NAME
    assert limits.BUCKET_NAME.fullmatch(names["Bucket"].lower())
    assert max(len(names["Role"]), len(names["Function"])) <= LONGEST_ROLE_OR_FUNCTION_NAME


def test_a_secret_within_a_section_is_refused_though_pulumi_has_decrypted_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = read_stack_file(PROJECT_DIR, "dev")
    config["genai:image"]["env"] = {"KEY": "s3cret"}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(encode_pulumi_config(config)))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["genai:image"]))

    with pytest.raises(pulumi.RunError, match="genai:image\n    is encrypted") as refused:
        deploy(main, stack="dev")

    assert "s3cret" not in str(refused.value)


def test_what_it_costs_is_exported_and_watched_by_a_budget_on_its_tags() -> None:
    run = run_stack("dev")

    budget = only_inputs(run, "aws:budgets/budget:Budget")
    costs = run.exports["estimated_monthly_usd"]
    assert costs["least"] <= costs["greatest"] <= float(budget["limitAmount"]) == 120
    assert costs["is_complete"] is False
    assert budget["filterExpression"]["ands"] == [
        {"tags": {"key": "Project", "values": ["genai"]}},
        {"tags": {"key": "Stack", "values": ["dev"]}},
    ]


def test_what_it_costs_is_told_in_a_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", told.append)

    run_stack("prod", preview=True)

    assert told == [
        "This stack costs 3,815.57 to 7,626.80 USD a month; genai cost prod says what for."
    ]


@pytest.mark.parametrize("preview", [True, False])
def test_a_stack_that_costs_too_much_is_refused_before_any_resource(*, preview: bool) -> None:
    config = read_stack_file(PROJECT_DIR, "prod")
    config["genai:guard"] = {"maxMonthlyUsd": 4000}
    registered: list[str] = []

    with pytest.raises(pulumi.RunError) as refused:
        run_program_recording(config, registered, stack="prod", preview=preview)

    text = str(refused.value)
    assert registered == []
    assert "genai:guard.maxMonthlyUsd (GA901)" in text
    assert "most of it: ml.g6e.xlarge (AllTraffic) 7,607.77" in text
    assert "Fix: write endpoint.instances.max: 2" in text


BILLED: dict[str, tuple[str, dict[str, Any]]] = {
    "prod": ("prod", {}),
    "prod, scaled by GPUs, with another variant": (
        "prod",
        {"endpoint": {"variants": {"b": {"weight": 1}}, "scaling": {"metric": "gpu"}}},
    ),
    "dev": ("dev", {}),
    "dev, another way": (
        "dev",
        {
            "invoker": {
                "streaming": True,
                "metrics": False,
                "inputs": {"enabled": False},
                "asynchronous": {"onFailure": False},
            },
            "watch": {"thresholds": {}, "dashboard": False},
        },
    ),
    "serverless": (
        "dev",
        {"endpoint": {"mode": "serverless", "instanceType": None}, "watch": {"thresholds": {}}},
    ),
    "async": ("dev", {"endpoint": {"mode": "async", "instances": {"max": 2}}}),
    "async with a latency": (
        "dev",
        {"endpoint": {"mode": "async"}, "watch": {"thresholds": {"latencySeconds": 300}}},
    ),
    "async without what hurts": (
        "dev",
        {
            "endpoint": {"mode": "async"},
            "watch": {
                "thresholds": {"latencySeconds": 300},
                "without": [
                    *("errors", "oldest-request", "failed-requests"),
                    *("failed-replies", "function-errors", "throttles"),
                ],
            },
        },
    ),
    "scale to zero": ("dev", {"endpoint": {"mode": "scale-to-zero", "instances": {"max": 2}}}),
    "switched off": ("dev", {"endpoint": {"enabled": False}}),
    "without some": ("prod", {"watch": {"without": ["idle", "latency", "backlog"]}}),
    "unwatched": ("prod", {"watch": None}),
}


@pytest.mark.parametrize(("stack", "said"), BILLED.values(), ids=BILLED)
def test_every_alarm_metric_and_dashboard_that_is_billed_is_counted(
    stack: str, said: dict[str, dict[str, Any] | None]
) -> None:
    config = read_stack_file(PROJECT_DIR, stack)
    config.pop("genai:guard")
    for section, changes in said.items():
        if changes is None:
            config[f"genai:{section}"] = {"enabled": False}
            continue
        changed = {**config.get(f"genai:{section}", {}), **changes}
        config[f"genai:{section}"] = {k: v for k, v in changed.items() if v is not None}
    run = deploy(main, stack=stack, config=config)
    settings = parse_settings(
        config, project="genai", stack=stack, project_dir=PROJECT_DIR, source="Pulumi.test.yaml"
    )

    def metrics(alarm: Any) -> list[int]:
        """Its periods, one for each metric."""
        told = inputs_of(alarm)
        queries = told.get("metricQueries")
        if queries is None:
            return [told["period"]]
        return [query["metric"]["period"] for query in queries if "metric" in query]

    made = [
        period
        for alarm in run.all("aws:cloudwatch/metricAlarm:MetricAlarm")
        for period in metrics(alarm)
    ]
    policies = run.all("aws:appautoscaling/policy:Policy")
    tracking = [
        each for each in policies if inputs_of(each)["policyType"] == "TargetTrackingScaling"
    ]
    counted = plan_of(settings).watching
    # Scaling makes two alarms of its own for a policy that follows a metric.
    assert counted.alarm_metrics + counted.fast_alarm_metrics == len(made) + 2 * len(tracking)
    composite = run.all("aws:cloudwatch/compositeAlarm:CompositeAlarm")
    assert counted.composite_alarms == len(composite)
    assert counted.dashboards == len(run.all("aws:cloudwatch/dashboard:Dashboard"))


def test_an_unchanged_program_registers_the_same_inputs_again() -> None:
    first, second = run_stack("dev"), run_stack("dev")

    def all_inputs(run: ProgramRun) -> dict[str, Any]:
        return {f"{r.type} {r.name}": inputs_of(r) for r in run.registrations}

    assert all_inputs(first) == all_inputs(second)


BROKEN: dict[str, Callable[[dict[str, Any]], None]] = {
    "genai:endpoint.instanceType": lambda c: c["genai:endpoint"].update(instanceType="ml.m5.larg"),
    "genai:model.source": lambda c: c["genai:model"].update(source="s3//bucket/model.tar.gz"),
    "genai:endpont": lambda c: c.update({"genai:endpont": {}}),
}


def test_wrong_settings_stop_before_any_resource_and_are_told_all_at_once() -> None:
    config: dict[str, Any] = read_stack_file(PROJECT_DIR, "dev")
    for breakage in BROKEN.values():
        breakage(config)
    registered: list[str] = []

    with pytest.raises(pulumi.RunError) as refused:
        run_program_recording(config, registered)

    text = str(refused.value)
    assert registered == []
    assert [key for key in BROKEN if key not in text] == []
    assert "Pulumi.dev.yaml" in text
    assert "ml.m5.large" in text


def run_program_recording(
    config: Mapping[str, Any],
    registered: list[str],
    *,
    stack: str = "dev",
    preview: bool = False,
) -> None:
    class Recording(EchoMocks):
        def new_resource(self, args: Any) -> tuple[str | None, dict[Any, Any]]:
            registered.append(args.typ)
            return super().new_resource(args)

    run_program(main, Recording(), project="genai", stack=stack, config=config, preview=preview)


def test_the_program_reads_like_a_table_of_contents() -> None:
    assert len((PROJECT_DIR / "__main__.py").read_text().splitlines()) <= 66


def test_no_code_asks_which_stack_it_is_in() -> None:
    sources = [PROJECT_DIR / "__main__.py", *PROJECT_DIR.glob("components/*.py")]

    assert [p.name for p in sources if "stack ==" in p.read_text()] == []


@pytest.mark.parametrize(
    "name",
    [
        "AsyncArgs",
        "CaptureArgs",
        "InferenceComponentArgs",
        "RolloutArgs",
        "ScalingArgs",
        "ScheduleArgs",
        "ServerlessArgs",
        "VariantArgs",
        "VpcArgs",
        "WaysOutArgs",
    ],
)
def test_a_group_within_the_settings_arguments_is_one_that_the_component_takes(name: str) -> None:
    told, taken = getattr(component_args, name), getattr(feature_args, name)

    assert set(told.__annotations__) <= set(taken.__annotations__)
    assert set(taken.__required_keys__) <= set(told.__required_keys__)


@pytest.mark.parametrize("name", ["AliasArgs", "AsyncInvokeArgs", "FunctionVpcArgs", "InputsArgs"])
def test_a_group_within_the_functions_settings_is_one_that_the_component_takes(name: str) -> None:
    told, taken = getattr(invoker_component_args, name), getattr(invoker_feature_args, name)

    assert set(told.__annotations__) == set(taken.__annotations__)
    assert set(taken.__required_keys__) <= set(told.__required_keys__)


def test_every_argument_of_the_function_is_a_setting_or_wired_by_the_program() -> None:
    wired = {"bucket_name", "endpoint_name", "inference_component_name", "model_uri"}
    of_this_machine = {"build_directory"}

    assert {*InvokerArgs.__annotations__} | wired | of_this_machine == {
        *InvokerFunctionArgs.__annotations__
    }


def test_every_argument_of_the_guard_is_a_setting() -> None:
    assert GuardArgs.__annotations__.keys() == CostGuardArgs.__annotations__.keys()


@pytest.mark.parametrize(
    ("options", "ways_in"),
    [
        ({"versions": {"publish": False}, "asynchronous": {"onFailure": False}}, set[str]()),
        ({}, {"failed_events_queue_url", "function_alias"}),
        (
            {"url": "iam", "streaming": True, "httpApi": True, "inputs": {"enabled": True}},
            {*WAYS_IN, "http_api_url"},
        ),
    ],
)
def test_a_stack_exports_the_ways_in_that_it_asks_for(
    options: dict[str, Any], ways_in: set[str]
) -> None:
    config = read_stack_file(PROJECT_DIR, "dev")
    config["genai:invoker"] = options

    run = deploy(main, stack="dev", config=config)

    assert run.exports.keys() == ALWAYS_EXPORTED | WATCHED | ways_in
    assert len(run.all("aws:lambda/function:Function")) == (2 if "streaming" in options else 1)


@pytest.mark.parametrize(
    ("watch", "exported"),
    [({"dashboard": False}, {"alarm_topic_arn"}), ({"enabled": False}, set[str]())],
)
def test_a_stack_that_is_watched_less_exports_less(
    watch: dict[str, Any], exported: set[str]
) -> None:
    config = {**read_stack_file(PROJECT_DIR, "dev"), "genai:watch": watch}

    run = deploy(main, stack="dev", config=config)

    assert run.exports.keys() == ALWAYS_EXPORTED | WAYS_IN | exported
    assert len(run.all("aws:cloudwatch/compositeAlarm:CompositeAlarm")) == int(bool(exported))


def test_every_argument_of_what_watches_is_a_setting_or_wired_by_the_program() -> None:
    wired = {"endpoint", "function"}

    assert {*WatchArgs.__annotations__} | wired == {*ObservabilityArgs.__annotations__}
    told, taken = component_args.ThresholdsArgs, watching_args.ThresholdsArgs
    assert told.__annotations__.keys() == taken.__annotations__.keys()


def test_the_thresholds_of_the_settings_are_those_of_the_component() -> None:
    assert asdict(Thresholds()) == ThresholdSettings().model_dump()
    assert get_args(AlarmName) == KEYS
    assert WatchSettings().notify == [*watching_args.DEFAULT_NOTIFYING]


def test_inputs_go_to_the_stacks_own_bucket() -> None:
    assert run_stack("dev").exports["inputs_uri"] == "s3://genai-bucket/inputs/"
