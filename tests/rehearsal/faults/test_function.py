"""Every row of the reliability notes that a fault can bring about ends as it says, with the real function."""

import contextlib
import json
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from rehearsal.faults_survived import is_error_of_contract
from rehearsal.local_account import LocalAccount
from rehearsal.transcript import FunctionAnsweredError
from rehearsal.ways_in import ask_over_http
from tests.rehearsal.front_door.stacks import STORY, Stack
from tests.rehearsal.tenant import poll, unique

pytestmark = pytest.mark.matrix

# A request, what struck it, and the end: status, type, whether it may be sent again, and how often the endpoint was asked.
ENDS = [
    ("throttle=1", (429, "endpoint_throttled", True), 3),
    ("server-error:ServiceUnavailable=1", (503, "endpoint_unavailable", True), 3),
    ("server-error:InternalFailure=1", (503, "endpoint_unavailable", True), 3),
    ("not-ready=1", (503, "endpoint_unavailable", True), 3),
    ("model-error:400=1", (422, "model_rejected_request", False), 1),
    ("model-error:422=1", (422, "model_rejected_request", False), 1),
    ("model-error:500=1", (502, "model_failed", True), 2),
    ("model-error:503=1", (502, "model_failed", True), 2),
    ("cut-connection:before=1", (503, "endpoint_unanswered", True), 3),
]


def a_prompt() -> str:
    return unique("tell ")


def struck(account: LocalAccount) -> Counter[str]:
    return Counter(each["fault"] for each in account.injections())


def record_of(stack: Stack, reply: dict[str, Any]) -> dict[str, Any]:
    """The one record of a request that failed."""
    (record,) = stack.records_of(reply["error"]["request_id"])
    return record


def assert_answered(reply: dict[str, Any]) -> None:
    assert (reply["status"], reply.get("text"), reply.get("warnings")) == (200, STORY, []), reply


@pytest.mark.row("throttled")
@pytest.mark.parametrize(("fault", "end", "attempts"), ENDS)
def test_what_stays_broken_ends_as_promised_and_leaves_one_record(
    account: LocalAccount,
    stack: Stack,
    fault: str,
    end: tuple[int, str, bool],
    attempts: int,
) -> None:
    prompt = a_prompt()
    account.inject(fault)

    reply = stack.ask({"prompt": prompt})

    assert is_error_of_contract(reply["status"], reply), reply
    error = reply["error"]
    assert (reply["status"], error["type"], error["retryable"]) == end
    record = record_of(stack, reply)
    assert (record["status"], record["error"]["type"]) == end[:2]
    assert record["attempts"] == attempts == len(account.injections())
    assert {each["struck"]["request_id"] for each in account.injections()} == {error["request_id"]}
    assert stack.times_asked(prompt) == 0


@pytest.mark.row("model-refuses")
@pytest.mark.parametrize("status", [400, 500])
def test_a_model_error_tells_the_containers_words_and_its_log(
    account: LocalAccount, stack: Stack, status: int
) -> None:
    account.inject(f"model-error:{status}=1")

    reply = stack.ask({"prompt": a_prompt()})

    assert "(a fault that was asked for)" in reply["error"]["message"]
    assert ":log-stream:" in record_of(stack, reply)["error"]["log_stream_arn"]


@pytest.mark.row("cold-start")
@pytest.mark.parametrize(
    "fault",
    [
        *("throttle=2x", "server-error=2x", "not-ready=2x", "cut-connection:before=2x"),
        *("model-error:500=1x", "cut-connection:after=1x"),
    ],
)
def test_what_passes_is_retried_within_one_invocation(
    account: LocalAccount, stack: Stack, fault: str
) -> None:
    account.inject(fault)

    reply = stack.ask({"prompt": a_prompt()})

    assert_answered(reply)
    assert stack.read_uri(reply["record"])["attempts"] == len(account.injections()) + 1 > 1


@pytest.mark.row("denied")
def test_access_denied_names_action_and_resource_and_is_not_retried(
    account: LocalAccount, stack: Stack
) -> None:
    account.inject("access-denied:endpoint=1")

    reply = stack.ask({"prompt": a_prompt()})

    assert (reply["status"], reply["error"]["type"]) == (500, "access_denied")
    assert "sagemaker:InvokeEndpoint" in reply["error"]["message"]
    assert stack.exports["endpoint_arn"] in reply["error"]["message"]
    assert reply["error"]["retryable"] is False
    assert record_of(stack, reply)["attempts"] == 1


def test_a_clock_that_is_wrong_for_the_endpoint_is_not_retried(
    account: LocalAccount, stack: Stack
) -> None:
    account.inject("clock-skew:endpoint=1")

    reply = stack.ask({"prompt": a_prompt()})

    assert (reply["status"], reply["error"]["type"]) == (500, "credentials")
    assert "InvalidSignatureException" in reply["error"]["message"]
    assert record_of(stack, reply)["attempts"] == 1


@pytest.mark.row("record-not-stored")
@pytest.mark.parametrize(
    "fault",
    [
        *("s3-unavailable:SlowDown=1", "s3-unavailable:InternalError=1"),
        *("s3-unavailable:cut-before=1", "s3-slow=3s", "access-denied:s3=1", "clock-skew:s3=1"),
    ],
)
def test_a_record_that_s3_does_not_take_costs_a_warning_and_not_the_text(
    account: LocalAccount, stack: Stack, fault: str
) -> None:
    account.inject(fault)

    reply = stack.ask({"prompt": a_prompt()})

    assert (reply["status"], reply["text"], reply["record"]) == (200, STORY, None)
    (warning,) = reply["warnings"]
    assert warning.startswith("The record of this request was not stored")
    assert struck(account)[fault.partition(":")[0].partition("=")[0]] >= 1


def test_a_record_whose_acknowledgement_is_lost_is_stored_once(
    account: LocalAccount, stack: Stack
) -> None:
    account.inject("s3-unavailable:cut-after=1x")

    reply = stack.ask({"prompt": a_prompt()})

    assert_answered(reply)
    assert len(stack.records_of(reply["request_id"])) == 1


@pytest.mark.parametrize(
    "fault",
    [
        *("s3-unavailable:SlowDown=1", "s3-unavailable:cut-before=1", "s3-slow=6s"),
        *("clock-skew:s3=1", "access-denied:s3=1"),
    ],
)
def test_nothing_is_generated_for_a_token_that_s3_does_not_take(
    account: LocalAccount, stack: Stack, fault: str
) -> None:
    asked = {"prompt": a_prompt(), "client_token": unique("token")}
    account.inject(fault)

    refused = stack.ask(asked)
    account.inject()
    poll(lambda: "text" in stack.ask(asked), "the token is free")

    is_denied = fault.startswith("access-denied")
    end = (500, "access_denied", False) if is_denied else (503, "storage_unavailable", True)
    error = refused["error"]
    assert (refused["status"], error["type"], error["retryable"]) == end
    assert stack.times_asked(asked["prompt"]) == 1


def test_a_claim_whose_acknowledgement_is_lost_is_this_requests_own(
    account: LocalAccount, stack: Stack
) -> None:
    asked = {"prompt": a_prompt(), "client_token": unique("token")}
    account.inject("s3-unavailable:cut-after=1x")

    assert_answered(stack.ask(asked))
    assert stack.ask(asked)["replayed"] is True
    assert stack.times_asked(asked["prompt"]) == 1


@pytest.mark.row("broken-stream")
@pytest.mark.parametrize("kind", ["within", "error-event", "between"])
def test_a_stream_that_breaks_keeps_the_text_so_far(
    account: LocalAccount, stack: Stack, kind: str
) -> None:
    account.inject(f"cut-stream:{kind}=1x")

    reply = stack.ask({"prompt": a_prompt(), "stream": True})

    assert reply["status"] == 502
    assert is_error_of_contract(reply["status"], reply), reply
    assert reply["error"]["type"] == "stream_broken"
    assert reply["error"]["retryable"] is True
    assert STORY.startswith(reply["text"])
    assert reply["finish_reason"] == "error"
    record = record_of(stack, reply)
    assert record["partial"] is True
    assert record["reply"]["text"] == reply["text"]


def test_a_late_answer_is_still_an_answer(account: LocalAccount, stack: Stack) -> None:
    account.inject("slow=200ms")

    reply = stack.ask({"prompt": a_prompt()})

    assert_answered(reply)
    assert reply["latency_ms"] >= 200


@pytest.mark.row("no-answer")
def test_an_answer_that_is_too_late_is_not_asked_for_again(
    account: LocalAccount, stack: Stack
) -> None:
    prompt = a_prompt()
    with short_time(stack):
        account.inject("slow=9s")
        reply = stack.ask({"prompt": prompt}, "$LATEST")

    assert (reply["status"], reply["error"]["type"]) == (504, "model_timed_out")
    assert reply["error"]["retryable"] is False
    assert record_of(stack, reply)["attempts"] == 1
    assert stack.times_asked(prompt) == 1


@pytest.mark.parametrize(("moment", "times"), [("asking", 1), ("answered", 2), ("storing", 2)])
def test_a_caller_of_a_function_that_is_killed_hears_so_and_may_ask_again(
    account: LocalAccount, stack: Stack, moment: str, times: int
) -> None:
    prompt = a_prompt()
    account.inject(f"function-killed:{moment}=1x")

    killed = stack.tenant.call(stack.function, {"prompt": prompt}, Qualifier="live")
    (injection,) = account.injections()

    assert killed["FunctionError"] == "Unhandled"
    assert killed["Payload"]["errorType"] == "Runtime.ExitError"
    assert injection["struck"] == {
        "service": "lambda",
        "action": "Invoke",
        "subject": stack.function,
        "request_id": killed["ResponseMetadata"]["RequestId"],
    }
    assert_answered(stack.ask({"prompt": prompt}))
    assert stack.times_asked(prompt) == times


@pytest.mark.parametrize("moment", ["asking", "answered"])
def test_a_token_of_a_run_that_was_killed_is_not_generated_for_again(
    account: LocalAccount, stack: Stack, moment: str
) -> None:
    asked = {"prompt": a_prompt(), "client_token": unique("token")}
    account.inject(f"function-killed:{moment}=1x")

    with short_time(stack):
        stack.tenant.call(stack.function, asked)
        before = stack.times_asked(asked["prompt"])
        reply = stack.ask(asked, "$LATEST")

    assert (reply["status"], reply["error"]["type"]) in {
        (409, "in_progress"),
        (409, "outcome_unknown"),
    }
    assert stack.times_asked(asked["prompt"]) == before


@pytest.mark.parametrize("fault", ["cut-connection:before=1x", "cut-connection:after=1x"])
def test_nothing_is_generated_twice_for_a_token_whose_answer_was_lost(
    account: LocalAccount, stack: Stack, fault: str
) -> None:
    asked = {"prompt": a_prompt(), "client_token": unique("token")}
    account.inject(fault)

    replies = [stack.ask(asked) for _ in range(2)]

    for reply in replies:
        error = reply["error"]
        assert (reply["status"], error["type"]) == (503, "endpoint_unanswered")
        assert error["retryable"] is False
    assert stack.times_asked(asked["prompt"]) == (1 if "after" in fault else 0)


@contextlib.contextmanager
def short_time(stack: Stack) -> Generator[None]:
    """Give the function's latest version eight seconds."""
    change = stack.tenant.client("lambda").update_function_configuration
    before = stack.tenant.client("lambda").get_function_configuration(FunctionName=stack.function)
    change(FunctionName=stack.function, Timeout=8)
    try:
        yield
    finally:
        change(FunctionName=stack.function, Timeout=before["Timeout"])


def put_file(stack: Stack, *prompts: str) -> str:
    name = unique("file")
    lines = "".join(json.dumps({"prompt": prompt}) + "\n" for prompt in prompts)
    stack.put(f"inputs/{name}", lines.encode())
    return name


@pytest.mark.row("event-twice")
@pytest.mark.parametrize(
    "faults",
    [
        ("duplicate-event=1",),
        ("out-of-order-events=1",),
        ("duplicate-event=1", "out-of-order-events=1"),
    ],
)
def test_events_that_come_twice_or_late_bring_one_result_for_each_file(
    account: LocalAccount, stack: Stack, faults: tuple[str, ...]
) -> None:
    account.inject(*faults)
    prompts = [a_prompt() for _ in range(4)]

    names = [put_file(stack, *prompts[first : first + 2]) for first in (0, 2)]

    answered = [entry for name in names for entry in stack.result_of(name)]
    poll(stack.inputs.is_empty, "every message is off the queue")
    assert [entry["request"]["prompt"] for entry in answered] == prompts
    assert [entry["reply"]["text"] for entry in answered] == [STORY] * 4
    assert [len(stack.keys(f"results/{name}.")) for name in names] == [1, 1]
    assert {prompt: stack.times_asked(prompt) for prompt in prompts} == dict.fromkeys(prompts, 1)
    assert set(struck(account)) == {fault.partition("=")[0] for fault in faults}


@pytest.mark.row("lambda-retries")
def test_an_asynchronous_invocation_that_comes_twice_is_generated_once(
    account: LocalAccount, stack: Stack
) -> None:
    prompt = a_prompt()
    account.inject("duplicate-event=1")

    stack.send_event(
        {
            "version": "0",
            "id": unique("0"),
            "detail-type": "x",
            "source": "y",
            "detail": {"prompt": prompt},
        }
    )

    poll(lambda: stack.times_asked(prompt), "it is answered")
    # Of the function's own events: a message that was held back in another test may come now, twice as well.
    struck_events = [each for each in account.injections() if each["struck"]["service"] == "lambda"]
    assert [each["fault"] for each in struck_events] == ["duplicate-event"]
    poll(lambda: len([line for line in stack.log() if "eventbridge" in line]) > 1, "both have run")
    assert stack.times_asked(prompt) == 1


def test_a_url_says_of_an_error_what_a_direct_call_says(
    account: LocalAccount, stack: Stack
) -> None:
    account.inject("throttle=1")

    with pytest.raises(FunctionAnsweredError) as caught:
        ask_over_http(account, stack.exports["function_url"], "lambda", a_prompt())

    assert caught.value.status == 429
    assert is_error_of_contract(caught.value.status, caught.value.reply)
    assert caught.value.reply["error"]["type"] == "endpoint_throttled"


@pytest.mark.row("killed")
def test_a_file_whose_run_is_killed_stays_in_the_queue(account: LocalAccount, stack: Stack) -> None:
    """The last of this file: the message comes back when its queue says so, which takes minutes."""
    prompt = a_prompt()
    account.inject("function-killed:asking=1")

    name = put_file(stack, prompt)

    poll(lambda: struck(account), "the run is killed")
    assert stack.keys(f"results/{name}.") == []
    assert stack.inputs.count() == 1
    assert stack.times_asked(prompt) == 0
