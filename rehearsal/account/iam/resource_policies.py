"""The policies of what is asked for: buckets, queues, topics and functions say who may reach them."""

from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.iam.authorization import Call, Document, Principal, decide
from rehearsal.account.iam.identities import parsed
from rehearsal.account.partitions import bucket_and_key, partition_in

_ACCOUNT_NUMBER_LENGTH = 12
_FUNCTION = ":function:"


def policies_of_resource(call: Call) -> list[Document]:
    """Return the policy of what `call` is about; none if it has none."""
    if call.resource == "*":
        return []
    reader = _READERS.get(call.action.partition(":")[0])
    policy = reader(call.resource) if reader else None
    return [parsed(policy)] if policy else []


def lets_service(service: str, call: Call) -> bool:
    """Whether the resource's own policy lets a service of AWS do something, `sns.amazonaws.com` for one."""
    principal = Principal("Service", frozenset({service}))
    return decide(policies_of_resource(call), call, principal).allowed


def lets_anyone(call: Call) -> bool:
    """Whether the resource's own policy lets everybody do something, unsigned."""
    return decide(policies_of_resource(call), call, Principal("AWS", frozenset())).allowed


def bucket_in(resource: str) -> Any:
    """Return the bucket that an ARN names, as moto keeps it; None if there is none."""
    buckets = s3_backends[ACCOUNT_ID][partition_in(resource)].buckets
    return buckets.get(bucket_and_key(resource)[0])


def _bucket_policy(resource: str) -> Any:
    bucket = bucket_in(resource)
    return bucket.policy if bucket is not None else None


def _queue_policy(resource: str) -> Any:
    _, _, _, region, _, name = resource.split(":", 5)
    queue: Any = sqs_backends[ACCOUNT_ID][region].queues.get(name)
    return queue.policy if queue is not None else None


def _topic_policy(resource: str) -> Any:
    region = resource.split(":")[3]
    topic: Any = sns_backends[ACCOUNT_ID][region].topics.get(resource)
    return topic.policy if topic is not None else None


def _function_policy(resource: str) -> Any:
    if _FUNCTION not in resource:  # a mapping or a layer
        return None
    _, _, _, region, _, _, name, *_ = resource.split(":")
    try:
        function: Any = lambda_backends[ACCOUNT_ID][region].get_function(name)
    except UnknownFunctionException:
        return None
    # All versions and aliases share one list in moto; each statement names the one that it is for.
    return {"Statement": [_statement(each) for each in function.policy.statements]}


def _statement(stored: dict[str, Any]) -> dict[str, Any]:
    """Spell a statement of moto's as Lambda would: an account as its ARN, further members as conditions."""
    known = {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}
    statement = {key: value for key, value in stored.items() if key in known}
    condition = {operator: dict(pairs) for operator, pairs in stored.get("Condition", {}).items()}
    if auth_type := stored.get("FunctionUrlAuthType"):
        condition.setdefault("StringEquals", {})["lambda:FunctionUrlAuthType"] = auth_type
    if stored.get("InvokedViaFunctionUrl"):
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    principal = stored.get("Principal")
    if isinstance(principal, str) and principal != "*":
        is_account = principal.isdigit() and len(principal) == _ACCOUNT_NUMBER_LENGTH
        root = f"arn:{partition_in(stored['Resource'])}:iam::{principal}:root"
        statement["Principal"] = {"AWS": root if is_account else principal}
    return {**statement, "Condition": condition}


_READERS = {
    "s3": _bucket_policy,
    "sqs": _queue_policy,
    "sns": _topic_policy,
    "lambda": _function_policy,
}
