"""Lambda: everything that answers for it, and everything that it runs."""

import re
from collections.abc import Callable

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.event_invocations import EventInvocations
from rehearsal.account.functions.event_invoke_configs import EventInvokeConfigs
from rehearsal.account.functions.event_source_mappings import EventSourceMappings
from rehearsal.account.functions.function_lookup import Target, find_target
from rehearsal.account.functions.function_operations import FunctionOperations
from rehearsal.account.functions.function_policies import FunctionPolicies
from rehearsal.account.functions.function_standing import FunctionStanding
from rehearsal.account.functions.functions import Functions
from rehearsal.account.functions.invoke import invoke, is_invocation
from rehearsal.account.functions.provisioned_concurrency import ProvisionedConcurrency
from rehearsal.account.web.function_urls import FunctionUrls

_ALIAS_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/aliases/(?P<alias>[^/]+)/?")
_FIRST_ERROR = 400


class LambdaService:
    """The service in every Region of the account."""

    def __init__(self, url: str) -> None:
        """`url` is where the functions find the account."""
        self.functions = Functions(url)
        self._mappings = EventSourceMappings(self.functions, url)
        self._event_configs = EventInvokeConfigs()
        self.events = EventInvocations(self.functions, self._event_configs, url)
        self._urls = FunctionUrls(self.functions)
        self._provisioned = ProvisionedConcurrency(self.functions.pool)
        self._standing = FunctionStanding()
        self._others = FunctionOperations(self._forget)
        self._own = (
            self._mappings,
            self._event_configs,
            self._urls,
            self._provisioned,
            self._standing,
            FunctionPolicies(),
        )

    def handle(self, request: AwsRequest) -> Response:
        """Answer one operation.

        Raises:
            AwsError: in Lambda's words.
        """
        if is_invocation(request):
            return invoke(request, self.functions, self.events)
        for own in self._own:
            if (response := own.handle(request)) is not None:
                return response
        return self._with_what_follows(request, self._others.handle)

    def stop(self) -> None:
        """End everything that was started."""
        self._urls.stop()
        self._mappings.stop()
        self.events.stop()
        self.functions.stop()

    def _with_what_follows(
        self, request: AwsRequest, answer: Callable[[AwsRequest], Response]
    ) -> Response:
        """Provisioned concurrency goes where its alias goes, and ends with it."""
        alias = _ALIAS_PATH.fullmatch(request.http.path)
        if alias is None or request.http.method not in {"PUT", "DELETE"}:
            return answer(request)
        before = find_target(alias["function"], alias["alias"], request.region)
        response = answer(request)
        if response.status_code < _FIRST_ERROR:
            if request.http.method == "DELETE":
                self._forget(before)
            else:
                self._provisioned.follow(
                    find_target(alias["function"], alias["alias"], request.region)
                )
        return response

    def _forget(self, gone: Target) -> None:
        """A function takes its URLs and configurations with it; its mappings stay, and find nobody."""
        self._urls.forget(gone)
        self._event_configs.forget(gone)
        self._provisioned.forget(gone)
        self._standing.forget(gone)
        if not gone.qualifier:
            self.functions.pool.retire(gone.name, gone.region)
