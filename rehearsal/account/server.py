"""The account's one URL: every request is authorized, then answered by us or by moto."""

import io
import json
import sys
import threading
import traceback
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from moto import backends
from moto.iam.access_control import PermissionResult
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import FakeBucket
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.faults import REPORT_PATH, FaultInjector, Faults
from rehearsal.account.functions.adapter_layer import know_adapter_layer
from rehearsal.account.functions.event_invocations import EventInvocations
from rehearsal.account.functions.event_invoke_configs import EventInvokeConfigs
from rehearsal.account.functions.event_source_mappings import EventSourceMappings
from rehearsal.account.functions.functions import Functions
from rehearsal.account.functions.invoke import invoke, is_invocation
from rehearsal.account.iam.boundaries import refuse_missing_boundary
from rehearsal.account.iam.principals import authorize
from rehearsal.account.messaging.queues import guard_queues
from rehearsal.account.messaging.topic_deliveries import deliver_from_topics
from rehearsal.account.sagemaker import runtime as sagemaker_runtime
from rehearsal.account.sagemaker.control import SageMaker
from rehearsal.account.sagemaker.runtime_request import is_invocation as is_runtime_request
from rehearsal.account.scaling.targets import Scaling
from rehearsal.account.storage.bucket_notifications import (
    refuse_unreachable_destinations,
    speak_as_s3,
)
from rehearsal.account.web.function_urls import FunctionUrls
from rehearsal.account.web.http_apis import HttpApis
from rehearsal.account.wire_errors import AwsError, render


def _no_opinion(self: FakeBucket, action: str, resource: str) -> PermissionResult:  # noqa: ARG001 - moto's signature
    return PermissionResult.NEUTRAL


# moto enforces a bucket policy's Deny without its Condition, so a TLS-only policy would deny everything;
# principals.authorize evaluates the conditions.
FakeBucket.get_permission = _no_opinion
guard_queues()
speak_as_s3()
know_adapter_layer()

_MOTO_MODULES = tuple(backends.list_of_moto_modules())
# moto lists its own folder again for every request, which is a fifth of a small request's time.
backends.list_of_moto_modules = lambda: _MOTO_MODULES


class Account:
    """A WSGI application and the processes it runs."""

    def __init__(self, faults: Faults | None = None) -> None:
        """`faults`: how many calls fail; none without."""
        self._faults = FaultInjector(faults or Faults(percent=0))
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self._conditional = threading.Lock()
        self._sagemaker: dict[str, SageMaker] = {}  # by Region
        self._scaling: dict[str, Scaling] = {}  # by Region
        self.server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, self, threaded=True, request_handler=_QuietHandler
        )
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._functions = Functions(self.url)
        self._mappings = EventSourceMappings(self._functions, self.url)
        self._event_configs = EventInvokeConfigs()
        self._events = EventInvocations(self._functions, self._event_configs, self.url)
        self._urls = FunctionUrls(self._functions)
        self._apis = HttpApis(self._functions)
        deliver_from_topics(self._events.accept_from_service)

    def stop(self) -> None:
        """End everything that was started."""
        self._urls.stop()
        self._apis.stop()
        self._mappings.stop()
        self._events.stop()
        self._functions.stop()
        for sagemaker in self._sagemaker.values():
            sagemaker.stop()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one WSGI request."""
        request = AwsRequest.read(environ)
        if request.http.path == REPORT_PATH:
            return Response(json.dumps(self._faults.counts()))(environ, start_response)
        try:
            authorize(request)
            self._faults.strike(request)
            response = self._answer(request)
        except ConnectionResetError:  # nobody is there any more to be answered
            raise
        except AwsError as error:
            response = render(error, request)
        except Exception as failure:  # noqa: BLE001 - the client gets AWS's words for a fault of ours
            where = traceback.extract_tb(failure.__traceback__)[-1]
            message = f"the local account failed: {failure!r} at {where.filename}:{where.lineno}"
            response = render(AwsError("InternalFailure", message, 500), request)
        if response is None:
            environ["wsgi.input"] = io.BytesIO(request.body)  # read already: hand it on anew
            if self._apis.is_for_them(request):
                return self._apis.handle(request)(environ, start_response)
            with self._alone_if_conditional(request):
                return self._moto(environ, start_response)
        return response(environ, start_response)

    def _alone_if_conditional(self, request: AwsRequest) -> AbstractContextManager[object]:
        """Moto looks whether an object exists and puts it in two steps: one such request at a time."""
        is_conditional = request.service == "s3" and (
            "If-None-Match" in request.http.headers or "If-Match" in request.http.headers
        )
        return self._conditional if is_conditional else nullcontext()

    def _answer(self, request: AwsRequest) -> Response | None:
        if request.service == "sagemaker":
            sagemaker = self._sagemaker_in(request.region)
            if is_runtime_request(request):
                return sagemaker_runtime.invoke(request, sagemaker)
            return sagemaker.handle(request)
        if request.service == "application-autoscaling":
            return self._scaling_in(request.region).handle(request)
        if request.service == "s3":
            refuse_unreachable_destinations(request)
        if request.service == "iam":
            refuse_missing_boundary(request)
        if request.service == "lambda":
            return self._answer_for_lambda(request)
        return None

    def _answer_for_lambda(self, request: AwsRequest) -> Response | None:
        if is_invocation(request):
            return invoke(request, self._functions, self._events)
        for own in (self._mappings, self._event_configs, self._urls):
            if own.is_for_them(request):
                return own.handle(request)
        self._functions.note(request)
        return None

    def _sagemaker_in(self, region: str) -> SageMaker:
        with self._lock:
            if region not in self._sagemaker:
                self._sagemaker[region] = SageMaker(self.url, region)
            return self._sagemaker[region]

    def _scaling_in(self, region: str) -> Scaling:
        sagemaker = self._sagemaker_in(region)
        with self._lock:
            if region not in self._scaling:
                self._scaling[region] = Scaling(sagemaker, region)
            return self._scaling[region]


class _QuietHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Standard output belongs to the announcement, and nobody reads an access log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        print(f"account: {type}: {message % args}", file=sys.stderr)
