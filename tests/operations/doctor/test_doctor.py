"""`genai doctor`: image and fleet, the checks together, and the command."""

import json
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from typer.testing import CliRunner

from cli.main import app
from operations.deployment import AwsClients, Deployment
from operations.doctor import examination
from operations.doctor.examination import CHECKS, examine
from operations.doctor.fleet import check_fleet
from operations.doctor.image import check_image
from tests.operations.doctor.patients import (
    ACCOUNT,
    CALLER,
    StubbedClients,
    found_by,
    settings_with,
    told,
)
from tests.rehearsal.front_door.stacks import Stack

MINE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/mine"
DIGEST = "sha256:" + "a" * 64


def own_image(uri: str) -> Any:
    return settings_with(image={"family": "custom", "uri": uri}, invoker={"contract": "tgi"})


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [(f"{MINE}:1.0", {"imageTag": "1.0"}), (f"{MINE}@{DIGEST}", {"imageDigest": DIGEST})],
)
def test_an_image_of_ones_own_is_asked_for_by_tag_or_digest(
    uri: str, wanted: dict[str, str]
) -> None:
    clients = StubbedClients()
    clients.answer(
        "ecr",
        "describe_images",
        {"imageDetails": [{"repositoryName": "mine"}]},
        registryId=ACCOUNT,
        repositoryName="mine",
        imageIds=[wanted],
    )

    assert told(found_by(check_image, clients, own_image(uri))) == [("ok", f"{uri} is there")]


@pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
def test_an_image_that_is_missing_is_told(code: str) -> None:
    clients = StubbedClients()
    clients.refuse("ecr", "describe_images", code)

    assert told(found_by(check_image, clients, own_image(f"{MINE}:1.0"))) == [
        ("problem", f"there is no {MINE}:1.0")
    ]


def test_of_a_foreign_registry_that_shows_nothing_nothing_is_said() -> None:
    clients = StubbedClients()
    clients.refuse("ecr", "describe_images", "RepositoryNotFoundException")
    foreign = own_image("999999999999.dkr.ecr.us-east-1.amazonaws.com/theirs:1.0")

    assert found_by(check_image, clients, foreign)[0].verdict == "unknown"


def test_aws_own_images_could_not_be_checked_and_that_is_said() -> None:
    assert found_by(check_image, StubbedClients(), settings_with())[0].verdict == "unknown"


def described(desired: int, **more: Any) -> StubbedClients:
    clients = StubbedClients()
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/genai-dev"
    clients.answer(
        "sagemaker",
        "describe_endpoint",
        {
            "EndpointName": "genai-dev",
            "EndpointArn": arn,
            "EndpointStatus": "InService",
            "CreationTime": 0,
            "LastModifiedTime": 0,
            "ProductionVariants": [{"VariantName": "AllTraffic", "DesiredInstanceCount": desired}],
            **more,
        },
    )
    return clients


SCALED = {"instances": {"initial": 2, "min": 1, "max": 8}}


def test_a_fleet_that_has_grown_would_be_reset() -> None:
    found = found_by(check_fleet, described(6), settings_with(endpoint=SCALED))

    assert told(found) == [("problem", "6 instances run, and an update starts over with 2")]
    assert "retainScaledCapacity" in found[0].fix


@pytest.mark.parametrize("more", [{"retainScaledCapacity": True}, {"instances": {"initial": 6}}])
def test_a_fleet_that_stays_as_it_is_is_well(more: dict[str, Any]) -> None:
    endpoint = {**SCALED, **more}

    assert found_by(check_fleet, described(6), settings_with(endpoint=endpoint))[0].verdict == "ok"


def test_a_failed_endpoint_is_told() -> None:
    failed = described(0, EndpointStatus="Failed", FailureReason="no luck")

    assert told(found_by(check_fleet, failed, settings_with())) == [
        ("problem", "genai-dev is Failed: no luck")
    ]


def test_before_the_first_deployment_there_is_nothing_to_reset() -> None:
    clients = StubbedClients()
    clients.refuse(
        "sagemaker", "describe_endpoint", "ValidationException", "Could not find endpoint"
    )

    assert told(found_by(check_fleet, clients, settings_with())) == [
        ("ok", "genai-dev is not deployed yet")
    ]


def test_what_is_not_answered_is_never_well(dev: Deployment) -> None:
    found = examine(settings_with(), dev)

    by_check = {finding.check: finding.verdict for finding in found}
    assert by_check["quota"] == "unknown"
    assert by_check["permissions"] == "unknown"
    assert all(finding.what.startswith("could not check: ") for finding in found if finding.check in {"quota", "permissions"})  # fmt: skip


def test_every_check_tells_something_of_a_deployed_stack(dev: Deployment) -> None:
    found = examine(settings_with(), dev)

    assert list(dict.fromkeys(finding.check for finding in found)) == ["identity", *CHECKS]


def test_a_denied_check_is_not_checked_and_says_what_to_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clients = StubbedClients()
    clients.answer("sts", "get_caller_identity", {"Account": ACCOUNT, "Arn": CALLER, "UserId": "u"})
    clients.refuse("ec2", "describe_subnets", "UnauthorizedOperation")
    monkeypatch.setattr(examination, "CHECKS", {"network": CHECKS["network"]})
    network = {"vpc": {"subnetIds": ["subnet-0123456789abcdef0"], "securityGroupIds": ["sg-0123456789abcdef0"]}}  # fmt: skip

    found = examine(settings_with(endpoint=network), clients)

    assert [finding.verdict for finding in found] == ["ok", "unknown"]
    assert "UnauthorizedOperation" in found[1].what
    assert found[1].fix.startswith("allow DescribeSubnets")


def genai_doctor(stack: Stack, name: str, *arguments: str) -> Any:
    environment = {"GENAI_ACCOUNT": stack.account.url, "COLUMNS": "200"}
    return CliRunner().invoke(app, ["doctor", name, *arguments], env=environment)


def test_a_deployed_stack_is_well_as_far_as_can_be_seen(dev_stack: Stack) -> None:
    done = genai_doctor(dev_stack, "dev")

    assert done.exit_code == 0, done.output
    assert "genai-dev is InService" in done.output
    assert "0 problems, 3 not checked" in done.output


def test_a_problem_is_told_by_the_exit_code_and_in_json(dev_stack: Stack) -> None:
    done = genai_doctor(dev_stack, "prod", "--json")

    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["healthy"] is False
    assert {"model": "problem", "fleet": "ok"}.items() <= {
        finding["check"]: finding["verdict"] for finding in told["findings"]
    }.items()


def test_unsound_settings_are_mended_first(dev_stack: Stack) -> None:
    done = genai_doctor(dev_stack, "nope")

    assert done.exit_code == 1
    assert "there is no stack" in done.output
    assert "genai check nope" in done.output


def no_client(*_: object) -> None:
    raise NoCredentialsError


def test_without_credentials_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "GENAI_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(AwsClients, "client", no_client)

    done = CliRunner().invoke(app, ["doctor", "dev"])

    assert done.exit_code == 1
    assert "AWS cannot be asked with the credentials of this machine" in done.output
