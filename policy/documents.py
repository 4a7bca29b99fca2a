"""Policy documents of IAM, in the resources that carry one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from policy.records import UNKNOWN, Resource

BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
ROLE = "aws:iam/role:Role"
RESOURCE_POLICIES = (BUCKET_POLICY, QUEUE_POLICY, TOPIC_POLICY)
"""Those that say who may use a resource."""

GRANTS: Mapping[str, str] = {
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/policy:Policy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
}
"""The property that holds the document, by the type of what says what somebody may do."""

TRUST = "assumeRolePolicy"
# What binds an open principal to somebody: docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# ("The meaning of public", read 2026-11-25), with SNS's and SQS's own aws:SourceArn.
_BINDING_KEYS = {
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
    *("aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce"),
    *("aws:userid", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
}
_BINDING_OPERATORS = {"stringequals", "stringlike", "arnequals", "arnlike"}


@dataclass(frozen=True)
class Statement:
    """One statement of a document."""

    name: str
    """Its `Sid`, or its place."""

    allows: bool
    actions: Sequence[str]
    resources: Sequence[str]
    principal: Any
    condition: Mapping[str, Mapping[str, Any]]
    negations: Sequence[str]
    """Those of `NotAction`, `NotResource` and `NotPrincipal` that it uses."""

    @property
    def is_for_everyone(self) -> bool:
        """Whether anybody is meant, with an account or without."""
        if isinstance(self.principal, Mapping):
            named = cast("Mapping[str, Any]", self.principal)
            return any("*" in texts(who) for who in named.values())
        return self.principal == "*"

    @property
    def is_public(self) -> bool:
        """Whether it lets anybody in whom no condition binds to an account, an organisation or a network."""
        return self.allows and self.is_for_everyone and not self._is_bound

    @property
    def _is_bound(self) -> bool:
        return any(
            operator.lower() in _BINDING_OPERATORS
            and key.lower() in _BINDING_KEYS
            and all(not text.startswith("*") for text in texts(values))
            for operator, pairs in self.condition.items()
            for key, values in pairs.items()
        )


class DocumentError(ValueError):
    """A text is no policy document."""

    def __init__(self, resource: Resource, path: str) -> None:
        super().__init__(f"{resource}: {path} is no policy document")
        self.resource = resource
        self.path = path


def read_document(resource: Resource, path: str) -> list[Statement] | None:
    """The statements of the document at `path`; None if it is not known before the deployment.

    A property that is missing has no statements.

    Raises:
        DocumentError: the text is no policy document.
    """
    text = resource.read(path)
    if text is UNKNOWN:
        return None
    if text is None:
        return []
    try:
        document: Any = json.loads(text) if isinstance(text, str) else text
        statements = document["Statement"]
        if isinstance(statements, dict):
            statements = [statements]
        return [_statement(said, place) for place, said in enumerate(statements, start=1)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DocumentError(resource, path) from error


def texts(value: Any) -> list[str]:
    """One text or several, as documents write both."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(entry) for entry in value]


def denies_plain_http(statements: Sequence[Statement], service: str) -> bool:
    """Whether a document refuses every request that does not come over TLS.

    Args:
        statements: of the document.
        service: `s3`, `sqs` or `sns`.
    """
    return any(_denies_plain_http(statement, service) for statement in statements)


def _denies_plain_http(statement: Statement, service: str) -> bool:
    pairs = [
        (operator.lower(), key.lower(), [text.lower() for text in texts(values)])
        for operator, said in statement.condition.items()
        for key, values in said.items()
    ]
    # Publishing is the only action of a topic that carries data, and SNS takes no sns:* in a topic's policy.
    actions = {"*", f"{service}:*"} | ({"sns:publish"} if service == "sns" else set())
    return (
        not statement.allows
        and not statement.negations
        and statement.is_for_everyone
        and pairs == [("bool", "aws:securetransport", ["false"])]
        and any(action.lower() in actions for action in statement.actions)
        and (service != "s3" or _covers_bucket_and_objects(statement.resources))
    )


def _covers_bucket_and_objects(resources: Sequence[str]) -> bool:
    return "*" in resources or (
        any(name.endswith("/*") for name in resources)
        and any("/" not in name for name in resources)
    )


def _statement(said: Mapping[str, Any], place: int) -> Statement:
    negations = [key for key in ("NotAction", "NotResource", "NotPrincipal") if key in said]
    return Statement(
        name=said.get("Sid") or f"statement {place}",
        allows=said["Effect"] == "Allow",
        actions=texts(said.get("Action")),
        resources=texts(said.get("Resource")),
        principal=said.get("Principal"),
        condition=said.get("Condition") or {},
        negations=negations,
    )


def documents_of(resource: Resource) -> Iterator[str]:
    """The paths of the documents that a resource carries, one that is trusted by included."""
    if resource.type in GRANTS:
        yield GRANTS[resource.type]
    if resource.type in RESOURCE_POLICIES:
        yield "policy"
    if resource.type == ROLE:
        yield TRUST
