"""What a stack's settings mean for its bill, and what its guard says when it is wrong."""

import re
from pathlib import Path
from typing import Any

import pytest

from components import vpc_endpoints
from costs import Bounds, Load
from costs.lines import money
from costs.plan import Watching
from settings import load_stack
from settings.billed import INTERFACE_SERVICES, estimate_of, load_of, plan_of
from settings.component_args import guard_args
from tests.settings.stacks import parse, problems_of, right_but

ROOT = Path(__file__).parents[2]
TOPIC = "arn:aws:sns:us-east-1:123456789012:costs"
SCALED = {"genai:endpoint.instances": {"initial": 2, "min": 2, "max": 4}}
VLLM = {"genai:image.family": "vllm", "genai:endpoint.instanceType": "ml.g6e.2xlarge"}
ASLEEP = {"genai:endpoint.mode": "scale-to-zero", "genai:endpoint.instances": {"max": 4}}
HOURS = {"genai:guard.workHours": {"from": "07:00", "to": "19:00"}}
VPC = {
    "subnetIds": ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
    "securityGroupIds": ["sg-0a1b2c3d"],
    "endpoints": {"vpcId": "vpc-0a1b2c3d", "routeTableIds": ["rtb-0a1b2c3d"]},
}


def bounds(changes: dict[str, Any], project_dir: Path) -> Bounds:
    (fleet,) = plan_of(parse(right_but(changes), project_dir)).fleets
    return fleet.capacity.usual


def watching(changes: dict[str, Any], project_dir: Path) -> Watching:
    return plan_of(parse(right_but(changes), project_dir)).watching


@pytest.mark.parametrize(
    ("changes", "least", "greatest"),
    [
        ({}, 1, 1),
        ({"genai:endpoint.instances.initial": 3}, 3, 3),
        (SCALED, 2, 4),
        ({"genai:endpoint.mode": "async", "genai:endpoint.instances.max": 4}, 0, 4),
        ({"genai:endpoint.mode": "async"}, 1, 1),
        # A copy takes half of an instance's memory, so that two fit; one copy at most.
        (ASLEEP, 0, 1),
        ({**ASLEEP, "genai:endpoint.inferenceComponent": {"minCopies": 3, "maxCopies": 6}}, 2, 3),
        ({**ASLEEP, "genai:endpoint.inferenceComponent": {"maxCopies": 8}}, 0, 4),
    ],
)
def test_instances_run_between_the_bounds_of_their_mode(
    changes: dict[str, Any], least: int, greatest: int, project_dir: Path
) -> None:
    assert bounds(changes, project_dir) == Bounds(least=least, greatest=greatest)


def test_variants_and_a_shadow_run_beside_the_main_one(project_dir: Path) -> None:
    said = {"genai:endpoint.variants": {"bigger": {"instanceType": "ml.m5.xlarge", "initial": 2}}}
    shadow = {"genai:endpoint.shadow": {"instanceType": "ml.c5.large"}}

    plan = plan_of(parse(right_but(said), project_dir))
    shadowed = plan_of(parse(right_but(shadow), project_dir))

    assert [(f.variant, f.instance_type, f.capacity.usual.least) for f in plan.fleets] == [
        ("AllTraffic", "ml.m5.large", 1),
        ("bigger", "ml.m5.xlarge", 2),
    ]
    assert [(f.variant, f.instance_type) for f in shadowed.fleets][1] == ("Shadow", "ml.c5.large")


def test_serverless_has_memory_and_what_it_keeps_warm(project_dir: Path) -> None:
    config = right_but({"genai:endpoint": {"mode": "serverless"}})
    plain = plan_of(parse(config, project_dir)).serverless
    config["genai:endpoint"]["serverless"] = {"memoryMib": 2048, "provisionedConcurrency": 2}
    warm = plan_of(parse(config, project_dir)).serverless
    config["genai:endpoint"]["serverless"]["maxProvisionedConcurrency"] = 4
    scaled = plan_of(parse(config, project_dir)).serverless

    assert plain is not None
    assert (plain.memory_mib, plain.provisioned) == (4096, None)
    assert warm is not None
    assert warm.provisioned is not None
    assert warm.provisioned.usual == Bounds(least=2, greatest=2)
    assert scaled is not None
    assert scaled.provisioned is not None
    assert scaled.provisioned.usual == Bounds(least=2, greatest=4)


def test_an_endpoint_that_is_switched_off_is_not_billed(project_dir: Path) -> None:
    bill = estimate_of(parse(right_but({"genai:endpoint.enabled": False}), project_dir))

    assert "endpoint" not in {line.part for line in bill.lines}
    assert bill.greatest_usd < 17


@pytest.mark.parametrize(
    ("changes", "alarms", "fast"),
    [
        ({}, 0, 0),
        (SCALED, 2, 0),
        ({**VLLM, **SCALED}, 0, 2),
        ({"genai:endpoint.rollout": {"strategy": "canary"}}, 3, 0),
        ({"genai:endpoint.rollout": {"strategy": "canary"}, "genai:endpoint.mode": "async"}, 1, 0),
        ({"genai:endpoint.mode": "async", "genai:endpoint.instances.max": 2}, 3, 0),
    ],
)
def test_alarms_of_scaling_and_rollouts_are_counted_by_their_metrics(
    changes: dict[str, Any], alarms: int, fast: int, project_dir: Path
) -> None:
    found = watching({**changes, "genai:watch": {"enabled": False}}, project_dir)

    assert (found.alarm_metrics, found.fast_alarm_metrics) == (alarms, fast)


def test_the_costs_are_found_by_the_tags_that_every_resource_carries(project_dir: Path) -> None:
    settings = parse(
        right_but(
            {
                "genai:tags": {"Project": "search", "Team": "a"},
                "genai:guard": {"maxMonthlyUsd": 200},
            }
        ),
        project_dir,
    )

    guarded = guard_args(settings)

    assert guarded is not None
    assert guarded["cost_tags"] == {"Project": "search", "Stack": "dev"}


def test_vpc_endpoints_are_counted_by_service_and_subnet(project_dir: Path) -> None:
    plan = plan_of(parse(right_but({"genai:endpoint.vpc": VPC}), project_dir))

    assert plan.vpc_interfaces == 12
    assert len(vpc_endpoints.INTERFACE_SERVICES) == INTERFACE_SERVICES


def test_the_load_is_the_stacks(project_dir: Path) -> None:
    said = {"genai:guard.load": {"requestsPerDay": 50, "secondsPerRequest": 0.5}}

    assert load_of(parse(right_but({}), project_dir)) == Load()
    assert load_of(parse(right_but(said), project_dir)) == Load(
        requests_per_day=50, seconds_per_request=0.5
    )


def test_work_hours_become_two_schedules_and_cost_less(project_dir: Path) -> None:
    settings = parse(right_but({**ASLEEP, **HOURS}), project_dir)

    assert {
        name: (entry.schedule, entry.min, entry.max) for name, entry in settings.schedules.items()
    } == {
        "work-hours-begin": ("cron(0 7 ? * MON-FRI *)", 0, 1),
        "work-hours-end": ("cron(0 19 ? * MON-FRI *)", 0, 0),
    }
    # 60 of 168 hours of 83.95
    assert estimate_of(settings).lines[0].greatest_usd == pytest.approx(29.98, abs=0.01)


def test_work_hours_of_every_day_name_no_day_of_the_week(project_dir: Path) -> None:
    hours = {"from": "07:30", "to": "19:45", "days": "*", "timezone": "Europe/Berlin"}
    settings = parse(right_but({**ASLEEP, "genai:guard.workHours": hours}), project_dir)

    begin = settings.schedules["work-hours-begin"]
    assert (begin.schedule, begin.timezone) == ("cron(30 7 * * ? *)", "Europe/Berlin")


@pytest.mark.parametrize(
    ("key", "value", "named", "message", "fix"),
    [
        (
            "genai:guard.maxMonthlyUsd",
            0,
            "",
            "expected a number above 0 and at most 10000000, found the number 0",
            "write maxMonthlyUsd: 200",
        ),
        (
            "genai:guard.maxMonthlyUsd",
            "200 USD",
            "",
            'expected a number above 0 and at most 10000000, found the text "200 USD"',
            "write maxMonthlyUsd: 200",
        ),
        (
            "genai:guard.emails",
            ["team"],
            "genai:guard.emails.0",
            '"team" is not an e-mail address',
            "write such as team@example.com",
        ),
        (
            "genai:guard.topicArn",
            "costs",
            "",
            '"costs" is not the ARN of an SNS topic',
            "write such as arn:aws:sns:us-east-1:123456789012:results",
        ),
        (
            "genai:guard.workHours",
            {"from": "7", "to": "19:00"},
            "genai:guard.workHours.from",
            '"7" is not a time of the day, from 00:00 to 23:59',
            'write hours and minutes, in quotes: "07:00"',
        ),
        (
            "genai:guard.workHours",
            {"from": "07:00", "to": "19:00", "timezone": "Berlin"},
            "genai:guard.workHours.timezone",
            '"Berlin" is not a time zone',
            "did you mean Europe/Berlin?",
        ),
        (
            "genai:guard.load.hoursPerDay",
            25,
            "",
            "expected a number above 0 and at most 24, found the number 25",
            "write hoursPerDay: 8.0",
        ),
    ],
)
def test_a_wrong_value_is_named_and_explained(
    key: str, value: Any, named: str, message: str, fix: str, project_dir: Path
) -> None:
    (problem,) = problems_of(right_but({key: value}), project_dir)

    assert (problem.key, problem.message, problem.fix) == (named or key, message, fix)


def limited(limit: float, **changes: Any) -> dict[str, Any]:
    return {
        "genai:guard.maxMonthlyUsd": limit,
        **{f"genai:{key}": value for key, value in changes.items()},
    }


def test_a_limit_that_holds_is_right(project_dir: Path) -> None:
    assert problems_of(right_but(limited(102)), project_dir) == []


def test_the_most_that_may_run_counts_and_not_the_least(project_dir: Path) -> None:
    config = right_but({**limited(102), "genai:endpoint.instances": {"max": 2}})

    (problem,) = problems_of(config, project_dir)

    assert problem.rule == "GA901"
    assert problem.message == (
        "is 102.00, and the settings allow at least 185.35 USD a month; most of it: ml.m5.large (AllTraffic) 167.90, "
        "metrics of the function 10.80, dashboards 3.00"
    )
    assert problem.fix == (
        "write endpoint.instances.max: 1, or host it as serverless with 4096 MB (about 4.87 USD a month), or raise it "
        "to 186"
    )


def test_what_no_instance_would_help_is_only_raised(project_dir: Path) -> None:
    (problem,) = problems_of(right_but(limited(1)), project_dir)

    assert problem.fix == "raise it to 102"


def test_a_limit_is_told_together_with_everything_else(project_dir: Path) -> None:
    config = right_but({**limited(10), "genai:bucket": {"protect": True, "forceDestroy": True}})

    assert {problem.rule for problem in problems_of(config, project_dir)} == {"GA104", "GA901"}


def test_a_limit_says_nothing_while_another_setting_is_wrong_by_itself(project_dir: Path) -> None:
    config = right_but({**limited(10), "genai:endpoint.instanceType": "ml.m5.larg"})

    assert [problem.key for problem in problems_of(config, project_dir)] == [
        "genai:endpoint.instanceType"
    ]


def test_a_limit_of_a_stack_without_an_endpoint_is_held_too(project_dir: Path) -> None:
    config = right_but({**limited(20), "genai:endpoint.enabled": False})

    assert problems_of(config, project_dir) == []


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ({"mode": "realtime"}, "choose the mode async or scale-to-zero, or take"),
        ({"mode": "serverless", "instanceType": None}, "remove it"),
    ],
)
def test_work_hours_are_refused_where_they_would_do_nothing(
    said: dict[str, Any], fix: str, project_dir: Path
) -> None:
    config = right_but(HOURS)
    config["genai:endpoint"] |= said
    config["genai:endpoint"] = {k: v for k, v in config["genai:endpoint"].items() if v}

    (problem,) = problems_of(config, project_dir)

    assert problem.rule == "GA903"
    assert problem.fix.startswith(fix)


@pytest.mark.parametrize(("stack", "told"), [("dev", "84"), ("prod", "3,804")])
def test_the_readme_tells_what_the_estimate_says(stack: str, told: str) -> None:
    readme = (ROOT / "README.md").read_text()
    instances = estimate_of(load_stack(ROOT, stack)).lines[0]

    assert re.search(rf"the {stack} stack's .*?\({told} USD a month\)", readme, re.DOTALL)
    assert instances.least_usd is not None
    assert f"{instances.least_usd:,.0f}" == told


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_guide_to_costs_tells_what_the_estimate_says(stack: str) -> None:
    bill = estimate_of(load_stack(ROOT, stack))
    guide = (ROOT / "docs" / "costs.md").read_text()
    instances = bill.lines[0]

    (row,) = [row for row in guide.splitlines() if row.startswith(f"| {stack}: ")]
    assert instances.least_usd is not None
    assert instances.greatest_usd is not None
    assert row.endswith(
        f"| {money(instances.least_usd, instances.greatest_usd)} | {bill.told.removesuffix(' a month')} |"
    )
