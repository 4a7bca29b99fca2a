"""Every fault there is: its name, what it does, and whom it strikes."""

from dataclasses import dataclass

ALL = "all"


@dataclass(frozen=True)
class Fault:
    """One fault."""

    name: str
    does: str
    strikes: str
    kinds: tuple[str, ...] = ()
    """Its forms. One is drawn each time, unless the plan names one."""
    is_slow: bool = False
    """Whether its amount begins with how long it lasts."""


_TO_RUNTIME = "calls to endpoints"
_TO_S3 = "calls to S3"
_TO_BOTH = "calls to endpoints and to S3"

CATALOGUE = {
    fault.name: fault
    for fault in (
        Fault("throttle", "ThrottlingException, before the model is asked", _TO_RUNTIME),
        Fault(
            "server-error",
            "the runtime itself fails, before the model is asked",
            _TO_RUNTIME,
            ("ServiceUnavailable", "InternalFailure"),
        ),
        Fault(
            "model-error",
            "the container answers with this status instead of a text",
            "containers",
            ("500", "503", "400", "422"),
        ),
        Fault(
            "not-ready",
            "ModelNotReadyException, as while a serverless model loads",
            "calls to endpoints that wait for the answer",
        ),
        Fault("slow", "the model's answer comes so much later", "containers", is_slow=True),
        Fault(
            "cut-connection",
            "no answer: the connection is cut before or after the work is done",
            _TO_RUNTIME,
            ("before", "after"),
        ),
        Fault(
            "cut-stream",
            "a stream ends within a message, between two, or with an error event",
            "calls to endpoints that are answered by a stream",
            ("within", "between", "error-event"),
        ),
        Fault(
            "s3-unavailable",
            "S3 is busy, fails, or cuts the connection before or after the work is done",
            _TO_S3,
            ("SlowDown", "InternalError", "cut-before", "cut-after"),
        ),
        Fault("s3-slow", "S3 begins so much later", _TO_S3, is_slow=True),
        Fault(
            "access-denied",
            "a policy forbids it, as if it had just been changed",
            _TO_BOTH,
            ("endpoint", "s3"),
        ),
        Fault(
            "clock-skew",
            "the service finds the time of the signature wrong",
            _TO_BOTH,
            ("endpoint", "s3"),
        ),
        Fault(
            "duplicate-event",
            "it is delivered twice",
            "notifications of S3, batches of SQS, asynchronous invocations",
        ),
        Fault(
            "out-of-order-events",
            "later ones overtake it",
            "notifications of S3, messages in a batch of SQS",
        ),
        Fault(
            "function-killed",
            "the process is killed when it asks the endpoint, when that has answered, or when it stores",
            "invocations of functions",
            ("asking", "answered", "storing"),
        ),
        Fault(
            ALL,
            "any of throttle, server-error, not-ready, cut-connection:before and s3-unavailable",
            _TO_BOTH,
        ),
    )
}


def described() -> list[str]:
    """Return the catalogue as lines for people."""
    width = max(map(len, CATALOGUE))
    lines: list[str] = []
    for fault in CATALOGUE.values():
        kinds = f" (:{', :'.join(fault.kinds)})" if fault.kinds else ""
        lines.append(f"{fault.name:<{width}}  {fault.does}{kinds}. Strikes {fault.strikes}.")
    return lines
