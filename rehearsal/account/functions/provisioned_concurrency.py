"""Provisioned concurrency: environments of a version or alias that are ready before anybody asks.

They are really started, as many as one machine should run; the answers speak of as many as were asked for.
Facts: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html, read in November 2026.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.concurrency import ACCOUNT_LIMIT, LEAST_UNRESERVED, reservations
from rehearsal.account.functions.function_lookup import Target, find_target, function_arn
from rehearsal.account.functions.sandbox import Registration
from rehearsal.account.functions.sandbox_pool import SandboxPool
from rehearsal.account.json_answer import json_answer
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_PATH = re.compile(r"/2019-09-30/functions/(?P<function>[^/]+)/provisioned-concurrency/?")
_MOST_STARTED = 8


@dataclass
class _Config:
    """What one version or alias has been given."""

    arn: str
    requested: int
    registration: Registration
    status: str = "IN_PROGRESS"
    reason: str | None = None
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))

    def described(self) -> Members:
        ready = self.requested if self.status == "READY" else 0
        return {
            "RequestedProvisionedConcurrentExecutions": self.requested,
            "AvailableProvisionedConcurrentExecutions": ready,
            "AllocatedProvisionedConcurrentExecutions": ready,
            "Status": self.status,
            **({"StatusReason": self.reason} if self.reason else {}),
            "LastModified": self.changed.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }


class ProvisionedConcurrency:
    """The configurations of every Region."""

    def __init__(self, pool: SandboxPool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._configs: dict[str, _Config] = {}  # by ARN with its qualifier

    def handle(self, request: AwsRequest) -> Response | None:
        """Answer one operation; None for one that is not of these.

        Raises:
            AwsError: in Lambda's words.
        """
        match = _PATH.fullmatch(request.http.path)
        if match is None:
            return None
        target = find_target(match["function"], request.http.args.get("Qualifier"), request.region)
        if "List" in request.http.args:
            return self._list(target)
        if target.qualifier in {"", "$LATEST"}:
            raise AwsError(
                "InvalidParameterValueException",
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            )
        if request.http.method == "PUT":
            return json_answer(self._put(target, json.loads(request.body)).described(), 202)
        config = self._configs.get(target.arn)
        if config is None:
            raise AwsError(
                "ProvisionedConcurrencyConfigNotFoundException",
                f"No Provisioned Concurrency Config found for this function: {target.arn}",
                404,
            )
        if request.http.method == "DELETE":
            self.forget(target)
            return Response(status=204)
        return json_answer(config.described())

    def forget(self, target: Target) -> None:
        """Keep nothing ready any more of what is gone: a function with all its versions, or one of these."""
        with self._lock:
            gone = [arn for arn in self._configs if arn == target.arn or arn.startswith(f"{target.arn}:")]  # fmt: skip
            configs = [self._configs.pop(arn) for arn in gone]
        for config in configs:
            self._pool.keep_none_ahead(config.registration)

    def follow(self, alias: Target) -> None:
        """Start what an alias leads to now, if it has been moved."""
        config = self._configs.get(alias.arn)
        if config is not None and config.registration.function is not alias.function:
            self._pool.keep_none_ahead(config.registration)
            self._put(alias, {"ProvisionedConcurrentExecutions": config.requested})

    def _put(self, target: Target, members: Members) -> _Config:
        given = {"FunctionName": target.name, "Qualifier": target.qualifier, **members}
        if found := violations("lambda", "PutProvisionedConcurrencyConfig", given):
            raise AwsError("ValidationException", describe_violations(found))
        requested = members["ProvisionedConcurrentExecutions"]
        self._refuse_too_many(target, requested)
        config = _Config(target.arn, requested, Registration(target.function, target.region))
        with self._lock:
            self._configs[target.arn] = config
        threading.Thread(target=self._start, args=[config], daemon=True).start()
        return config

    def _refuse_too_many(self, target: Target, requested: int) -> None:
        reserved = reservations(target.region)
        if target.name in reserved:
            if requested > reserved[target.name]:
                raise AwsError(
                    "InvalidParameterValueException",
                    "Requested Provisioned Concurrency should not be greater than the "
                    "reservedConcurrentExecution for function",
                )
            return
        free = ACCOUNT_LIMIT - sum(reserved.values()) - LEAST_UNRESERVED
        if requested > free:
            raise AwsError(
                "InvalidParameterValueException",
                "Specified ConcurrentExecutions for function is greater than account's unreserved "
                f"concurrency [{free}].",
            )

    def _start(self, config: _Config) -> None:
        try:
            wanted = min(config.requested, _MOST_STARTED)
            inits = self._pool.start_ahead(config.registration, wanted)
        except AwsError as refused:
            config.reason, config.status = refused.message, "FAILED"
            return
        if any(init.status != "success" for init in inits):
            config.reason, config.status = "FUNCTION_ERROR_INIT_FAILURE", "FAILED"
        else:
            config.status = "READY"

    def _list(self, target: Target) -> Response:
        own = f"{function_arn(target.name, target.region)}:"
        found = [
            {"FunctionArn": arn, **config.described()}
            for arn, config in self._configs.items()
            if arn.startswith(own)
        ]
        return json_answer({"ProvisionedConcurrencyConfigs": found})
