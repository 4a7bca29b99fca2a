"""The policies as Pulumi asks them: its arguments become resources, findings become its reports.

Pulumi opens secrets before it shows a resource to a policy, so a policy cannot see whether one is marked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Policy as PulumiPolicy
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from policy.findings import Finding
from policy.options import settled
from policy.policies import POLICIES, Policy
from policy.records import UNKNOWN, Resource

_LISTED = 3


class NotToldError(UnknownValueError):
    """A policy came to values that a preview does not know: Pulumi tells that as a warning, beside the violations."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [finding.path for finding in findings])
        told = [f"{finding.path} of {finding.resource}" for finding in findings[:_LISTED]]
        more = len(findings) - _LISTED
        self.message = ", ".join(told) + (f" and {more} more" if more > 0 else "")
        self.message += " can't be known during preview"


def pulumi_policies() -> list[PulumiPolicy]:
    """Every policy, as Pulumi takes it."""
    return [
        _of_stack(policy) if policy.of_stack is not None else _of_resource(policy)
        for policy in POLICIES
    ]


def _of_resource(policy: Policy) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = _resource(args.resource_type, args.name, args.urn, args.props, args.opts.protect)
        options = settled(policy.options, _configured(policy, args.get_config()), policy.name)
        _tell(policy.findings_on(resource, options), report)

    return ResourceValidationPolicy(
        policy.name, policy.description, validate, _level(policy), _schema(policy)
    )


def _of_stack(policy: Policy) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [
            _resource(
                each.resource_type,
                each.name,
                each.urn,
                each.props,
                each.opts.protect,
                {
                    name: [source.urn for source in sources]
                    for name, sources in each.property_dependencies.items()
                },
            )
            for each in args.resources
        ]
        options = settled(policy.options, _configured(policy, args.get_config()), policy.name)
        _tell(policy.findings(resources, options), report)

    return StackValidationPolicy(
        policy.name, policy.description, validate, _level(policy), _schema(policy)
    )


def _tell(findings: Sequence[Finding], report: Callable[[str, str | None], None]) -> None:
    """Report what is wrong, then that something could not be told.

    Raises:
        NotToldError: something could not; Pulumi keeps what was reported before.
    """
    for finding in findings:
        if not finding.is_open:
            report(str(finding), finding.resource.urn or None)
    if left_open := [finding for finding in findings if finding.is_open]:
        raise NotToldError(left_open)


def _resource(
    resource_type: str,
    name: str,
    urn: str,
    properties: Mapping[str, Any],
    is_protected: bool,  # noqa: FBT001 - as above
    sources: Mapping[str, Sequence[str]] | None = None,
) -> Resource:
    return Resource(
        type=resource_type,
        name=name,
        properties=cast("Mapping[str, Any]", plain(properties)),
        urn=urn,
        stack=urn.split(":")[2] if urn.startswith("urn:pulumi:") else "",
        is_protected=bool(is_protected),
        sources=sources or {},
    )


def plain(value: Any) -> Any:
    """A value out of Pulumi's guarded mappings and lists, which raise where something is not known."""
    if isinstance(value, Mapping):
        group = cast("Mapping[str, Any]", value)
        return {key: _guarded(group, key) for key in group}
    if isinstance(value, Sequence) and not isinstance(value, str):
        entries = cast("Sequence[Any]", value)
        return [_guarded(entries, place) for place in range(len(entries))]
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return None  # no policy reads files
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _guarded(group: Any, key: Any) -> Any:
    try:
        return plain(group[key])
    except UnknownValueError:
        return UNKNOWN


def _configured(policy: Policy, said: Mapping[str, Any]) -> dict[str, Any]:
    """What Pulumi says of a policy's options, without keys of its own."""
    return {name: plain(said[name]) for name in policy.options if name in said}


def _level(policy: Policy) -> EnforcementLevel:
    return EnforcementLevel(policy.level)


def _schema(policy: Policy) -> PolicyConfigSchema | None:
    if not policy.options:
        return None
    return PolicyConfigSchema({name: option.schema for name, option in policy.options.items()})
