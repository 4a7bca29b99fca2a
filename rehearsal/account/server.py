"""The account's one URL: every request is authorized, then answered by us or by moto."""

import io
import sys
import threading
import traceback
from collections.abc import Iterable
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

from rehearsal.account import sagemaker_runtime
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.boundaries import refuse_missing_boundary
from rehearsal.account.lambda_functions import Functions
from rehearsal.account.principals import authorize
from rehearsal.account.runtime_request import is_invocation
from rehearsal.account.sagemaker_control import SageMaker
from rehearsal.account.scaling import Scaling
from rehearsal.account.wire_errors import AwsError, render


def _no_opinion(self: FakeBucket, action: str, resource: str) -> PermissionResult:  # noqa: ARG001 - moto's signature
    return PermissionResult.NEUTRAL


# moto enforces a bucket policy's Deny without its Condition, so a TLS-only policy would deny everything;
# principals.authorize evaluates the conditions.
FakeBucket.get_permission = _no_opinion

_MOTO_MODULES = tuple(backends.list_of_moto_modules())
# moto lists its own folder again for every request, which is a fifth of a small request's time.
backends.list_of_moto_modules = lambda: _MOTO_MODULES


class Account:
    """A WSGI application and the processes it runs."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._functions = Functions()
        self._lock = threading.Lock()
        self._sagemaker: dict[str, SageMaker] = {}  # by Region
        self._scaling: dict[str, Scaling] = {}  # by Region
        self.server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, self, threaded=True, request_handler=_QuietHandler
        )
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        """End everything that was started."""
        self._functions.stop()
        for sagemaker in self._sagemaker.values():
            sagemaker.stop()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one WSGI request."""
        request = AwsRequest.read(environ)
        try:
            authorize(request)
            response = self._answer(request)
        except AwsError as error:
            response = render(error, request)
        except Exception as failure:  # noqa: BLE001 - the client gets AWS's words for a fault of ours
            where = traceback.extract_tb(failure.__traceback__)[-1]
            message = f"the local account failed: {failure!r} at {where.filename}:{where.lineno}"
            response = render(AwsError("InternalFailure", message, 500), request)
        if response is None:
            environ["wsgi.input"] = io.BytesIO(request.body)  # read already: hand it on anew
            return self._moto(environ, start_response)
        return response(environ, start_response)

    def _answer(self, request: AwsRequest) -> Response | None:
        if request.service == "sagemaker":
            sagemaker = self._sagemaker_in(request.region)
            if is_invocation(request):
                return sagemaker_runtime.invoke(request, sagemaker)
            return sagemaker.handle(request)
        if request.service == "application-autoscaling":
            return self._scaling_in(request.region).handle(request)
        if request.service == "iam":
            refuse_missing_boundary(request)
        if request.service == "lambda":
            if self._functions.is_invocation(request):
                return self._functions.invoke(request, self.url)
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
