"""Faults of calls to the account: errors of the services, slowness, and connections that are cut."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.faults.catalogue import ALL
from rehearsal.account.faults.injector import Stroke, Struck, injector
from rehearsal.account.faults.invocations import kill_when, request_id_of
from rehearsal.account.iam.actions import calls_of
from rehearsal.account.iam.principals import session_of
from rehearsal.account.sagemaker.runtime_request import is_invocation, operation_and_endpoint
from rehearsal.account.wire_errors import AwsError, access_denied

Target = Literal["sagemaker-runtime", "s3"]
_OWN_SESSION = "sagemaker"
# What is known of a request, in its WSGI environment.
_STRUCK, _IS_CUT_AFTERWARDS = "genai.faults.struck", "genai.faults.is_cut_afterwards"
_STORING = "PutObject"
_TIME = "%Y%m%dT%H%M%SZ"
_served = threading.local()  # what is struck in the request that this thread serves

_RUNTIME_ERRORS: dict[str, tuple[str, str, int]] = {
    "throttle": ("ThrottlingException", "Rate exceeded", 400),
    "ServiceUnavailable": ("ServiceUnavailable", "The service is currently unavailable.", 503),
    "InternalFailure": ("InternalFailure", "An internal failure occurred.", 500),
    "not-ready": ("ModelNotReadyException", "The model is not ready yet. Try again later.", 429),
}
_S3_ERRORS: dict[str, tuple[str, str, int]] = {
    "SlowDown": ("SlowDown", "Please reduce your request rate.", 503),
    "InternalError": ("InternalError", "We encountered an internal error. Please try again.", 500),
}
# What `all` stands for: each comes before anything is done.
_OF_ALL: dict[Target, tuple[tuple[str, str | None], ...]] = {
    "sagemaker-runtime": (
        ("throttle", None),
        ("server-error", "ServiceUnavailable"),
        ("server-error", "InternalFailure"),
        ("not-ready", None),
        ("cut-connection", "before"),
    ),
    "s3": (("s3-unavailable", "SlowDown"), ("s3-unavailable", "InternalError")),
}


def strike(request: AwsRequest) -> None:
    """Let come what is to come of a call before it is answered.

    Raises:
        AwsError: as the service does that is overloaded, broken, or does not let the caller in.
        ConnectionResetError: the connection is gone, or the caller is.
    """
    target = _target(request)
    struck = _struck(request, target) if target else None
    _served.struck = request.http.environ[_STRUCK] = struck
    if target is None or struck is None:
        return
    moment = "asking" if target == "sagemaker-runtime" else "storing"
    may_kill = target == "sagemaker-runtime" or struck.action == _STORING
    if may_kill and kill_when(moment, request.access_key_id):
        _hang_up(request)
        raise ConnectionResetError
    if target == "s3" and (late := injector.draw("s3-slow")):
        injector.note(late, struck)
        time.sleep(late.delay_seconds)
    stroke = _drawn(target, struck)
    if stroke is not None:
        injector.note(stroke, struck)
        _come(stroke, request)


def hand_on(request: AwsRequest, answer: Iterable[bytes]) -> Iterable[bytes]:
    """Return the answer to a call, unless the connection is to be cut or the caller to be killed now.

    Raises:
        ConnectionResetError: nobody hears the answer.
    """
    environ = request.http.environ
    struck: Struck | None = environ.get(_STRUCK)
    is_endpoints = struck is not None and struck.service == "sagemaker-runtime"
    was_killed = is_endpoints and kill_when("answered", request.access_key_id)
    if not was_killed and _IS_CUT_AFTERWARDS not in environ:
        return answer
    for _ in answer:
        pass
    if close := getattr(answer, "close", None):
        close()
    _hang_up(request)
    raise ConnectionResetError


def current_target() -> Struck | None:
    """Return what this thread is asked for, if that may be struck."""
    return getattr(_served, "struck", None)


def is_serving() -> bool:
    """Whether this thread serves a request at all."""
    return hasattr(_served, "struck")


def _drawn(target: Target, struck: Struck) -> Stroke | None:
    for name in ("access-denied", "clock-skew"):
        if stroke := injector.draw(name, ["s3" if target == "s3" else "endpoint"]):
            return stroke
    names = ("s3-unavailable",)
    if target != "s3":
        names = ("throttle", "server-error", "cut-connection")
        if struck.action != "InvokeEndpointAsync":
            names += ("not-ready",)
    for name in names:
        if stroke := injector.draw(name):
            return stroke
    options = [f"{name}:{kind or ''}" for name, kind in _OF_ALL[target] if name in names]
    drawn = injector.draw(ALL, options)
    if drawn is None or drawn.kind is None:
        return None
    name, _, kind = drawn.kind.partition(":")
    return Stroke(name, kind or None)


def _come(stroke: Stroke, request: AwsRequest) -> None:
    match stroke.fault, stroke.kind:
        case "access-denied", _:
            raise _denied(request)
        case "clock-skew", _:
            raise _skewed(request)
        case (("throttle" | "not-ready"), _):
            raise AwsError(*_RUNTIME_ERRORS[stroke.fault])
        case "server-error", str(kind):
            raise AwsError(*_RUNTIME_ERRORS[kind])
        case "s3-unavailable", ("SlowDown" | "InternalError") as kind:
            raise AwsError(*_S3_ERRORS[kind])
        case _, ("after" | "cut-after"):
            request.http.environ[_IS_CUT_AFTERWARDS] = True
        case _:
            _hang_up(request)
            raise ConnectionResetError


def _target(request: AwsRequest) -> Target | None:
    session = session_of(request)
    if session is None or session.session_name == _OWN_SESSION:
        return None
    if request.service == "s3":
        return "s3"
    is_runtime = request.service == "sagemaker" and is_invocation(request)
    return "sagemaker-runtime" if is_runtime else None


def _struck(request: AwsRequest, target: Target) -> Struck:
    calls = calls_of(request)
    action = calls[0].action.partition(":")[2] if calls else request.http.method
    asked = operation_and_endpoint(request) if target == "sagemaker-runtime" else None
    subject = asked[1] if asked else request.http.path.lstrip("/")
    return Struck(target, action, subject, request_id_of(request.access_key_id))


def _denied(request: AwsRequest) -> AwsError:
    call, session = calls_of(request)[0], session_of(request)
    who = session.arn if session else "anonymous"
    return access_denied(
        request.service,
        f"User: {who} is not authorized to perform: {call.action} on resource: "
        f"{call.resource} with an explicit deny in an identity-based policy",
    )


def _skewed(request: AwsRequest) -> AwsError:
    if request.service == "s3":
        return AwsError(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            403,
        )
    now = datetime.now(UTC)
    signed_at = request.http.headers.get("X-Amz-Date", "")
    oldest = now - timedelta(minutes=5)
    return AwsError(
        "InvalidSignatureException",
        f"Signature expired: {signed_at} is now earlier than {oldest:{_TIME}} ({now:{_TIME}} - 5 min.)",
        403,
    )


def _hang_up(request: AwsRequest) -> None:
    connection = request.http.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # the other side was faster
            connection.shutdown(socket.SHUT_RDWR)
