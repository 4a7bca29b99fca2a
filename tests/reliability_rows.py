"""What can go wrong, and how it should end: the promises of the service, one row each.

Collected when the project began, from AWS's pages on the errors of SageMaker's runtime, Lambda's retries and S3's events, and from
what other projects' issues tell of. Each row is proven by the tests that carry `@pytest.mark.row("<its key>")`.
"""

from dataclasses import dataclass

ENDPOINT = "Between function and endpoint"
STORAGE = "Around storage and events"
INPUT = "Bad input"


@dataclass(frozen=True)
class Row:
    """One fault."""

    group: str
    fault: str
    ends: str
    """What the caller sees of it."""
    not_played: str = ""
    """What of it no test brings about, and why."""


ROWS: dict[str, Row] = {
    "throttled": Row(
        ENDPOINT,
        "SageMaker throttles, is unavailable or fails inside",
        "asked again after a random pause within the deadline; then 429 or 503, retryable, with when to try again; one record that "
        "counts the attempts",
    ),
    "cold-start": Row(
        ENDPOINT,
        "the model is not ready: a serverless cold start",
        "asked again; then 503, retryable",
        "how long AWS takes to start a container: nothing here can know",
    ),
    "model-refuses": Row(
        ENDPOINT,
        "the container refuses the request (4xx)",
        "asked once; 422 with the container's own words, cut to a length; a record with the log stream",
    ),
    "model-fails": Row(
        ENDPOINT,
        "the container fails (5xx)",
        "asked once more if time allows and nothing was streamed; then 502",
    ),
    "no-answer": Row(
        ENDPOINT,
        "no answer until the deadline",
        "no second generation unless the stack asks for it; 504 before Lambda's own time-out; a record of the failure",
    ),
    "no-connection": Row(
        ENDPOINT,
        "the connection is refused or reset, or the name has no address",
        "asked again, as nothing was generated; then 503, retryable",
        "a name server that fails: the look-up itself is replaced in the test",
    ),
    "no-endpoint": Row(
        ENDPOINT,
        "the endpoint is missing, being made, or failed",
        "asked once; an error that names the state and what to do",
    ),
    "denied": Row(
        ENDPOINT, "access denied", "asked once; 500 that names the action and the resource to grant"
    ),
    "strange-reply": Row(
        ENDPOINT,
        "the reply is empty, no JSON, of another contract, over 6 MB, or not UTF-8",
        "502 that names the configured contract and what came; the raw reply, bounded, is kept for the record and not told",
    ),
    "broken-stream": Row(
        ENDPOINT,
        "a stream is cut, has an error inside, or splits a character",
        "the text so far with finish reason `error` and a retryable error; the record is marked partial",
    ),
    "slow-first-byte": Row(
        ENDPOINT,
        "a slow first byte, or a stream that stalls",
        "waited for as long as the deadline allows, and given up at it",
    ),
    "too-large": Row(
        ENDPOINT,
        "a payload over the limit of the mode",
        "413 with both sizes before anything is sent; mode async takes it through S3",
    ),
    "scaled-to-zero": Row(
        ENDPOINT,
        "the endpoint has scaled to zero",
        "202: the endpoint wakes up and the caller is told when to try again, or the request is kept and can be polled",
        "how many minutes AWS takes to bring an instance back",
    ),
    "record-not-stored": Row(
        STORAGE,
        "S3 fails, is slow or denies when the record is stored",
        "the caller gets the text all the same, with a warning",
    ),
    "token-twice": Row(
        STORAGE,
        "one client token comes twice, at once or later",
        "one generation, and both callers get its answer",
    ),
    "event-twice": Row(
        STORAGE,
        "an event of S3 comes twice, out of order, or for an object that is gone",
        "one result for each version; of a missing object the result says so, and it is not tried without end",
    ),
    "strange-key": Row(
        STORAGE,
        "a key with spaces, `+`, other alphabets, `../`, or 1,024 bytes",
        "read as it is; no result is ever written outside of `results/`",
    ),
    "results-in-inputs": Row(
        STORAGE,
        "a result that would be taken for an input",
        "impossible: another prefix, and only what lies under `inputs/` is run",
    ),
    "bad-messages": Row(
        STORAGE,
        "some messages of a batch are bad",
        "only those come back; what fails too often ends among the dead letters",
    ),
    "bad-lines": Row(
        STORAGE,
        "a file with bad lines, 100,000 lines, none, or more than a run can do",
        "an error for each bad line, in order, in little memory; the next run goes on where the last one stopped",
    ),
    "killed": Row(
        STORAGE,
        "the function is killed midway",
        "nothing is lost, and nothing that was stored is generated again",
    ),
    "init-fails": Row(
        STORAGE,
        "the function cannot start: a variable is missing",
        "the start fails, once, and names the variable",
    ),
    "lambda-retries": Row(
        STORAGE,
        "Lambda repeats an asynchronous invocation",
        "generated once: the request id is claimed where Lambda may repeat",
    ),
    "bad-event": Row(
        INPUT,
        "an event of any type, depth or size; missing prompt, unknown names, wrong method, bad body",
        "400, 405 or 413 with all problems at once, each with what to send",
    ),
    "bad-settings": Row(
        INPUT,
        "unknown keys, wrong types, contradictions, alias bombs, plain secrets, missing files",
        "refused before anything is made, with all problems and a fix for each; a secret is not repeated",
    ),
    "bad-artifact": Row(
        INPUT,
        "a model with links, an extra top folder, nothing in it, or more than the volume takes; one that changes while it is read",
        "refused when packed, or by `genai doctor` before SageMaker fails at it",
    ),
}
