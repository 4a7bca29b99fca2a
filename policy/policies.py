"""The policies: name, level, options and rule of each. `__main__.py` hands the same list to Pulumi."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policy.documents import DocumentError
from policy.findings import Finding
from policy.options import Level, Option
from policy.records import Resource
from policy.rules import (
    cost_cap,
    encryption,
    entrances,
    environments,
    guards,
    instance_types,
    log_retention,
    protected_data,
    public_buckets,
    tags,
    transport,
    wildcards,
)

Options = Mapping[str, Any]
OfResource = Callable[[Resource, Options], Iterator[Finding]]
OfStack = Callable[[list[Resource], Options], Iterator[Finding]]


@dataclass(frozen=True)
class Policy:
    """One policy. Its name is its identity: configurations and exceptions name it."""

    name: str
    description: str
    """What has to be, in one sentence."""

    of_resource: OfResource | None = None
    """Judges each resource by itself: Pulumi asks before it creates one."""

    of_stack: OfStack | None = None
    """Judges all resources together: Pulumi asks when all are known."""

    options: Mapping[str, Option] = field(default_factory=dict[str, Option])
    level: Level = "mandatory"

    def findings(self, resources: Sequence[Resource], options: Options) -> list[Finding]:
        """What the policy has to say about a whole stack.

        Args:
            resources: all of the stack.
            options: the value of each of the policy's options.
        """
        if self.of_stack is not None:
            return list(self.of_stack(list(resources), options))
        return [
            finding for resource in resources for finding in self.findings_on(resource, options)
        ]

    def findings_on(self, resource: Resource, options: Options) -> list[Finding]:
        """What a policy of single resources has to say about one."""
        if self.of_resource is None:
            return []
        try:
            return list(self.of_resource(resource, options))
        except DocumentError as error:
            return [
                Finding(
                    resource,
                    error.path,
                    resource.read(error.path),
                    "a policy document of IAM in JSON",
                    "write it with components.iam.document, or json.dumps",
                )
            ]


POLICIES: tuple[Policy, ...] = (
    Policy(
        "bucket-stays-private",
        "Buckets block public access with all four switches, and no ACL or policy opens one to everybody.",
        of_resource=public_buckets.stays_private,
    ),
    Policy(
        "encryption-at-rest",
        "What lies in buckets, queues and topics is encrypted.",
        of_resource=encryption.is_encrypted,
        options=encryption.OPTIONS,
    ),
    Policy(
        "tls-only",
        "The policies of buckets, queues and topics deny every request without TLS.",
        of_resource=transport.takes_tls_only,
    ),
    Policy(
        "guards-are-there",
        "Every bucket has its access block, encryption, policy and versioning; every queue and topic its policy.",
        of_stack=guards.guards_are_there,
    ),
    Policy(
        "narrow-grants",
        "Roles may do what is named, to what is named: no wildcard but in listed exceptions, no policy of AWS's.",
        of_resource=wildcards.grants_are_narrow,
    ),
    Policy(
        "known-callers",
        "Functions, queues and topics are open to known callers alone, who sign their requests.",
        of_resource=entrances.callers_are_known,
    ),
    Policy(
        "no-plain-secrets",
        "No secret stands in the environment of a function or a container.",
        of_resource=environments.environments_are_plain,
    ),
    Policy(
        "allowed-instance-types",
        "Endpoints run on the types of instances that their stack may use.",
        of_resource=instance_types.types_are_allowed,
        options=instance_types.OPTIONS,
    ),
    Policy(
        "required-tags",
        "Whatever can carry tags has the required ones.",
        of_resource=tags.tags_are_there,
        options=tags.OPTIONS,
    ),
    Policy(
        "log-retention",
        "Every log group keeps its logs long enough, and not for ever.",
        of_resource=log_retention.retention_is_set,
        options=log_retention.RETENTION_OPTIONS,
    ),
    Policy(
        "logs-are-kept",
        "Functions, endpoints and APIs write to log groups of the stack.",
        of_stack=log_retention.logs_are_kept,
    ),
    Policy(
        "protected-data",
        "In the stacks that are named, buckets are protected, never emptied, and keep records long enough.",
        of_resource=protected_data.data_is_protected,
        options=protected_data.OPTIONS,
    ),
    Policy(
        "cost-cap",
        "A stack has a cap of its monthly costs, and its estimate is within it.",
        of_stack=cost_cap.costs_are_capped,
        options=cost_cap.OPTIONS,
    ),
)
