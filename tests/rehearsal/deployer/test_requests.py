"""A resource's inputs as Pulumi hands them over, made into an API's request."""

from typing import Any

import pytest

from rehearsal.deployer.requests import InputError, to_request


def variant(**more: Any) -> dict[str, Any]:
    request = to_request("sagemaker", "CreateEndpointConfig", {"productionVariants": [more]})
    return request["ProductionVariants"][0]


def test_names_get_the_apis_spelling() -> None:
    assert to_request("lambda", "CreateFunction", {"functionName": "f", "memorySize": 128.0}) == {
        "FunctionName": "f",
        "MemorySize": 128,
    }


def test_spelling_is_found_whatever_the_case() -> None:
    found = to_request("sagemaker", "CreateModel", {"enableNetworkIsolation": True})
    nested = variant(volumeSizeInGb=8.0, containerStartupHealthCheckTimeoutInSeconds=600.0)

    assert found == {"EnableNetworkIsolation": True}
    assert nested == {"VolumeSizeInGB": 8, "ContainerStartupHealthCheckTimeoutInSeconds": 600}


@pytest.mark.parametrize("number", [2.0, 2, "2"])
def test_a_whole_number_becomes_an_integer(number: Any) -> None:
    found = variant(initialInstanceCount=number)["InitialInstanceCount"]

    assert found == 2
    assert type(found) is int


def test_a_real_number_stays_one() -> None:
    assert variant(initialVariantWeight=0.5) == {"InitialVariantWeight": 0.5}


@pytest.mark.parametrize("number", [1.5, "many", "1.5", None, [], float("nan"), float("inf")])
def test_anything_else_is_no_whole_number(number: Any) -> None:
    inputs = {"timeout": [number]} if number is None else {"timeout": number}

    with pytest.raises(InputError, match=r"^CreateFunction\.timeout must be a whole number, got "):
        to_request("lambda", "CreateFunction", inputs)


def test_what_was_left_out_is_left_out() -> None:
    assert to_request("lambda", "CreateFunction", {"description": None}) == {}


def test_keys_of_a_map_are_kept_as_they_are() -> None:
    environment = {"variables": {"lowerCase": "1", "UPPER": "2"}}

    assert to_request("lambda", "CreateFunction", {"environment": environment}) == {
        "Environment": {"Variables": environment["variables"]}
    }


def test_bytes_stay_bytes() -> None:
    request = to_request("lambda", "CreateFunction", {"code": {"zipFile": b"PK"}})

    assert request == {"Code": {"ZipFile": b"PK"}}


def test_an_input_that_the_api_does_not_know_is_told_with_those_it_does() -> None:
    with pytest.raises(InputError) as caught:
        to_request("logs", "CreateLogGroup", {"logGroupName": "g", "retention": 7.0})

    assert str(caught.value) == (
        "CreateLogGroup has no member for the input 'retention'; it has: deletionProtectionEnabled, "
        "kmsKeyId, logGroupClass, logGroupName, tags"
    )


def test_an_unknown_input_deep_inside_is_told_with_its_place() -> None:
    with pytest.raises(
        InputError, match=r"^CreateFunction\.loggingConfig has no member .* 'level'"
    ):
        to_request("lambda", "CreateFunction", {"loggingConfig": {"level": "INFO"}})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"architectures": "arm64"}, "CreateFunction.architectures must be a list, got 'arm64'"),
        ({"environment": "A=1"}, "CreateFunction.environment must be a structure, got 'A=1'"),
        ({"tags": ["a"]}, "CreateFunction.tags must be a map, got ['a']"),
    ],
)
def test_a_value_of_another_shape_is_told(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        to_request("lambda", "CreateFunction", inputs)

    assert str(caught.value) == message
