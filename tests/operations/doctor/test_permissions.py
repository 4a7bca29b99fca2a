"""May who deploys do so? IAM's simulation is answered as AWS's documentation shows its replies."""

from typing import Any

import pytest

from operations.doctor.permissions import check_permissions
from tests.operations.doctor.patients import (
    ACCOUNT,
    CALLER,
    StubbedClients,
    found_by,
    settings_with,
    told,
)


class Judge(StubbedClients):
    """Clients whose IAM denies some actions, and notes what it was asked."""

    def __init__(self, denied: dict[str, str]) -> None:
        super().__init__()
        self.asked: list[dict[str, Any]] = []
        iam = self.client("iam")
        iam.get_paginator = lambda _: self
        self._denied = denied

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        self.asked.append(request)
        results = [
            {"EvalActionName": action, "EvalDecision": self._denied.get(action, "allowed")}
            for action in request["ActionNames"]
        ]
        return [{"EvaluationResults": results}]


def test_an_action_that_is_allowed_is_no_news() -> None:
    judge = Judge({})

    assert told(found_by(check_permissions, judge, settings_with())) == [
        ("ok", f"{CALLER} may do what a deployment calls, by IAM's simulation")
    ]
    assert {request["PolicySourceArn"] for request in judge.asked} == {CALLER}


def test_what_is_denied_is_named_with_resource_and_decision() -> None:
    judge = Judge({"sagemaker:CreateEndpoint": "implicitDeny"})
    found = found_by(check_permissions, judge, settings_with())

    endpoint = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/genai-dev"
    assert told(found) == [
        ("problem", f"{CALLER} may not sagemaker:CreateEndpoint on {endpoint} (implicitDeny)")
    ]
    assert found[0].fix.startswith("allow sagemaker:CreateEndpoint on it")


def test_a_role_of_ones_own_must_be_passable_to_sagemaker() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/execution"
    judge = Judge({})
    _ = found_by(check_permissions, judge, settings_with(roles={"executionRoleArn": role}))
    passed = {
        request["ContextEntries"][0]["ContextKeyValues"][0]: request["ResourceArns"]
        for request in judge.asked
        if request["ActionNames"] == ["iam:PassRole"]
    }

    assert passed["sagemaker.amazonaws.com"] == [role]
    assert passed["lambda.amazonaws.com"] != [role]


def test_only_what_the_stack_makes_is_asked_for() -> None:
    def actions(**sections: Any) -> set[str]:
        judge = Judge({})
        _ = found_by(check_permissions, judge, settings_with(**sections))
        return {action for request in judge.asked for action in request["ActionNames"]}

    assert "s3:CreateBucket" not in actions(bucket={"existingName": "mine"})
    assert "sqs:CreateQueue" not in actions()
    assert "sqs:CreateQueue" in actions(invoker={"inputs": {"enabled": True}})
    assert "sagemaker:CreateEndpoint" not in actions(endpoint={"enabled": False})
    assert "cloudwatch:PutMetricAlarm" in actions(endpoint={"instances": {"max": 2}})


def test_a_session_is_judged_by_its_role() -> None:
    judge = Judge({})
    arn = f"arn:aws:iam::{ACCOUNT}:role/path/deployer"
    judge.answer("iam", "get_role", {"Role": role(arn)}, RoleName="deployer")
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ada"
    _ = found_by(check_permissions, judge, settings_with(), session)

    assert {request["PolicySourceArn"] for request in judge.asked} == {arn}


def role(arn: str) -> dict[str, Any]:
    return {
        "Arn": arn,
        "Path": "/path/",
        "RoleName": "deployer",
        "RoleId": "A" * 16,
        "CreateDate": "2026-11-25T00:00:00Z",
    }


@pytest.mark.parametrize("caller", [f"arn:aws:iam::{ACCOUNT}:root"])
def test_the_root_is_not_simulated(caller: str) -> None:
    found = found_by(check_permissions, StubbedClients(), settings_with(), caller)

    assert told(found) == [("ok", "the account's root may do everything")]
