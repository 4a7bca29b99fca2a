"""Which operation of which service a request names, with its members.

JSON and query protocols say it; REST protocols are matched with the service's own model.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from botocore.parsers import RpcV2CBORParser

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.actions.rest import matched_operation
from rehearsal.account.sagemaker.runtime_request import is_invocation

Members = Mapping[str, Any]
_CBOR = "rpc-v2-cbor"
S3_CONTROL_PATH = "/v20180820/"
# Signing name to botocore's, for services that speak REST and nothing else.
_REST = {"s3": "s3", "lambda": "lambda", "apigateway": "apigatewayv2"}
_SPEAK_CBOR = {"monitoring", "tagging"}


@dataclass(frozen=True)
class Asked:
    """One operation with what it was given."""

    operation: str
    members: Members

    def text(self, *names: str) -> str:
        """Return the first of these members that is a text; empty without one."""
        found = (self.members.get(name) for name in names)
        return next((value for value in found if isinstance(value, str) and value), "")


def asked_of(request: AwsRequest) -> Asked | None:
    """Return what `request` names; None if that cannot be told for sure."""
    if request.service in _REST or (request.service == "sagemaker" and is_invocation(request)):
        return _rest(request)
    if request.target:
        return Asked(request.target, _json(request.body))
    if request.service in _SPEAK_CBOR and request.http.headers.get("smithy-protocol") == _CBOR:
        return Asked(request.http.path.rpartition("/")[2], _cbor(request.body))
    pairs = [*request.http.args.items(multi=True), *_form(request)]
    form = dict(pairs)
    if len(pairs) > len(form) or "Action" not in form:  # said twice, it may be read either way
        return None
    return Asked(form["Action"], nested(form))


def _rest(request: AwsRequest) -> Asked | None:
    name = _REST.get(request.service, "sagemaker-runtime")
    if request.service == "s3" and request.http.path.startswith(S3_CONTROL_PATH):
        name = "s3control"
    found = matched_operation(name, request.http)
    if found is None:
        return None
    in_body = _json(request.body) if found.has_members_in_body and name != "s3" else {}
    return Asked(found.operation, {**in_body, **found.members})


def nested(form: Mapping[str, str]) -> dict[str, Any]:
    """Make lists and structures of a query protocol's dotted names."""
    tree: dict[str, Any] = {}
    for name, value in form.items():
        *parents, last = name.split(".")
        place: Any = tree
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):  # both a text and a structure: nobody's request
                return {}
        place[last] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() <= {"member", "entry"}:
        return _listed(next(iter(value.values())))
    if all(name.isdigit() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(each) for name, each in value.items()}


def _form(request: AwsRequest) -> list[tuple[str, str]]:
    is_form = "form" in request.http.headers.get("Content-Type", "")
    return (
        parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True) if is_form else []
    )


def _json(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body)
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _cbor(body: bytes) -> dict[str, Any]:
    try:
        members: Any = RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body)))
    except Exception:  # noqa: BLE001 - however it is broken, the service itself will say so
        return {}
    return members if isinstance(members, dict) else {}
