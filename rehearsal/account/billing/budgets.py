"""Budgets with their notifications, subscribers and tags, which moto keeps without updates, subscribers and tags.

What AWS refuses beyond its service model is remembered from
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html, not compared with it.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_MOST_NOTIFICATIONS = 10
_MOST_OF_A_KIND = {"EMAIL": 10, "SNS": 1}
_NOTHING_SPENT = {"ActualSpend": {"Amount": "0", "Unit": "USD"}}
_ENDS = 3_706_473_600  # 2087-06-15, which AWS sets where no end is given


@dataclass
class _Notification:
    told: Members
    subscribers: list[Members]


@dataclass
class _Budget:
    members: Members
    notifications: list[_Notification] = field(default_factory=list[_Notification])
    tags: dict[str, str] = field(default_factory=dict[str, str])


class Budgets:
    """The service, which has no Regions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._budgets: dict[str, _Budget] = {}  # by name
        self._operations = {
            "CreateBudget": self._create,
            "CreateNotification": self._add_notification,
            "DeleteBudget": self._delete,
            "DeleteNotification": self._remove_notification,
            "DescribeBudget": lambda r: {"Budget": self._of(r).members},
            "DescribeBudgets": lambda _: {"Budgets": [b.members for b in self._budgets.values()]},
            "DescribeNotificationsForBudget": lambda r: {
                "Notifications": [each.told for each in self._of(r).notifications]
            },
            "DescribeSubscribersForNotification": lambda r: {
                "Subscribers": self._notification(r).subscribers
            },
            "ListTagsForResource": lambda r: {
                "ResourceTags": [{"Key": k, "Value": v} for k, v in self._by_arn(r).tags.items()]
            },
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "UpdateBudget": self._update,
        }

    def handle(self, request: AwsRequest) -> Response:
        """Answer one operation.

        Raises:
            AwsError: it is invalid, or names what is not there.
        """
        operation = self._operations.get(request.target)
        if operation is None:
            raise AwsError(
                "InvalidParameterException", f"{request.target} of Budgets is not played."
            )
        members = json.loads(request.body or b"{}")
        if found := violations("budgets", request.target, members):
            raise AwsError("InvalidParameterException", describe_violations(found))
        with self._lock:
            answer = operation(members)
        return Response(json.dumps(answer), content_type="application/x-amz-json-1.1")

    def _create(self, request: Members) -> Members:
        budget = request["Budget"]
        name = budget["BudgetName"]
        if name in self._budgets:
            raise AwsError(
                "DuplicateRecordException",
                f"Error creating budget: {name} - the budget already exists.",
            )
        made = _Budget(_complete(budget))
        for each in request.get("NotificationsWithSubscribers", []):
            _add(made, each["Notification"], each["Subscribers"])
        made.tags = {tag["Key"]: tag["Value"] for tag in request.get("ResourceTags", [])}
        self._budgets[name] = made
        return {}

    def _update(self, request: Members) -> Members:
        budget = request["NewBudget"]
        self._named(budget["BudgetName"]).members = _complete(budget)
        return {}

    def _delete(self, request: Members) -> Members:
        _ = self._of(request)
        del self._budgets[request["BudgetName"]]
        return {}

    def _add_notification(self, request: Members) -> Members:
        _add(self._of(request), request["Notification"], request["Subscribers"])
        return {}

    def _remove_notification(self, request: Members) -> Members:
        self._of(request).notifications.remove(self._notification(request))
        return {}

    def _tag(self, request: Members) -> Members:
        self._by_arn(request).tags |= {tag["Key"]: tag["Value"] for tag in request["ResourceTags"]}
        return {}

    def _untag(self, request: Members) -> Members:
        for key in request["ResourceTagKeys"]:
            self._by_arn(request).tags.pop(key, None)
        return {}

    def _notification(self, request: Members) -> _Notification:
        wanted = _with_type(request["Notification"])
        for each in self._of(request).notifications:
            if each.told == wanted:
                return each
        raise AwsError("NotFoundException", "Unable to find the notification.", 400)

    def _of(self, request: Members) -> _Budget:
        return self._named(request["BudgetName"])

    def _named(self, name: str) -> _Budget:
        if name not in self._budgets:
            raise AwsError(
                "NotFoundException",
                f"Unable to get budget: {name} - the budget doesn't exist.",
                400,
            )
        return self._budgets[name]

    def _by_arn(self, request: Members) -> _Budget:
        return self._named(request["ResourceARN"].rpartition(f"::{ACCOUNT_ID}:budget/")[2])


def _complete(budget: Members) -> Members:
    """The budget as it is described: with what AWS adds."""
    if "BudgetLimit" not in budget:
        raise AwsError(
            "InvalidParameterException",
            "Unable to create/update budget - please provide one of the followings: Budget Limit/ Planned Budget Limit/ Auto Adjust Data",
        )
    if float(budget["BudgetLimit"]["Amount"]) <= 0:
        raise AwsError("InvalidParameterException", "The limit of a budget has to be above 0.")
    if ("FilterExpression" in budget) != bool(budget.get("Metrics")):
        raise AwsError(
            "InvalidParameterException", "FilterExpression and Metrics have to be given together."
        )
    now = time.time()
    return {
        "CalculatedSpend": _NOTHING_SPENT,
        "TimePeriod": {"Start": now, "End": _ENDS},
        **budget,
        "LastUpdatedTime": now,
    }


def _add(budget: _Budget, told: Members, subscribers: list[Members]) -> None:
    for kind, most in _MOST_OF_A_KIND.items():
        if sum(each["SubscriptionType"] == kind for each in subscribers) > most:
            raise AwsError(
                "CreationLimitExceededException",
                f"A notification takes {most} subscribers of the type {kind}.",
            )
    if len(budget.notifications) >= _MOST_NOTIFICATIONS:
        raise AwsError(
            "CreationLimitExceededException", f"A budget takes {_MOST_NOTIFICATIONS} notifications."
        )
    told = _with_type(told)
    if any(each.told == told for each in budget.notifications):
        raise AwsError("DuplicateRecordException", "The notification already exists.")
    budget.notifications.append(_Notification(told, subscribers))


def _with_type(told: Members) -> Members:
    return {"ThresholdType": "PERCENTAGE", **told}
