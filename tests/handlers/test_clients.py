"""The clients' timeouts and retries, which boto3's defaults would get wrong."""

from typing import Any

from handlers.clients import s3, sagemaker_runtime


def test_a_call_to_the_model_is_never_repeated() -> None:
    client: Any = sagemaker_runtime(24)

    assert client.meta.config.retries == {"total_max_attempts": 1, "mode": "standard"}


def test_the_runtime_client_waits_as_long_as_it_is_told() -> None:
    client: Any = sagemaker_runtime(24)

    assert client.meta.config.read_timeout == 24
    assert client.meta.config.connect_timeout == 2


def test_a_client_is_made_once_for_each_timeout() -> None:
    assert sagemaker_runtime(24) is sagemaker_runtime(24)
    assert sagemaker_runtime(24) is not sagemaker_runtime(25)


def test_a_record_is_tried_three_times_and_briefly() -> None:
    client: Any = s3()

    assert client.meta.config.retries == {"total_max_attempts": 3, "mode": "standard"}
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (1, 2)


def test_the_region_is_the_one_that_lambda_gives() -> None:
    client: Any = sagemaker_runtime(24)

    assert client.meta.region_name == "us-east-1"
