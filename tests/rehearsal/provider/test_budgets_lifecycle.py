"""What the real provider asks of AWS Budgets for our resources, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/budgets/budget.go at 01d5888a0707 (the stored version is older
than the provider in use, which also asks for tags by ARN).
"""

from typing import Any

import pytest

from tests.rehearsal.tenant import Tenant, refusal, unique

ACCOUNT = "123456789012"
GONE = "NotFoundException"
EMAIL = {"SubscriptionType": "EMAIL", "Address": "team@example.com"}
ALERT = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 80.0,
    "ThresholdType": "PERCENTAGE",
}


@pytest.fixture
def budgets(tenant: Tenant) -> Any:
    return tenant.client("budgets")


def budget(name: str, limit: str = "200.00", **more: Any) -> dict[str, Any]:
    return {
        "BudgetName": name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": limit, "Unit": "USD"},
        "FilterExpression": {"Tags": {"Key": "Stack", "Values": ["dev"]}},
        "Metrics": ["UnblendedCost"],
        **more,
    }


def test_a_budget_is_created_read_as_given_updated_and_gone(budgets: Any) -> None:
    name = unique("budget")
    which = {"AccountId": ACCOUNT, "BudgetName": name}
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{name}"
    budgets.create_budget(
        AccountId=ACCOUNT, Budget=budget(name), ResourceTags=[{"Key": "old", "Value": "1"}]
    )
    budgets.create_notification(**which, Notification=ALERT, Subscribers=[EMAIL])

    read = budgets.describe_budget(**which)["Budget"]
    assert (read["BudgetLimit"], read["FilterExpression"], read["Metrics"]) == (
        {"Amount": "200.00", "Unit": "USD"},
        {"Tags": {"Key": "Stack", "Values": ["dev"]}},
        ["UnblendedCost"],
    )
    assert budgets.describe_notifications_for_budget(**which)["Notifications"] == [ALERT]
    assert budgets.describe_subscribers_for_notification(**which, Notification=ALERT)[
        "Subscribers"
    ] == [EMAIL]

    budgets.update_budget(AccountId=ACCOUNT, NewBudget=budget(name, "300.00"))
    budgets.delete_notification(**which, Notification=ALERT)
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["old"])
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "new", "Value": "2"}])
    assert budgets.describe_budget(**which)["Budget"]["BudgetLimit"]["Amount"] == "300.00"
    assert budgets.describe_notifications_for_budget(**which)["Notifications"] == []
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [
        {"Key": "new", "Value": "2"}
    ]

    budgets.delete_budget(**which)
    assert refusal(lambda: budgets.describe_budget(**which))[0] == GONE
    assert refusal(lambda: budgets.delete_budget(**which))[0] == GONE
    assert refusal(lambda: budgets.list_tags_for_resource(ResourceARN=arn))[0] == GONE


def test_all_budgets_are_listed(budgets: Any) -> None:
    name = unique("budget")
    budgets.create_budget(AccountId=ACCOUNT, Budget=budget(name))

    listed = budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]

    assert name in {each["BudgetName"] for each in listed}


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        ({"BudgetLimit": {"Amount": "0", "Unit": "USD"}}, "InvalidParameterException", "above 0"),
        ({"Metrics": []}, "InvalidParameterException", "given together"),
        ({"TimeUnit": "WEEKLY"}, "InvalidParameterException", "budget.timeUnit"),
    ],
)
def test_a_budget_that_cannot_be_is_refused(
    wrong: dict[str, Any], code: str, message: str, budgets: Any
) -> None:
    told = refusal(
        lambda: budgets.create_budget(AccountId=ACCOUNT, Budget={**budget(unique("b")), **wrong})
    )

    assert told[0] == code
    assert message in told[1]


def test_a_budget_without_a_limit_and_one_of_a_name_twice_are_refused(budgets: Any) -> None:
    name = unique("budget")
    unlimited = {k: v for k, v in budget(name).items() if k != "BudgetLimit"}
    told = refusal(lambda: budgets.create_budget(AccountId=ACCOUNT, Budget=unlimited))
    budgets.create_budget(AccountId=ACCOUNT, Budget=budget(name))
    twice = refusal(lambda: budgets.create_budget(AccountId=ACCOUNT, Budget=budget(name)))

    assert told[0] == "InvalidParameterException"
    assert twice[0] == "DuplicateRecordException"


def test_notifications_are_few_and_told_to_few(budgets: Any) -> None:
    which = {"AccountId": ACCOUNT, "BudgetName": unique("budget")}
    budgets.create_budget(AccountId=ACCOUNT, Budget=budget(which["BudgetName"]))

    def add(threshold: float, subscribers: list[dict[str, str]]) -> None:
        alert = {**ALERT, "Threshold": threshold}
        budgets.create_notification(**which, Notification=alert, Subscribers=subscribers)

    mails = [{**EMAIL, "Address": f"{n}@example.com"} for n in range(11)]
    assert refusal(lambda: add(1, mails))[0] == "CreationLimitExceededException"
    for threshold in range(10):
        add(threshold, [EMAIL])
    assert refusal(lambda: add(5, [EMAIL]))[0] == "CreationLimitExceededException"
    budgets.delete_notification(**which, Notification={**ALERT, "Threshold": 9.0})
    assert refusal(lambda: add(5, [EMAIL]))[0] == "DuplicateRecordException"
    missing = {**ALERT, "Threshold": 99.0}
    assert refusal(lambda: budgets.delete_notification(**which, Notification=missing))[0] == GONE


def test_what_is_not_played_is_told(budgets: Any) -> None:
    told = refusal(
        lambda: budgets.describe_budget_performance_history(AccountId=ACCOUNT, BudgetName="b")
    )

    assert "DescribeBudgetPerformanceHistory of Budgets is not played" in told[1]
