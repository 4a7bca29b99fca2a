"""The settings that aim the real provider at an account are ones that it has, for all that it may be asked."""

import ast
import inspect
import re
from pathlib import Path

import pulumi_aws
import pytest
import yaml

from rehearsal.provider_config import provider_config, provider_yaml

URL = "http://127.0.0.1:4577"
CONFIG = provider_config(URL, "eu-west-1")
(ENDPOINTS,) = CONFIG["aws:endpoints"]
# CloudFormation for what Cloud Control asks it of a type; S3 Control for a bucket's tags; KMS and Secrets Manager
# for data sources; STS and IAM for whose account it is. Log groups are `aws:cloudwatch` to Pulumi.
COMPONENTS = Path(__file__).resolve().parents[3] / "components"
ASKED_ANYWAY = {"cloudformation", "iam", "kms", "logs", "s3control", "secretsmanager", "sts"}


def camel_case(name: str) -> str:
    return re.sub(r"_(\w)", lambda letter: letter[1].upper(), name.removesuffix("_"))


def test_every_setting_is_one_of_the_providers() -> None:
    known = {camel_case(name) for name in inspect.signature(pulumi_aws.ProviderArgs).parameters}

    assert {key.removeprefix("aws:") for key in CONFIG} <= known


def test_every_endpoint_is_one_of_the_providers() -> None:
    known = inspect.signature(pulumi_aws.ProviderEndpointArgs).parameters

    assert ENDPOINTS.keys() <= {camel_case(name) for name in known}


def test_there_is_an_endpoint_for_each_kind_of_resource_that_the_program_makes() -> None:
    code = "\n".join(file.read_text() for file in COMPONENTS.rglob("*.py"))
    imported = ast.walk(ast.parse(code))
    modules = {
        name.name
        for statement in imported
        if isinstance(statement, ast.ImportFrom) and statement.module == "pulumi_aws"
        for name in statement.names
    }
    modules |= set(re.findall(r"\baws\.([a-z]\w+)\.[A-Z]", code))
    needed = {module.removesuffix("_") for module in modules}

    assert ENDPOINTS.keys() == needed | ASKED_ANYWAY


@pytest.mark.fact(
    "§7 S3 Control's endpoint rules put the account's number before the host of a custom endpoint"
)
def test_the_endpoint_of_s3_control_is_reached_through_the_account_as_a_proxy() -> None:
    others = {name: url for name, url in ENDPOINTS.items() if name != "s3control"}

    assert ENDPOINTS["s3control"] == "http://local-account.invalid:4577"
    assert CONFIG["aws:httpProxy"] == CONFIG["aws:httpsProxy"] == URL
    assert set(others.values()) == {URL}


def test_the_yaml_says_the_same() -> None:
    assert yaml.safe_load(provider_yaml(URL, "eu-west-1")) == {
        "config": provider_config(URL, "eu-west-1")
    }
