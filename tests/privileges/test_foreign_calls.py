"""What is somebody else's is denied to every role, in every mode and with every option."""

from typing import Any

import pytest

from rehearsal.account.iam.authorization import Call, Principal, decide
from rehearsal.least_privilege import TRUST_POLICY
from tests.harness import ACCOUNT_ID, REGION
from tests.privileges.cases import CASES
from tests.privileges.documents import EXECUTION, FUNCTION, policies, resource_policies
from tests.privileges.foreign_calls import FOREIGN, OTHER_ACCOUNT, OTHER_REGION
from tests.privileges.recorded import Recorded, recorded_calls

SERVICES = {FUNCTION: "lambda.amazonaws.com", EXECUTION: "sagemaker.amazonaws.com"}
INSECURE = {"aws:SecureTransport": "false"}


@pytest.mark.parametrize("case", CASES)
def test_no_role_may_do_what_is_foreign(case: str) -> None:
    allowed = {
        (role, foreign.told, foreign.action)
        for role, documents in policies(case).items()
        for foreign in FOREIGN
        if decide(
            [each for name, each in documents.items() if name != TRUST_POLICY],
            Call(foreign.action, foreign.resource, dict(foreign.conditions)),
        ).allowed
    }

    assert allowed == set()


@pytest.mark.parametrize("elsewhere", [(ACCOUNT_ID, OTHER_ACCOUNT), (REGION, OTHER_REGION)])
def test_no_call_that_was_made_is_allowed_in_another_account_or_region(
    elsewhere: tuple[str, str],
) -> None:
    """Only what has no resource type, or none that names an account, stays allowed: it cannot be elsewhere."""

    def moved(call: Recorded) -> str:
        return call.resource.replace(*elsewhere)

    movable = [call for call in recorded_calls() if moved(call) != call.resource]
    allowed = [
        call
        for call in movable
        if call.policy != TRUST_POLICY
        and decide(
            [each for name, each in policies(call.case)[call.role].items() if name != TRUST_POLICY],
            Call(call.action, moved(call), call.conditions),
        ).allowed
    ]

    assert len(movable) > 100
    assert allowed == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("service", "account"),
    [
        (None, OTHER_ACCOUNT),
        ("ec2.amazonaws.com", ACCOUNT_ID),
        ("apigateway.amazonaws.com", ACCOUNT_ID),
    ],
)
def test_no_other_service_becomes_a_role_nor_on_behalf_of_another_account(
    case: str, service: str | None, account: str
) -> None:
    for role, documents in policies(case).items():
        asks = Principal("Service", frozenset({service or SERVICES[role]}))
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"
        call = Call("sts:AssumeRole", arn, {"aws:SourceAccount": account})
        assert not decide([documents[TRUST_POLICY]], call, asks).allowed


@pytest.mark.parametrize("case", CASES)
def test_nobody_reaches_bucket_queues_or_topics_without_tls(case: str) -> None:
    """Not even with a right of their own: the resource's policy denies it."""
    found = resource_policies(case)
    asked = {"s3": ("s3:GetObject", "/records/a"), "sqs": ("sqs:SendMessage", "")}
    for document in found.values():
        arn = _resource_of(document)
        action, rest = asked.get(arn.split(":")[2], ("sns:Publish", ""))
        anyone = Principal("AWS", frozenset({f"arn:aws:iam::{ACCOUNT_ID}:role/admin"}))
        decision = decide([document], Call(action, arn + rest, INSECURE), anyone)
        assert decision.explicitly_denied, document
    assert any("s3" in _resource_of(document) for document in found.values())


@pytest.mark.parametrize(
    ("case", "name", "service", "action", "source"),
    [
        (
            "inputs",
            "genai-inputs",
            "s3.amazonaws.com",
            "sqs:SendMessage",
            "arn:aws:s3:::genai-bucket",
        ),
        (
            "watch",
            "genai-alarms",
            "cloudwatch.amazonaws.com",
            "sns:Publish",
            f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:genai-proof-users-hurt",
        ),
    ],
)
def test_a_service_reaches_queue_and_topic_from_its_source_only(
    case: str, name: str, service: str, action: str, source: str
) -> None:
    (document,) = [each for key, each in resource_policies(case).items() if key.startswith(name)]

    def may(**conditions: Any) -> bool:
        context = {
            "aws:SourceArn": source,
            "aws:SourceAccount": ACCOUNT_ID,
            "aws:SecureTransport": "true",
            **conditions,
        }
        asks = Principal("Service", frozenset({service}))
        return decide([document], Call(action, _resource_of(document), context), asks).allowed

    assert may()
    assert not may(**{"aws:SourceArn": source.replace("genai", "other")})
    assert not may(**{"aws:SourceAccount": OTHER_ACCOUNT})
    assert not may(**{"aws:SecureTransport": "false"})


def _resource_of(document: Any) -> str:
    found = document["Statement"][0]["Resource"]
    return found[0] if isinstance(found, list) else found
