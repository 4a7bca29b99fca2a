"""What to do about each type of error that the function answers with: docs/invoking.md."""

FIXES = {
    "internal": "read the function's log: it names the exception and the place",
    "bad_request": "send what the message asks for",
    "method_not_allowed": "send the request with POST",
    "unsupported_media_type": "send the request as application/json",
    "payload_too_large": "shorten the prompt, or put it into a file under inputs/",
    "not_found": "check the id of the result; results expire with genai:bucket.recordDays",
    "in_progress": "wait, and ask again with the same client token",
    "already_answered": "ask with a new client token",
    "outcome_unknown": "ask with a new client token, if a second text does no harm",
    "model_rejected_request": "change what the container refuses; its message says what",
    "model_failed": "ask again; if it fails again, read the container's log",
    "unexpected_reply": "set genai:invoker.contract to what the container speaks",
    "reply_cut_off": "ask again",
    "stream_broken": "ask again; if it breaks again, read the container's log",
    "model_timed_out": "ask for fewer tokens, take a faster instance, or use a stream or the mode async",
    "no_time_left": "raise genai:invoker.timeoutSeconds",
    "endpoint_throttled": "wait and ask again; more instances or a higher quota take more at once",
    "endpoint_unavailable": "wait and ask again; the model may still be loading",
    "endpoint_unreachable": "ask again; in a VPC the function needs a way to sagemaker.runtime",
    "endpoint_unanswered": "ask again; with a client token no second text is generated",
    "endpoint_waking": "wait and ask again",
    "endpoint_missing": "deploy the stack with genai:endpoint.enabled: true",
    "endpoint_not_in_service": "wait until the endpoint is InService, and look at its FailureReason",
    "endpoint_refused": "read the message: it quotes what SageMaker refused",
    "not_confirmed": "look for a result before asking again: the request may be in the queue",
    "storage_unavailable": "wait and ask again",
    "input_not_stored": "ask again; look whether the function may write to the bucket",
    "bucket_missing": "deploy the stack again: its bucket is gone",
    "disk_full": "ask for less at once, or raise the function's temporary disk",
    "access_denied": "grant the function's role what the message names",
    "credentials": "look at the function's role: it may have been deleted or changed",
}


def fix_of(error_type: str) -> str:
    """Return what to do, in a few words; for a type that is not known, where to look."""
    return FIXES.get(error_type, "read the function's log")
