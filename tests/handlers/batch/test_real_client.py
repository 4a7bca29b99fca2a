"""A batch over the function's own S3 client, against moto: what the fake S3 has to be like."""

import json
from typing import Any

import pytest

from handlers.aws import clients
from handlers.batch import parts
from handlers.batch.input_object import InputObject
from handlers.errors import ModelFailedError
from handlers.invocation import Deadline, Invocation
from tests.handlers.batch.rig import (
    MESSAGE_ID,
    FakeGenerator,
    VirtualClock,
    batch_runner,
    prompts,
    texts,
)
from tests.handlers.doubles import BUCKET_NAME

KEY = "inputs/day 1/ü+%2F.jsonl"


def run(generator: FakeGenerator, batch: InputObject) -> bool:
    runner = batch_runner(generator, clients.s3, generator.clock, batch_workers=4)
    return runner.run(batch, Invocation(MESSAGE_ID, Deadline(lambda: 60_000)), 1).finished


@pytest.mark.parametrize("versioning", ["Enabled", "Suspended"])
def test_a_batch_goes_on_and_ends(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, versioning: str
) -> None:
    monkeypatch.setattr(parts, "MOST_LINES", 10)
    bucket.put_bucket_versioning(Bucket=BUCKET_NAME, VersioningConfiguration={"Status": versioning})
    put = bucket.put_object(Bucket=BUCKET_NAME, Key=KEY, Body=prompts(range(1, 36)))
    batch = InputObject(
        bucket=BUCKET_NAME, key=KEY, version_id=put.get("VersionId"), etag=put["ETag"].strip('"')
    )
    generator = FakeGenerator(VirtualClock())
    generator.answer = lambda asked: ModelFailedError("no") if asked.line == 15 else asked.prompt

    assert not run(generator, batch)
    generator.answer = lambda asked: asked.prompt
    assert run(generator, batch)
    assert run(generator, batch)

    content = put["VersionId"] if versioning == "Enabled" else batch.etag
    result = bucket.get_object(Bucket=BUCKET_NAME, Key=f"results/day 1/ü+%2F.jsonl.{content}.jsonl")
    lines = [json.loads(line) for line in result["Body"].read().splitlines()]
    assert texts(lines) == [f"p{n}" for n in range(1, 36)]
    assert result["ContentType"] == "application/x-ndjson"
    assert len(generator.calls) == 36


def test_an_input_that_is_gone_or_was_deleted_ends_its_batch(bucket: Any) -> None:
    bucket.put_bucket_versioning(Bucket=BUCKET_NAME, VersioningConfiguration={"Status": "Enabled"})
    put = bucket.put_object(Bucket=BUCKET_NAME, Key=KEY, Body=b'"a"')
    bucket.delete_object(Bucket=BUCKET_NAME, Key=KEY)
    generator = FakeGenerator(VirtualClock())

    assert run(generator, InputObject(bucket=BUCKET_NAME, key=KEY, version_id=put["VersionId"]))
    assert run(generator, InputObject(bucket=BUCKET_NAME, key="inputs/never", etag="e"))

    listed = bucket.list_objects_v2(Bucket=BUCKET_NAME)["Contents"]
    assert sorted(found["Key"] for found in listed) == [
        f"results/day 1/ü+%2F.jsonl.{put['VersionId']}.missing.jsonl",
        "results/never.e.missing.jsonl",
    ]
    assert generator.calls == []
