"""Match a REST request with the operations of a service's model, as strictly as a front door does.

An argument that the operation does not have may mean another one to whoever answers, so it makes no match.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

from werkzeug.wrappers import Request

from rehearsal.account.service_model import service_model

_LABEL = re.compile(r"\{(?P<name>[^}+]+)(?P<is_greedy>\+?)\}")
# Who signs in the arguments, and what an SDK says of itself there.
_OF_SIGNATURES = re.compile(
    r"X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token|Checksum-\w+|"
    r"SDK-Checksum-Algorithm|Content-SHA256)|AWSAccessKeyId|Signature|Expires|x-id",
    re.IGNORECASE,
)
_COPY_SOURCE = "x-amz-copy-source"
# The two names that one request of S3 has: the newer one counts.
_SUPERSEDED = {
    "GetBucketLifecycle", "PutBucketLifecycle", "GetBucketNotification", "PutBucketNotification",
    "ListDirectoryBuckets",
}  # fmt: skip


@dataclass(frozen=True)
class Matched:
    """An operation and those of its members that URI and headers tell."""

    operation: str
    members: Mapping[str, str | list[str]]
    has_members_in_body: bool
    """Rather than a body that is one member's own."""


@dataclass(frozen=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    labels: Mapping[str, str]
    """Group in `path` to member."""
    fixed: Mapping[str, str]
    """Arguments that say which operation it is, with their values."""
    arguments: Mapping[str, str]
    """Further arguments, each with its member."""
    required: frozenset[str]
    """Those of `arguments` that must be there."""
    known: frozenset[str]
    """All arguments that it may have."""
    headers: tuple[tuple[str, str], ...]
    """Each with its member."""
    copies: bool
    """Whether the operation is told from another one by the header that names a source."""
    has_members_in_body: bool


def matched_operation(service: str, http: Request) -> Matched | None:
    """Return the operation that fits best: with the most arguments of those that it must have."""
    path = _path(http, service)
    given = {name: value for name, value in http.args.items() if not _OF_SIGNATURES.fullmatch(name)}
    if service == "s3" and len(list(http.args.items(multi=True))) > len(http.args):
        return None  # said twice, it may be read either way
    copies = service == "s3" and _COPY_SOURCE in http.headers
    fitting = [
        (len(route.fixed) + len(route.required), route, found)
        for route in _routes(service).get(http.method, ())
        if route.copies == copies and _takes(route, given) and (found := route.path.fullmatch(path))
    ]
    if not fitting:
        return None
    _, route, found = max(fitting, key=lambda each: each[0])
    decoded = str if service == "s3" else unquote
    members = {member: decoded(found[group]) for group, member in route.labels.items()}
    asked = {
        member: values[0] if len(values) == 1 else values
        for name, member in route.arguments.items()
        if (values := http.args.getlist(name))
    }
    told = {member: http.headers[name] for name, member in route.headers if name in http.headers}
    return Matched(route.operation, {**told, **asked, **members}, route.has_members_in_body)


def _path(http: Request, service: str) -> str:
    # A key of S3's is judged as it is looked up; elsewhere an ARN in the path may hold slashes, encoded.
    if service == "s3":
        return http.path
    path = str(http.environ.get("RAW_URI", http.path)).partition("?")[0]
    return path.rstrip("/") or "/"


def _takes(route: _Route, given: Mapping[str, str]) -> bool:
    return (
        given.keys() <= route.known
        and route.required <= given.keys()
        and all(name in given and given[name] in ("", value) for name, value in route.fixed.items())
    )


@lru_cache
def _routes(service: str) -> dict[str, list[_Route]]:
    """Return the operations of a service by method."""
    model = service_model(service)
    # botocore has the names cached in a property of its own kind.
    names = cast("list[str]", model.operation_names)
    routes: dict[str, list[_Route]] = {}
    for name in names:
        if name not in _SUPERSEDED:
            route = _route(model.operation_model(name), service)
            routes.setdefault(route.method, []).append(route)
    return routes


def _route(operation: Any, service: str) -> _Route:
    uri, _, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    members = _located(shape, "uri")
    arguments = _located(shape, "querystring")
    required = {name for name, member in arguments.items() if member in shape.required_members}
    path, labels = _pattern(uri if service == "s3" else uri.rstrip("/") or "/", service)
    fixed = dict(parse_qsl(query, keep_blank_values=True))
    return _Route(
        operation=operation.name,
        method=operation.http["method"],
        path=path,
        labels={group: members.get(label, label) for group, label in labels.items()},
        fixed={name: value for name, value in fixed.items() if name != "x-id"},
        arguments=arguments,
        required=frozenset(required),
        known=frozenset({*fixed, *arguments}),
        # The headers of S3 are conditions, and read as such.
        headers=() if service == "s3" else tuple(_located(shape, "header").items()),
        has_members_in_body=shape is not None and "payload" not in shape.serialization,
        copies=operation.name in ("CopyObject", "UploadPartCopy"),
    )


def _located(shape: Any, location: str) -> dict[str, str]:
    """Return the members that travel in one place, by what they are called there."""
    return {
        member.serialization.get("name", name): name
        for name, member in (shape.members if shape else {}).items()
        if member.serialization.get("location") == location
    }


def _pattern(uri: str, service: str) -> tuple[re.Pattern[str], dict[str, str]]:
    labels: dict[str, str] = {}
    translated, end = "", 0
    for label in _LABEL.finditer(uri):
        group = f"g{len(labels)}"
        labels[group] = label["name"]
        one = "[^/]+" if not label["is_greedy"] else ".+"
        translated += f"{re.escape(uri[end : label.start()])}(?P<{group}>{one})"
        end = label.end()
    translated += re.escape(uri[end:])
    # A bucket's own path may end in a slash.
    may_end_in_slash = "/?" if service == "s3" and len(labels) == 1 else ""
    return re.compile(translated + may_end_in_slash, re.DOTALL), labels
