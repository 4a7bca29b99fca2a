"""What the function loads until its first answer: no more than most requests need."""

import subprocess
import sys

import pytest

PLAIN_REQUEST = """
import sys

before = set(sys.modules)

from types import SimpleNamespace

from handlers.contracts import contract_named
from handlers.invocation import Deadline
from handlers.environment import read_environment
from handlers.generator import Generator
from handlers.generation_request import GenerationRequest
from handlers.invocation import Invocation
from handlers.storage.bucket import Bucket

reply = SimpleNamespace(
    body=b'[{"generated_text": "a fox"}]',
    variant="AllTraffic",
    attempts=1,
    session_id=None,
    custom_attributes=None,
)
s3 = SimpleNamespace(connect_ahead=lambda bucket: None, put=lambda *call, **options: None)
generator = Generator(
    environment=read_environment(
        {
            "GENAI_ENDPOINT_NAME": "e",
            "GENAI_BUCKET_NAME": "b",
            "GENAI_CONTRACT": "pipelines",
            "GENAI_MODEL_URI": "hf:x",
        }
    ),
    contract=contract_named("pipelines"),
    endpoint=SimpleNamespace(invoke=lambda *call, **how: reply),
    bucket=Bucket("b", lambda: s3),
)
run = Invocation("run-1", Deadline(lambda: 30_000))
assert generator.generate(GenerationRequest(prompt="x"), run).outcome.text == "a fox"

print("\\n".join(set(sys.modules) - before))
"""
RARE = {
    "handlers.endpoint.async_endpoint",
    "handlers.metrics",
    "handlers.storage.later",
    "handlers.storage.claims",
    "handlers.storage.record_texts",
    "handlers.storage.redaction",
    "handlers.storage.results",
    "boto3",
    "botocore",
    "concurrent.futures",
    "subprocess",
    "urllib3",
    "xml.etree",
}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Every module that a plain request has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN_REQUEST], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_plain_request_loads_nothing_that_is_rarely_needed(loaded: set[str]) -> None:
    assert loaded & RARE == set()


def test_a_plain_request_loads_what_keeps_its_record(loaded: set[str]) -> None:
    assert loaded > {"handlers.generator", "handlers.storage.keeping", "handlers.storage.records"}
