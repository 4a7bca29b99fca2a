"""The process's clients."""

import subprocess
import sys

import pytest

from handlers.aws import clients
from handlers.aws.errors import AwsSettingsError


def test_each_client_is_made_once() -> None:
    assert clients.sagemaker_runtime() is clients.sagemaker_runtime()
    assert clients.s3() is clients.s3()
    assert clients.sqs() is clients.sqs()


def test_without_a_region_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")

    with pytest.raises(AwsSettingsError, match="AWS_REGION must be the name of a Region, got ''"):
        clients.sagemaker_runtime()


def test_loading_the_clients_loads_nothing_heavy() -> None:
    heavy = "asyncio boto3 botocore concurrent.futures multiprocessing urllib.request xml.etree"
    program = (
        "import sys, handlers.aws.clients;"
        f"print([name for name in {heavy.split()} if name in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert found.stdout == "[]\n"
