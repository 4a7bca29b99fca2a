"""What a bucket tells of its objects, and to whom."""

from typing import Any

from rehearsal.deployer.kind import Created, Inputs, Kind, put_again, unless_gone
from rehearsal.deployer.requests import checked_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_LISTS = {
    "queues": "queueConfigurations",
    "topics": "topicConfigurations",
    "lambdaFunctions": "lambdaFunctionConfigurations",
}
_FILTERS = {"filterPrefix": "prefix", "filterSuffix": "suffix"}


def _notification(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    configuration: dict[str, Any] = {}
    for key, value in inputs.items():
        if key in _LISTS:
            configuration[_LISTS[key]] = [_destination(each) for each in value]
        elif key == "eventbridge" and value:
            configuration["eventBridgeConfiguration"] = {}
        elif key not in {"bucket", "eventbridge"}:
            configuration[key] = value  # nobody knows it: the request below says so
    members = {"bucket": inputs["bucket"], "notificationConfiguration": configuration}
    request = checked_request("s3", "PutBucketNotificationConfiguration", members)
    account.client("s3").put_bucket_notification_configuration(**request)
    return Created(inputs["bucket"], {})


def _destination(destination: dict[str, Any]) -> dict[str, Any]:
    """The provider spells the filter's two rules as inputs of their own."""
    known = {key: value for key, value in destination.items() if key not in _FILTERS}
    rules = [
        {"name": name, "value": destination[key]}
        for key, name in _FILTERS.items()
        if destination.get(key)
    ]
    return {**known, **({"filter": {"key": {"filterRules": rules}}} if rules else {})}


def _forget(account: LocalAccount, notification: Deployed) -> None:
    unless_gone(
        lambda: account.client("s3").put_bucket_notification_configuration(
            Bucket=notification.id, NotificationConfiguration={}
        )
    )


KINDS = {
    "aws:s3/bucketNotification:BucketNotification": Kind(
        create=_notification, update=put_again(_notification), delete=_forget
    ),
}
