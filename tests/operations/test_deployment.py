"""A deployed stack is found and reached, on AWS or in a local account."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from operations.deployment import Deployment, find_deployment
from operations.errors import NotFoundError, OperationError
from operations.failures import failure_of, plainly
from rehearsal.local_account import LocalAccount
from tests.rehearsal.tenant import unique

OUTPUTS = {
    "function_arn": "arn:aws-cn:lambda:cn-north-1:123456789012:function:genai-function-1",
    "function_name": "genai-function-1",
    "endpoint_name": "genai-dev",
    "bucket_name": "genai-bucket-1",
    "count": 3,
}


def test_the_region_is_that_of_the_functions_arn() -> None:
    assert Deployment("dev", OUTPUTS).client("lambda").meta.region_name == "cn-north-1"


def test_callers_invoke_the_alias_if_there_is_one() -> None:
    assert Deployment("dev", OUTPUTS).function == "genai-function-1"
    assert Deployment("dev", {**OUTPUTS, "function_alias": "live"}).function == (
        "genai-function-1:live"
    )


@pytest.mark.parametrize("name", ["dashboard_url", "count"])
def test_an_output_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(OperationError, match=f"^the stack dev exports no {name}$"):
        Deployment("dev", OUTPUTS).output(name)


@pytest.mark.parametrize("arn", ["", "genai", "arn:aws:iam::123456789012:role/x"])
def test_outputs_of_another_program_are_refused(arn: str) -> None:
    with pytest.raises(OperationError, match=r"^the output function_arn is no ARN: "):
        Deployment("dev", {"function_arn": arn})


def test_a_model_is_asked_once_and_a_description_again() -> None:
    deployment = Deployment("dev", OUTPUTS)
    attempts = {
        service: deployment.client(service).meta.config.retries["total_max_attempts"]
        for service in ("lambda", "sagemaker-runtime", "s3", "sagemaker")
    }

    assert attempts == {"lambda": 1, "sagemaker-runtime": 1, "s3": 3, "sagemaker": 3}


def test_one_client_serves_all() -> None:
    deployment = Deployment("dev", OUTPUTS)

    assert deployment.client("s3") is deployment.client("s3")


def test_a_stack_is_found_in_the_account_that_it_was_rehearsed_in(
    account: LocalAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = unique("stack")
    account.publish(stack, {**OUTPUTS, "function_arn": "arn:aws:lambda:eu-west-1:1:function:f"})
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this")

    found = find_deployment(stack, project_dir=None, account_url=f"{account.url}/")

    assert found.region == "eu-west-1"
    assert found.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert found.client("sts").meta.endpoint_url == account.url


def test_a_stack_that_was_not_rehearsed_there_is_told_with_those_that_were(
    account: LocalAccount,
) -> None:
    stack = unique("stack")
    account.publish(stack, OUTPUTS)

    with pytest.raises(NotFoundError, match=r"^no stack none was rehearsed") as caught:
        find_deployment("none", project_dir=None, account_url=account.url)

    assert stack in caught.value.fix


def test_outputs_from_a_file_are_used_in_an_account_as_well(
    account: LocalAccount, tmp_path: Path
) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))

    found = find_deployment("any", project_dir=None, outputs_file=file, account_url=account.url)

    assert found.client("sts").meta.endpoint_url == account.url


def test_outside_of_a_project_the_other_ways_are_named() -> None:
    with pytest.raises(NotFoundError, match=r"^there is no Pulumi\.yaml here") as caught:
        find_deployment("dev", project_dir=None)

    assert "--outputs FILE" in caught.value.fix


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_PROFILE", "nobody-has-this"), ("AWS_CONFIG_FILE", "/nonexistent")]
)
def test_a_machine_without_credentials_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv(name, value)

    with pytest.raises(
        OperationError, match=r"^AWS cannot be asked with the credentials"
    ) as caught:
        Deployment("dev", OUTPUTS).credentials()

    assert "AWS_PROFILE" in caught.value.fix


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeEndpoint")


def test_a_refusal_for_want_of_a_right_names_the_call() -> None:
    told = failure_of(refusal("AccessDeniedException"))

    assert "AccessDeniedException" in str(told)
    assert told.fix.startswith("allow DescribeEndpoint to whoever runs this")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_credentials_that_are_refused_are_told_as_such(code: str) -> None:
    assert str(failure_of(refusal(code))).startswith("AWS cannot be asked with the credentials")


def test_what_is_gone_is_told_as_not_found() -> None:
    told = failure_of(refusal("NoSuchBucket"))

    assert isinstance(told, NotFoundError)
    assert "destroyed" in told.fix


def test_any_other_refusal_is_passed_on() -> None:
    told = failure_of(refusal("ValidationException"))

    assert str(told) == str(refusal("ValidationException"))
    assert told.fix == ""


def test_what_boto3_raises_becomes_an_error_for_people() -> None:
    with pytest.raises(NotFoundError, match=r"^AWS cannot be reached: "), plainly():
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    with pytest.raises(OperationError, match=r"credentials"), plainly():
        raise NoCredentialsError
