"""moto, set right where it would answer otherwise than AWS: what keeps everything that is not played here."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from moto import backends
from moto.iam.access_control import PermissionResult
from moto.iam.models import IAMBackend, Role
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeBucket

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.adapter_layer import know_adapter_layer
from rehearsal.account.log_groups import complete_log_groups
from rehearsal.account.messaging.queue_attributes import tell_all_attributes
from rehearsal.account.messaging.queues import guard_queues
from rehearsal.account.storage.bucket_notifications import speak_as_s3
from rehearsal.account.storage.bucket_reads import tell_defaults_of_buckets

_update_whole_role: Any = IAMBackend.update_role
_CONDITIONS = ("If-None-Match", "If-Match")


def _no_opinion(self: FakeBucket, action: str, resource: str) -> PermissionResult:  # noqa: ARG001 - moto's signature
    return PermissionResult.NEUTRAL


class MotoServices:
    """A WSGI application that answers as every service that moto knows."""

    def __init__(self) -> None:
        for correct in _CORRECTIONS:
            correct()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._conditional = threading.Lock()

    def __call__(
        self, request: AwsRequest, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Answer `request`, whose environment is `environ`."""
        with self._alone_if_conditional(request):
            return self._app(environ, start_response)

    def _alone_if_conditional(self, request: AwsRequest) -> AbstractContextManager[object]:
        """Moto looks whether an object exists and puts it in two steps: one such request at a time."""
        is_conditional = request.service == "s3" and any(
            condition in request.http.headers for condition in _CONDITIONS
        )
        return self._conditional if is_conditional else nullcontext()


def _leave_bucket_policies_to_iam() -> None:
    """Moto enforces a bucket policy's Deny without its Condition, so a TLS-only policy would deny everything.

    principals.authorize evaluates the conditions.
    """
    FakeBucket.get_permission = _no_opinion


def _list_modules_once() -> None:
    """Moto lists its own folder again for every request, which is a fifth of a small request's time."""
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules


def _update_role(
    self: IAMBackend, role_name: str, role_description: str | None, max_session_duration: str
) -> Role:
    role = self.get_role(role_name)
    known = role.description if role_description is None else role_description
    return _update_whole_role(self, role_name, known, max_session_duration)


def _keep_descriptions_of_roles() -> None:
    """Moto takes a role's description away in an update that does not mention it."""
    IAMBackend.update_role = _update_role


_CORRECTIONS: tuple[Callable[[], None], ...] = (
    _leave_bucket_policies_to_iam,
    _list_modules_once,
    _keep_descriptions_of_roles,
    guard_queues,
    know_adapter_layer,
    speak_as_s3,
    tell_defaults_of_buckets,
    tell_all_attributes,
    complete_log_groups,
)
