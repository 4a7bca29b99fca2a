"""Budgets of what the account costs."""

from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    physical_name,
    tag_list,
    tags_by,
    unless_gone,
)
from rehearsal.deployer.requests import InputError, checked_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_ADDRESSES = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}
_OF_THE_BUDGET = (
    "budgetType",
    "timeUnit",
    "filterExpression",
    "metrics",
    "limitAmount",
    "limitUnit",
)


def _create(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    """As the provider does: the budget first, then its notifications one by one."""
    budget_name = physical_name(name, inputs)
    request = checked_request(
        "budgets",
        "CreateBudget",
        {
            "accountId": ACCOUNT_ID,
            "budget": _budget(budget_name, inputs),
            "resourceTags": tag_list(inputs),
        },
    )
    account.client("budgets").create_budget(**request)
    arn = f"arn:{account.partition}:budgets::{ACCOUNT_ID}:budget/{budget_name}"
    for notification in inputs.get("notifications", []):
        _notify(account, budget_name, notification)
    return Created(f"{ACCOUNT_ID}:{budget_name}", {"name": budget_name, "arn": arn})


def _update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    name = was.outputs["name"]
    members = {"accountId": ACCOUNT_ID, "newBudget": _budget(name, inputs)}
    account.client("budgets").update_budget(**checked_request("budgets", "UpdateBudget", members))
    before, after = was.inputs.get("notifications", []), inputs.get("notifications", [])
    for notification in before:
        if notification not in after:
            members = {
                "accountId": ACCOUNT_ID,
                "budgetName": name,
                "notification": _told(notification),
            }
            account.client("budgets").delete_notification(
                **checked_request("budgets", "DeleteNotification", members)
            )
    for notification in after:
        if notification not in before:
            _notify(account, name, notification)
    return was.outputs


def _delete(account: LocalAccount, budget: Deployed) -> None:
    name = budget.outputs["name"]
    unless_gone(
        lambda: account.client("budgets").delete_budget(AccountId=ACCOUNT_ID, BudgetName=name)
    )


def _budget(name: str, inputs: Inputs) -> dict[str, Any]:
    unknown = inputs.keys() - {*_OF_THE_BUDGET, "name", "tags", "notifications"}
    if unknown:
        raise InputError(f"the rehearsal does not set {', '.join(sorted(unknown))} of a budget")
    budget = {
        "budgetName": name,
        "budgetType": inputs["budgetType"],
        "timeUnit": inputs["timeUnit"],
        "budgetLimit": {"amount": inputs["limitAmount"], "unit": inputs["limitUnit"]},
    }
    if expression := inputs.get("filterExpression"):
        budget |= {"filterExpression": _expression(expression), "metrics": [inputs["metrics"]]}
    return budget


def _expression(expression: dict[str, Any]) -> dict[str, Any]:
    """The provider's lists have names of their own."""
    spelled = {"ands": "and", "ors": "or"}
    return {
        spelled.get(key, key): [_expression(each) for each in value] if key in spelled else value
        for key, value in expression.items()
    }


def _notify(account: LocalAccount, budget_name: str, notification: dict[str, Any]) -> None:
    subscribers = [
        {"subscriptionType": kind, "address": address}
        for key, kind in _ADDRESSES.items()
        for address in notification.get(key, [])
    ]
    members = {
        "accountId": ACCOUNT_ID,
        "budgetName": budget_name,
        "notification": _told(notification),
        "subscribers": subscribers,
    }
    account.client("budgets").create_notification(
        **checked_request("budgets", "CreateNotification", members)
    )


def _told(notification: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in notification.items() if key not in _ADDRESSES}


KINDS = {
    "aws:budgets/budget:Budget": Kind(
        create=_create,
        update=_update,
        delete=_delete,
        tag=tags_by("budgets", "ResourceARN", tags="ResourceTags", keys="ResourceTagKeys"),
    ),
}
