"""Stacks of every mode and with every option that changes what a role may do, and what each is tried with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.rehearsal.front_door import promises
from tests.rehearsal.front_door.promises import Promise
from tests.rehearsal.front_door.stacks import Sections, stack_config

PROJECT_DIR = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
STACK = "proof"
_KEY = "arn:aws:kms:us-east-1:123456789012:key/{0}{0}{0}{0}{0}{0}{0}{0}-1111-2222-3333-444444444444"
BUCKET_KEY, VOLUME_KEY, RESULT_KEY, QUEUE_KEY, FUNCTION_KEY, CAPTURE_KEY, MODEL_KEY = (
    _KEY.format(digit) for digit in "1234567"
)
_NETWORK = {"subnetIds": ["subnet-0a1b2c3d"], "securityGroupIds": ["sg-0a1b2c3d"]}
_NO_FAILED_EVENTS = {"asynchronous": {"onFailure": False}}
_FILES: Sequence[Promise] = (
    promises.answers_a_file,
    promises.answers_a_file_of_which_no_version_is_told,
    promises.ends_a_batch_whose_file_is_gone,
    promises.goes_on_where_it_stopped,
    promises.lets_two_deliveries_of_a_file_not_work_at_once,
    promises.takes_messages,
    promises.brings_a_message_again_when_it_says,
    promises.answers_later,
)
_AT_ONCE: Sequence[Promise] = (
    promises.answers,
    promises.answers_from_a_stream,
    promises.answers_a_token_once,
    promises.leaves_a_line_in_a_new_log,
)
_THROUGH_S3: Sequence[Promise] = (
    promises.answers_through_s3,
    promises.says_what_is_pending_in_s3,
    promises.tells_of_a_failure_through_s3,
    promises.takes_a_large_prompt_through_s3,
    promises.accepts_a_token_once,
    promises.leaves_a_line_in_a_new_log,
)


@dataclass(frozen=True)
class Case:
    """One stack."""

    told: str
    """What it is, for people: a mode, or an option."""
    sections: Sections = field(default_factory=dict)
    promises: Sequence[Promise] = _AT_ONCE

    @property
    def config(self) -> dict[str, Any]:
        """Its stack file."""
        return stack_config(REGION, self.sections)


CASES: dict[str, Case] = {
    "realtime": Case("mode realtime", {"invoker": _NO_FAILED_EVENTS}),
    "serverless": Case(
        "mode serverless",
        {
            "endpoint": {"mode": "serverless", "instanceType": None},
            "invoker": _NO_FAILED_EVENTS,
        },
    ),
    "async": Case(
        "mode async",
        {"endpoint": {"mode": "async"}, "invoker": _NO_FAILED_EVENTS},
        _THROUGH_S3,
    ),
    "scale-to-zero": Case(
        "mode scale-to-zero",
        {"endpoint": {"mode": "scale-to-zero"}, "invoker": _NO_FAILED_EVENTS},
    ),
    "bare": Case(
        "nothing that can be left out: no records, client tokens or traces",
        {
            "invoker": {
                "records": {"keep": "off"},
                "clientTokens": False,
                "tracing": False,
                **_NO_FAILED_EVENTS,
            }
        },
        [
            promises.answers,
            promises.answers_from_a_stream,
            promises.leaves_a_line_in_a_new_log,
        ],
    ),
    "failed-events": Case(
        "events that failed are kept",
        promises=[*_AT_ONCE, promises.keeps_an_event_that_failed],
    ),
    "inputs": Case(
        "files of prompts",
        {"invoker": {"inputs": {"enabled": True}, **_NO_FAILED_EVENTS}},
        [*_AT_ONCE, *_FILES],
    ),
    "ways-in": Case(
        "a URL and an HTTP API",
        {"invoker": {"url": "iam", "httpApi": True, **_NO_FAILED_EVENTS}},
        [*_AT_ONCE, promises.answers_at_its_url],
    ),
    "streaming": Case(
        "a URL that streams",
        {"invoker": {"url": "iam", "streaming": True, **_NO_FAILED_EVENTS}},
        [*_AT_ONCE, promises.answers_at_its_url],
    ),
    "notify": Case(
        "mode async with topics",
        {
            "endpoint": {"mode": "async", "async": {"notify": True}},
            "invoker": _NO_FAILED_EVENTS,
        },
        [*_THROUGH_S3, promises.completes_a_record],
    ),
    "capture": Case(
        "captured requests",
        {"endpoint": {"capture": {"percent": 100}}, "invoker": _NO_FAILED_EVENTS},
        [*_AT_ONCE, promises.captures],
    ),
    "capture-key": Case(
        "captured requests under a key of their own",
        {
            "endpoint": {"capture": {"percent": 100}},
            "keys": {"captureArn": CAPTURE_KEY},
            "invoker": _NO_FAILED_EVENTS,
        },
        [*_AT_ONCE, promises.captures],
    ),
    "rollout": Case(
        "a canary rollout with alarms",
        {
            "endpoint": {
                "instances": {"initial": 2},
                "rollout": {"strategy": "canary", "waitSeconds": 0},
            },
            "invoker": _NO_FAILED_EVENTS,
        },
    ),
    "prefix": Case(
        "a model as files under a prefix, encrypted",
        {
            "model": {"source": "s3://proof-models/stories/", "kmsKeyArn": MODEL_KEY},
            "invoker": _NO_FAILED_EVENTS,
        },
        [promises.replies_to_a_token_once],
    ),
    "variants": Case(
        "a second variant with a model of its own",
        {
            "endpoint": {
                "variants": {"next": {"weight": 1, "source": "s3://proof-models/next.tar.gz"}}
            },
            "invoker": _NO_FAILED_EVENTS,
        },
        [promises.replies_to_a_token_once],
    ),
    "vpc": Case(
        "container and function in a VPC",
        {"endpoint": {"vpc": _NETWORK}, "invoker": {"vpc": _NETWORK, **_NO_FAILED_EVENTS}},
    ),
    "keys": Case(
        "a key for everything",
        {
            "keys": {
                "bucketArn": BUCKET_KEY,
                "volumeArn": VOLUME_KEY,
                "queueArn": QUEUE_KEY,
                "functionArn": FUNCTION_KEY,
            },
            "invoker": {"inputs": {"enabled": True}},
        },
        [*_AT_ONCE, *_FILES, promises.keeps_an_event_that_failed],
    ),
    "async-keys": Case(
        "mode async under keys",
        {
            "endpoint": {"mode": "async"},
            "keys": {"bucketArn": BUCKET_KEY, "asyncOutputArn": RESULT_KEY},
            "invoker": _NO_FAILED_EVENTS,
        },
        _THROUGH_S3,
    ),
    "watch": Case(
        "alarms and dashboard", {"watch": {"enabled": True}, "invoker": _NO_FAILED_EVENTS}
    ),
}
