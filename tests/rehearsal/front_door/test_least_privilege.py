"""The function's role has what its options promise, and nothing that no promise needs.

Each grant of a deployed stack's role is taken away alone, and a promise that stands on it is tried: it must break.
With all of them, every promise is kept and nothing is denied.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

import pytest

from tests.rehearsal.front_door import promises
from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.grants import Grant, Role
from tests.rehearsal.front_door.promises import Promise
from tests.rehearsal.front_door.stacks import Stack

pytestmark = pytest.mark.matrix

KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
# Lambda itself sends traces and plays no part here: X-Ray is not played.
NOT_PLAYED = "xray:*"

Needs = Mapping[str, Promise]
ALWAYS: Needs = {
    "logs:CreateLogStream on *:*": promises.leaves_a_line_in_a_new_log,
    "logs:PutLogEvents on *:*": promises.leaves_a_line_in_a_new_log,
}
AT_ONCE: Needs = {
    "sagemaker:InvokeEndpoint on *": promises.answers,
    "sagemaker:InvokeEndpointWithResponseStream on *": promises.answers_from_a_stream,
}
RECORDS: Needs = {"s3:PutObject on */records/[*]": promises.keeps_a_record}
TOKENS: Needs = {
    "s3:PutObject on */claims/[*]": promises.answers_a_token_once,
    "s3:GetObject on */claims/[*]": promises.answers_a_token_once,
}
FAILED_EVENTS: Needs = {"sqs:SendMessage on *-failed-events-*": promises.keeps_an_event_that_failed}
INPUTS: Needs = {
    "s3:GetObject on */inputs/[*]": promises.answers_a_file_of_which_no_version_is_told,
    "s3:GetObjectVersion on */inputs/[*]": promises.answers_a_file_that_was_overwritten,
    "s3:GetObject on */results/[*]": promises.goes_on_where_it_stopped,
    "s3:PutObject on */inputs/queued/[*]": promises.answers_later,
    "s3:PutObject on */results/[*]": promises.ends_a_batch_whose_file_is_gone,
    "s3:ListBucket on claims/batch/[*]": promises.lets_two_deliveries_of_a_file_not_work_at_once,
    "s3:ListBucket on results/[*]": promises.answers_a_file,
    "sqs:ChangeMessageVisibility on *": promises.brings_a_message_again_when_it_says,
    "sqs:DeleteMessage on *": promises.takes_messages,
    "sqs:GetQueueAttributes on *": promises.may_map_the_queue,
    "sqs:ReceiveMessage on *": promises.takes_messages,
}
ASYNC: Needs = {
    "sagemaker:InvokeEndpointAsync on *": promises.answers_through_s3,
    "s3:PutObject on */async/inputs/[*]": promises.answers_through_s3,
    "s3:GetObject on */async/inputs/[*]": promises.says_what_is_pending_in_s3,
    "s3:GetObject on */async/results/[*]": promises.answers_through_s3,
    "s3:GetObject on */async/failures/[*]": promises.tells_of_a_failure_through_s3,
    "s3:ListBucket on async/failures/[*]": promises.tells_of_a_failure_through_s3,
    "s3:PutObject on */records/[*]": promises.keeps_a_record_of_what_is_accepted,
    "s3:PutObject on */claims/[*]": promises.accepts_a_token_once,
    "s3:GetObject on */claims/[*]": promises.accepts_a_token_once,
}
ENCRYPTED: Needs = {
    "kms:Decrypt on *": promises.answers_a_token_once,
    "kms:GenerateDataKey on *": promises.keeps_a_record,
}
# To be told that an object is not there takes the right to list, without a prefix. A statement that allows some
# prefixes allows that too, and these are never listed themselves.
NEEDED_BY_NOTHING = {
    "s3:ListBucket on inputs/*",
    "s3:ListBucket on async/inputs/*",
    "s3:ListBucket on async/results/*",
}

CONFIGURATIONS: dict[str, tuple[dict[str, dict[str, object]], Needs]] = {
    "everything": (
        {"invoker": {"inputs": {"enabled": True}, "url": "iam", "httpApi": True}},
        {**ALWAYS, **AT_ONCE, **RECORDS, **TOKENS, **FAILED_EVENTS, **INPUTS},
    ),
    "nothing": (
        {
            "invoker": {
                "records": {"keep": "off"},
                "clientTokens": False,
                "asynchronous": {"onFailure": False},
                "tracing": False,
            }
        },
        {**ALWAYS, **AT_ONCE},
    ),
    "async": (
        {"endpoint": {"mode": "async"}, "invoker": {"asynchronous": {"onFailure": False}}},
        {**ALWAYS, **ASYNC},
    ),
    "scale-to-zero": (
        {
            "endpoint": {"mode": "scale-to-zero"},
            "invoker": {"asynchronous": {"onFailure": False}},
        },
        {**ALWAYS, **AT_ONCE, **RECORDS, **TOKENS},
    ),
    "encrypted": (
        {
            "keys": {"bucketArn": KEY},
            "invoker": {"asynchronous": {"onFailure": False}},
        },
        {**ALWAYS, **AT_ONCE, **RECORDS, **TOKENS, **ENCRYPTED},
    ),
}


def is_kept(promise: Promise, stack: Stack) -> bool:
    try:
        promise(stack)
    except Exception:  # noqa: BLE001 - however it breaks, it is not kept
        return False
    return True


def needing(grant: Grant, needs: Needs) -> Promise | None:
    """The promise that stands on a grant; the longest pattern says the most."""
    fitting = [pattern for pattern in needs if fnmatchcase(str(grant), pattern)]
    return needs[max(fitting, key=len)] if fitting else None


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_grant_is_needed_and_all_of_them_suffice(configuration: str, deploy: Deploy) -> None:
    sections, needs = CONFIGURATIONS[configuration]
    stack = deploy(**sections)
    for promise in dict.fromkeys(needs.values()):
        promise(stack)
    assert not [line for line in stack.log() if "denied" in line.lower()]
    role = Role(stack)
    grants = [grant for grant in role.grants() if not fnmatchcase(str(grant), NOT_PLAYED)]
    assert len(grants) >= len(needs)

    superfluous = set[str]()
    for grant in grants:
        promise = needing(grant, needs)
        with role.without(grant):
            if promise is None or is_kept(promise, stack):
                superfluous.add(str(grant))

    assert superfluous - NEEDED_BY_NOTHING == set()
