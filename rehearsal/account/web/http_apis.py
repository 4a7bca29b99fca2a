"""HTTP APIs of API Gateway: moto keeps them, and each answers on a loopback port of its own.

Played is what leads to a function: the stage `$default`, AWS_PROXY integrations of format 2.0, routes by
method and path or `$default`, and authorization by IAM or none. Facts:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html and the pages below it, read in
November 2026.
"""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.concurrency import TOO_MANY_REQUESTS
from rehearsal.account.functions.function_lookup import find_target
from rehearsal.account.functions.functions import Functions
from rehearsal.account.functions.runtime_api import Event, Outcome
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import authorize_calls
from rehearsal.account.iam.resource_policies import lets_service
from rehearsal.account.partitions import partition_of
from rehearsal.account.web.front_door import FrontDoor
from rehearsal.account.web.http_api_settings import answer_setting
from rehearsal.account.web.http_events import Door, MalformedReplyError, http_event, http_reply
from rehearsal.account.wire_errors import AwsError

MAX_BODY_BYTES = 10 * 1024 * 1024  # API Gateway quota for HTTP APIs
_SERVICE = "apigateway.amazonaws.com"
_VERSION = "/v2/"
_APIS = f"{_VERSION}apis"
_FIRST_ERROR = 400
_ERROR, _UNAVAILABLE = "Internal Server Error", "Service Unavailable"
_STAGE = "$default"
_FUNCTION = re.compile(r"(arn:aws[a-z-]*:apigateway:.*:lambda:path/2015-03-31/functions/)?(?P<arn>arn:aws[a-z-]*:lambda:[^/]+)(/invocations)?")  # fmt: skip


class _RefusedError(Exception):
    """An API answers by itself, and asks no function."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class HttpApis:
    """The running side of every HTTP API."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        # By itself: on the way through moto's own dispatcher it wants what only REST APIs need.
        self._moto = create_backend_app("apigatewayv2")
        self._doors: list[FrontDoor] = []
        self._lock = threading.Lock()
        self._calls = ThreadPoolExecutor(16, "http-api")

    def handle(self, request: AwsRequest) -> Response | None:
        """Let moto answer, and give an API that it creates a URL that answers as well.

        REST APIs, which are signed for the same service, are not played: None.
        """
        if not request.http.path.startswith(_VERSION):
            return None
        if (answer := answer_setting(request)) is not None:
            return answer
        answer = Response.from_app(self._moto, request.http.environ)
        is_creation = request.http.method == "POST" and request.http.path.rstrip("/") == _APIS
        if is_creation and answer.status_code < _FIRST_ERROR:
            return self._with_door(answer, request.region)
        return answer

    def _with_door(self, created: Response, region: str) -> Response:
        answer = json.loads(created.get_data())
        api_id = answer["apiId"]
        door = FrontDoor(lambda request: self._answer(api_id, region, request))
        with self._lock:
            self._doors.append(door)
        api: Any = apigatewayv2_backends[ACCOUNT_ID][region].get_api(api_id)
        api.api_endpoint = door.url
        created.set_data(json.dumps({**answer, "apiEndpoint": door.url}))
        return created

    def stop(self) -> None:
        """Answer nothing more."""
        for door in self._doors:
            door.close()
        self._calls.shutdown(wait=False, cancel_futures=True)

    def _answer(self, api_id: str, region: str, request: AwsRequest) -> Response:
        api: Any = apigatewayv2_backends[ACCOUNT_ID][region].apis.get(api_id)
        arn = f"arn:{partition_of(region)}:execute-api:{region}:{ACCOUNT_ID}:{api_id}/{_STAGE}"
        try:
            route = _route(api, request)
            caller = _caller(route, arn, request)
            event = http_event(request, Door(api_id, route.route_key, _STAGE), caller)
            integration = api.get_integration(route.target.partition("/")[2])
            source_arn = f"{arn}/{_source_of(route.route_key)}"
            outcome = self._asked(integration, source_arn, event, region)
            return _said(500, _ERROR) if outcome.error else http_reply(outcome.payload)
        except _RefusedError as refused:
            return _said(refused.status, str(refused))
        except TimeoutError:
            return _said(503, _UNAVAILABLE)
        except MalformedReplyError:
            return _said(500, _ERROR)
        except AwsError as refused:
            is_throttled = refused.code == TOO_MANY_REQUESTS
            return (
                _said(503, _UNAVAILABLE)
                if is_throttled
                else _said(500, f"{_ERROR} ({refused.message})")
            )

    def _asked(
        self, integration: Any, source_arn: str, event: dict[str, Any], region: str
    ) -> Outcome:
        """Run the function, for as long as an API waits.

        Raises:
            AwsError: there is no such function, or it does not let the API in.
            TimeoutError: it took longer.
        """
        match = _FUNCTION.fullmatch(integration.integration_uri or "")
        if match is None or integration.integration_type != "AWS_PROXY":
            raise AwsError("ServiceException", "the local account plays AWS_PROXY to functions")
        if integration.payload_format_version != "2.0":
            raise AwsError("ServiceException", "the local account plays the payload format 2.0")
        target = find_target(match["arn"], None, region)
        context = {"aws:SourceArn": source_arn, "aws:SourceAccount": ACCOUNT_ID}
        if not lets_service(_SERVICE, Call("lambda:InvokeFunction", target.arn, context)):
            raise AwsError(
                "AccessDenied", f"{target.arn} does not let {_SERVICE} invoke it for {source_arn}"
            )
        payload, request_id = json.dumps(event).encode(), event["requestContext"]["requestId"]
        running = self._calls.submit(
            self._functions.run, target, Event(request_id, payload, target.arn)
        )
        return running.result(integration.timeout_in_millis / 1000).outcome


def _route(api: Any, request: AwsRequest) -> Any:
    """Return the route that a request takes.

    Raises:
        _RefusedError: there is none, or the request is too large for any.
    """
    if len(request.body) > MAX_BODY_BYTES:
        raise _RefusedError(413, "Request Entity Too Large")
    routes = api.routes.values() if api is not None and _STAGE in api.stages else []
    by_key = {route.route_key: route for route in routes}
    path = request.http.path
    for key in (f"{request.http.method} {path}", f"ANY {path}", "$default"):
        if key in by_key:
            return by_key[key]
    raise _RefusedError(404, "Not Found")


def _caller(route: Any, stage_arn: str, request: AwsRequest) -> str | None:
    """Return who asks, if the route wants to know.

    Raises:
        _RefusedError: not signed for the API, or not allowed to invoke it.
    """
    if route.authorization_type != "AWS_IAM":
        return None
    if request.service != "execute-api":
        raise _RefusedError(403, "Forbidden (the request is not signed for execute-api)")
    resource = f"{stage_arn}/{request.http.method}{request.http.path}"
    call = Call("execute-api:Invoke", resource, {"aws:SecureTransport": "true"})
    try:
        return authorize_calls(request, [call])
    except AwsError as refused:
        raise _RefusedError(403, f"Forbidden ({refused.message})") from refused


def _source_of(route_key: str) -> str:
    """Return how a route's key stands in the ARN that a function's policy may name."""
    method, _, path = route_key.partition(" ")
    return f"{'*' if method == 'ANY' else method}{path}" if path else route_key


def _said(status: int, message: str) -> Response:
    return Response(json.dumps({"message": message}), status, content_type="application/json")
