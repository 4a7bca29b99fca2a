"""One request from prompt to answer: claim, model, record, metrics."""

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from handlers.answer import Answer, Deferred, Pending
from handlers.contracts.contract import Contract, Generated
from handlers.environment import Environment
from handlers.errors import BadRequestError, EndpointWakingError, HandlerError, only_handler_errors
from handlers.generation_request import GenerationRequest
from handlers.invocation import Invocation
from handlers.model import Listener, Model, OnText
from handlers.run import Run
from handlers.storage.bucket import Bucket
from handlers.storage.keeping import Stored, keeper_for
from handlers.storage.records import Record, RecordMode

if TYPE_CHECKING:
    # Loaded when first needed, as every import inside a function here: most requests need none of
    # them, and each would make the function's start longer.
    from handlers.endpoint.async_endpoint import AsyncModelEndpoint, QueuedRequest
    from handlers.endpoint.model_endpoint import ModelEndpoint
    from handlers.storage.claims import HeldClaim

__all__ = ["Answer", "Deferred", "Generator", "OnText", "Pending"]


_logger = logging.getLogger(__name__)


class Generator:
    """What one deployed function generates with."""

    def __init__(
        self,
        *,
        environment: Environment,
        contract: Contract,
        endpoint: "ModelEndpoint | AsyncModelEndpoint",
        bucket: Bucket,
    ) -> None:
        self.environment: Environment = environment
        self.contract: Contract = contract
        self.bucket: Bucket = bucket
        self._model = Model(contract, environment.mode, endpoint)
        self._keeper = keeper_for(environment, bucket)

    def generate(
        self, request: GenerationRequest, invocation: Invocation, on_text: OnText | None = None
    ) -> Answer:
        """The model's text for a request, or where it will be.

        A streamed text is given to `on_text` piece by piece, any other one as a whole.
        Raises HandlerError when there is no text; its `text_so_far` is what a broken stream brought.
        Either way a record is stored of every request that was fit to send.
        Under one client token the model is asked at most once.
        """
        run = self._run(request, invocation)
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR
        try:
            with only_handler_errors():
                answer = self._answer(run, on_text)
            is_text = isinstance(answer.outcome, Generated)
            status = HTTPStatus.OK if is_text else HTTPStatus.ACCEPTED
        except HandlerError as error:
            status = error.status
            raise
        finally:
            self._measure(run, status)
        return answer

    def record_of(self, request: GenerationRequest, invocation: Invocation) -> Record:
        """The record of a request of a batch: whoever sent it will read it as the answer.

        Nothing is stored, and nothing raised. Reply and message are whole, whatever is kept of other
        requests; the rest is as in any record.
        """
        run = self._run(replace(request, stream=False), invocation, mode="batch")
        try:
            with only_handler_errors():
                outcome = self._model.ask(self._model.payload(run.request), run, None)
            record = run.succeeded(outcome)
        except HandlerError as error:
            record = run.failed(error)
        self._measure(run, record["status"])
        kept = self._keeper.kept(record, invocation.deadline).record
        if kept["error"] is not None and record["error"] is not None:
            kept["error"]["message"] = record["error"].get("message", "")
            kept["error"].pop("message_characters", None)
        return {**kept, "reply": record["reply"]}

    def close(self) -> None:
        """End what runs beside the function."""
        self._keeper.close()

    def _run(
        self, request: GenerationRequest, invocation: Invocation, mode: RecordMode | None = None
    ) -> Run:
        is_streamed = request.stream and self._model.can_stream
        own_mode: RecordMode = "stream" if is_streamed else "sync"
        return Run(
            # Never a stream that nobody reads as one.
            request=replace(request, stream=is_streamed),
            invocation=invocation,
            mode=mode or ("async" if self._model.answers_later else own_mode),
            model={
                "endpoint": self.environment.endpoint_name,
                "variant": None,
                "uri": self.environment.model_uri,
            },
        )

    def _answer(self, run: Run, on_text: OnText | None) -> Answer:
        payload = self._model.payload(run.request)
        self._refuse_impossible_async(run.request)
        claim = self._claim(run)
        if isinstance(claim, Answer):
            if isinstance(claim.outcome, Generated):
                Listener(on_text).hear_rest_of(claim.outcome.text)
            return claim
        try:
            with only_handler_errors():
                outcome = self._outcome(payload, run, claim, on_text)
        except HandlerError as error:
            self._failed(run, error, claim)
            raise
        if isinstance(outcome, Deferred):
            return _answer(outcome, run, self._deferred(outcome, run, claim))
        stored = self._store(run, run.succeeded(outcome), claim)
        return _answer(outcome, run, stored)

    def _refuse_impossible_async(self, request: GenerationRequest) -> None:
        if self._waits(request) and not self.environment.has_queue:
            raise BadRequestError(
                "Bad request: async was asked for, and this function keeps no requests for later"
                " (genai:invoker:inputs). Send it without async."
            )

    def _waits(self, request: GenerationRequest) -> bool:
        """Whether the caller wants an answer later from an endpoint that answers at once."""
        return request.asynchronous and not self._model.answers_later

    def _claim(self, run: Run) -> "HeldClaim | Answer | None":
        """The right to ask the model, its answer to the same token before, or None without a token."""
        token = run.request.client_token
        if token is None and self.environment.claims_every_request:
            token = run.invocation.request_id
        if token is None:
            return None
        from handlers.storage.claims import Claims  # noqa: PLC0415 - see above

        return Claims(self.bucket).hold(token, run.request, run.invocation)

    def _outcome(
        self, payload: bytes, run: Run, claim: "HeldClaim | None", on_text: OnText | None
    ) -> "Generated | QueuedRequest | Deferred":
        if self._waits(run.request):
            return self._defer(run)
        self._keeper.prepare(has_claim=claim is not None)
        run.is_once = claim is not None and not claim.may_repeat
        try:
            return self._model.ask(payload, run, on_text)
        except EndpointWakingError:
            if self.environment.waking == "reply":
                raise
            return self._defer(run)

    def _defer(self, run: Run) -> Deferred:
        from handlers.storage.later import keep_request  # noqa: PLC0415 - see above

        result_id = run.invocation.request_id
        seconds = run.invocation.deadline.input_seconds()
        keep_request(self.bucket, result_id, run.request, seconds)
        return Deferred(result_id)

    def _deferred(self, outcome: Deferred, run: Run, claim: "HeldClaim | None") -> Stored:
        """No record: the result will be one."""
        if claim is None:
            return Stored()
        seconds = run.invocation.deadline.record_seconds_left()
        warning = claim.defer(outcome.result_id, run.model, seconds)
        return Stored(warnings=(warning,) if warning else ())

    def _failed(self, run: Run, error: HandlerError, claim: "HeldClaim | None") -> None:
        """Store what a failure leaves: its record, and what it means for the token."""
        frees_claim = claim is not None and claim.is_freed_by(error)
        if claim is not None and not frees_claim:
            # Under the same token the model is not asked again.
            error.retryable = False
        self._store(run, run.failed(error), claim, frees_claim=frees_claim)

    def _store(
        self, run: Run, record: Record, claim: "HeldClaim | None", *, frees_claim: bool = False
    ) -> Stored:
        try:
            stored = self._keeper.store(record, run.invocation, claim, frees_claim=frees_claim)
        except Exception as error:  # noqa: BLE001 - a generated text is not lost over its record
            kind = type(error).__name__
            _logger.warning("record not stored", extra={"reason": kind})
            stored = Stored(warnings=(f"Nothing was kept of this request: {kind}.",), is_lost=True)
        run.is_record_lost = stored.is_lost
        return stored

    def _measure(self, run: Run, status: int) -> None:
        namespace = self.environment.metrics_namespace
        if namespace is None:
            return
        from handlers.metrics import write_metrics  # noqa: PLC0415 - see above

        write_metrics(namespace, run, status)


def _answer(outcome: "Generated | QueuedRequest | Deferred", run: Run, stored: Stored) -> Answer:
    return Answer(
        outcome=outcome,
        model=run.model,
        model_milliseconds=run.model_milliseconds or 0,
        first_text_milliseconds=run.first_text_milliseconds,
        attempts=run.attempts,
        record_uri=stored.uri,
        warnings=list(stored.warnings),
        session_id=run.session_id,
        custom_attributes=run.custom_attributes,
    )
