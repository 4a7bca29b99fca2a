"""The account's one URL: every request is authorized, then answered by a service of ours or by moto."""

import io
import json
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Response

from operations.stack_outputs import STACKS_PATH
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.faults.calls import hand_on, strike
from rehearsal.account.faults.injector import injector
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.account.faults.reports import FAULTS_PATH, answer_about_faults
from rehearsal.account.iam import call_journal
from rehearsal.account.iam.principals import authorize
from rehearsal.account.moto_services import MotoServices
from rehearsal.account.published_stacks import answer_about_stacks
from rehearsal.account.rpc_v2_cbor import answer_cbor, is_cbor
from rehearsal.account.services import Services
from rehearsal.account.wire_errors import AwsError, render

_HOST = "127.0.0.1"


class Account:
    """A WSGI application and the processes it runs."""

    def __init__(self, faults: FaultPlan | None = None, port: int = 0) -> None:
        """Listen, but do not answer yet.

        Args:
            faults: what is made to go wrong; nothing without.
            port: where to listen; 0 takes any that is free.

        Raises:
            SystemExit: the port is taken; standard error says so.
        """
        injector.follow(faults or FaultPlan())
        # What the account tells of itself, by path.
        self._reports: dict[str, Callable[[AwsRequest], Any]] = {
            FAULTS_PATH: answer_about_faults,
            call_journal.CALLS_PATH: lambda _: call_journal.report(),
            STACKS_PATH: answer_about_stacks,
        }
        self._moto = MotoServices()
        self.server: BaseWSGIServer = make_server(
            _HOST, port, self, threaded=True, request_handler=_QuietHandler
        )
        self.url = f"http://{_HOST}:{self.server.server_port}"
        self._services = Services(self.url)

    def stop(self) -> None:
        """End everything that was started."""
        self._services.stop()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one WSGI request."""
        if is_cbor(environ):
            return answer_cbor(environ, start_response, self._answer)
        return self._answer(environ, start_response)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = AwsRequest.read(environ)
        if report := self._reports.get(request.http.path):
            return Response(json.dumps(report(request), default=str))(environ, start_response)
        environ["wsgi.input"] = io.BytesIO(request.body)  # read already: hand it on anew
        try:
            authorize(request)
            strike(request)
            response = self._services.answer(request)
            if response is None:
                return hand_on(request, self._moto(request, environ, start_response))
        except ConnectionResetError:  # nobody is there any more to be answered
            raise
        except AwsError as error:
            response = render(error, request)
        # What moto lacks, or what it would need installed for. 500 would be tried again, for minutes.
        except (NotImplementedError, ModuleNotFoundError) as missing:
            message = f"the local account does not play this of {request.service}: {missing}"
            response = render(AwsError("NotImplemented", message, 501), request)
        except Exception as failure:  # noqa: BLE001 - the client gets AWS's words for a fault of ours
            where = traceback.extract_tb(failure.__traceback__)[-1]
            message = f"the local account failed: {failure!r} at {where.filename}:{where.lineno}"
            response = render(AwsError("InternalFailure", message, 500), request)
        return hand_on(request, response(environ, start_response))


class _QuietHandler(MotoRequestHandler):
    def make_environ(self) -> dict[str, Any]:
        """Leave the host out of a URL that came whole, as to a proxy: what is signed begins with the path."""
        environ = super().make_environ()
        if "://" in environ["RAW_URI"].partition("?")[0]:
            _, _, path = environ["RAW_URI"].partition("://")[2].partition("/")
            environ["RAW_URI"] = environ["REQUEST_URI"] = f"/{path}"
        return environ

    def handle_expect_100(self) -> bool:
        """Leave it to werkzeug, which tells the client to go on as well."""
        return True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Standard output belongs to the announcement, and nobody reads an access log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        print(f"account: {type}: {message % args}", file=sys.stderr)
