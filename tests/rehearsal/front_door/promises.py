"""What the options of a stack promise, each as something that can be tried again and again.

A promise that is not kept raises an AssertionError within a few seconds.
"""

import base64
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rehearsal.signed_request import signed_request
from tests.rehearsal.front_door.stacks import STORY, Stack
from tests.rehearsal.tenant import unique
from tests.rehearsal.web.test_function_urls import ADMIN

Promise = Callable[[Stack], None]
_LIMIT_SECONDS = 2.0


def soon(wanted: Callable[[], Any], what: str) -> Any:
    """Wait as long as a promise may take that is kept."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not (answer := wanted()):
        assert time.monotonic() < deadline, f"still not so: {what}"
        time.sleep(0.02)
    return answer


def a_prompt(verb: str = "tell") -> str:
    return unique(f"{verb} ")


def assert_answered(reply: dict[str, Any]) -> None:
    assert (reply["status"], reply.get("text")) == (200, STORY), reply
    assert reply["warnings"] == []


def answers(stack: Stack) -> None:
    assert_answered(stack.ask({"prompt": a_prompt()}))


def replies_to_a_token_once(stack: Stack) -> None:
    """Whichever model answers."""
    asked = {"prompt": a_prompt(), "client_token": unique("token")}
    reply = stack.ask(asked)
    assert (reply["status"], reply["warnings"]) == (200, []), reply
    assert reply["text"]
    assert stack.ask(asked)["replayed"] is True
    assert stack.ask({"prompt": a_prompt(), "stream": True})["text"]


def answers_at_its_url(stack: Stack) -> None:
    body = json.dumps({"prompt": a_prompt()}).encode()
    headers = {"Content-Type": "application/json"}
    reply = signed_request(ADMIN, "POST", stack.exports["function_url"], body, headers)
    assert (reply.status, json.loads(reply.body)["text"]) == (200, STORY), reply.body


def captures(stack: Stack) -> None:
    """What was asked and answered is kept by SageMaker, soon after."""
    prompt = a_prompt()
    assert_answered(stack.ask({"prompt": prompt}))
    soon(
        lambda: any(prompt.encode() in stack.read(key) for key in stack.keys("capture/")),
        "the request was captured",
    )


def answers_from_a_stream(stack: Stack) -> None:
    assert_answered(stack.ask({"prompt": a_prompt(), "stream": True}))


def leaves_a_line_in_a_new_log(stack: Stack) -> None:
    """A new execution environment writes into a stream of its own."""
    stack.end_environments()
    answer = stack.tenant.call(stack.function, {"prompt": a_prompt()}, Qualifier="live")
    assert "FunctionError" not in answer
    request_id = answer["ResponseMetadata"]["RequestId"]
    soon(lambda: any(request_id in line for line in stack.log()), "the request is in the log")


def keeps_a_record(stack: Stack) -> None:
    reply = stack.ask({"prompt": a_prompt()})
    assert stack.read_uri(reply["record"])["reply"]["text"] == STORY


def answers_a_token_once(stack: Stack) -> None:
    asked = {"prompt": a_prompt(), "client_token": unique("token")}
    assert_answered(stack.ask(asked))
    again = stack.ask(asked)
    assert_answered(again)
    assert again["replayed"] is True


def answers_later(stack: Stack) -> None:
    queued = stack.ask({"prompt": a_prompt(), "async": True})
    assert queued["status"] == 202, queued
    assert_answered(polled(stack, queued["poll"]))


def says_what_is_pending(stack: Stack) -> None:
    stack.take_messages(are_taken=False)
    try:
        queued = stack.ask({"prompt": a_prompt(), "async": True})
        pending = stack.ask(queued["poll"])
        assert (pending["status"], pending["state"]) == (202, "pending"), pending
    finally:
        stack.take_messages(are_taken=True)


def polled(stack: Stack, poll: Any) -> Any:
    def asked() -> Any:
        reply = stack.ask(poll)
        return None if reply["status"] == 202 else reply

    return soon(asked, "the answer is there")


def knows_no_id_that_is_unknown(stack: Stack) -> None:
    reply = stack.ask({"result": str(uuid.uuid4())})
    assert reply["error"]["type"] == "not_found", reply


def answers_a_file(stack: Stack) -> None:
    name, prompt = unique("file"), a_prompt()
    stack.put(f"inputs/{name}", json.dumps({"prompt": prompt}).encode())
    key = soon(lambda: stack.keys(f"results/{name}."), "there is a result")[0]
    assert stack.lines(key)[0]["reply"]["text"] == STORY


def told_of(stack: Stack, name: str, **about: str) -> dict[str, Any]:
    """What the queue brings of a file under inputs/."""
    told = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": stack.bucket}, "object": {"key": f"inputs/{name}", **about}},
    }
    record = {
        "eventSource": "aws:sqs",
        "eventSourceARN": stack.inputs.arn,
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "none",
        "body": json.dumps({"Records": [told]}),
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    return {"Records": [record]}


def ends_a_batch_whose_file_is_gone(stack: Stack) -> None:
    name = unique("gone")
    assert stack.ask(told_of(stack, name)) == {"batchItemFailures": []}
    (entry,) = stack.lines(stack.keys(f"results/{name}")[0])
    assert entry["error"]["type"] == "not_found"


def goes_on_where_it_stopped(stack: Stack) -> None:
    """What was answered in one run is not asked again in the next."""
    name, good, bad = unique("resumed"), a_prompt(), a_prompt("fail")
    stack.take_messages(are_taken=False)
    try:
        lines = "".join(json.dumps({"prompt": each}) + "\n" for each in (good, bad))
        stack.put(f"inputs/{name}", lines.encode())
        event = told_of(stack, name)
        assert len(stack.ask(event)["batchItemFailures"]) == 1
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "1000"
        stack.ask(event)
        assert stack.keys(f"results/{name}."), "no result with the last receive"
        assert stack.times_asked(good) == 1
    finally:
        stack.inputs.empty()
        stack.take_messages(are_taken=True)


def answers_a_file_that_was_overwritten(stack: Stack) -> None:
    name, prompts = unique("versions"), [a_prompt(), a_prompt()]
    for prompt in prompts:
        stack.put(f"inputs/{name}", json.dumps({"prompt": prompt}).encode())
    soon(lambda: len(stack.keys(f"results/{name}.")) == 2, "both versions have a result")


def answers_a_file_of_which_no_version_is_told(stack: Stack) -> None:
    """As a bucket without versions tells of it."""
    name = unique("plain")
    stack.take_messages(are_taken=False)
    try:
        stack.put(f"inputs/{name}", json.dumps({"prompt": a_prompt()}).encode())
        assert stack.ask(told_of(stack, name)) == {"batchItemFailures": []}
        assert stack.keys(f"results/{name}.")
    finally:
        stack.inputs.empty()
        stack.take_messages(are_taken=True)


def lets_two_deliveries_of_a_file_not_work_at_once(stack: Stack) -> None:
    name, gate = unique("twice"), unique("gate")
    stack.take_messages(are_taken=False)
    try:
        stack.put(f"inputs/{name}", json.dumps({"prompt": f"gate {gate}"}).encode())
        event = told_of(stack, name)
        with ThreadPoolExecutor(1) as other:
            first = other.submit(stack.ask, event)
            try:
                soon(lambda: stack.times_asked(f"gate {gate}"), "one works at it")
                assert len(stack.ask(event)["batchItemFailures"]) == 1
            finally:
                stack.project.open_gate(gate)
            assert first.result() == {"batchItemFailures": []}
        assert stack.times_asked(f"gate {gate}") == 1
    finally:
        stack.inputs.empty()
        stack.take_messages(are_taken=True)


def takes_messages(stack: Stack) -> None:
    """Two, as one may come to whoever waits for it already."""
    before, prompts = stack.inputs.count(), [a_prompt(), a_prompt()]
    stack.inputs.send(*(json.dumps({"prompt": prompt}) for prompt in prompts))
    for prompt in prompts:
        soon(lambda prompt=prompt: stack.times_asked(prompt), "the message is answered")
    soon(lambda: stack.inputs.count() <= before, "the messages are off the queue")


def brings_a_message_again_when_it_says(stack: Stack) -> None:
    """A batch that is not finished comes back sooner than after the queue's own time."""
    name = unique("unfinished")
    stack.take_messages(are_taken=False)
    try:
        stack.put(f"inputs/{name}", json.dumps({"prompt": a_prompt("fail")}).encode())
        (message,) = soon(stack.inputs.receive, "the file's message is there")
        event = told_of(stack, name)
        event["Records"][0]["receiptHandle"] = message["ReceiptHandle"]
        answer = stack.tenant.call(stack.function, event, Qualifier="live", LogType="Tail")
        assert len(answer["Payload"]["batchItemFailures"]) == 1
        stack.inputs.delete(message)
        assert b"visibility not changed" not in base64.b64decode(answer["LogResult"])
    finally:
        stack.take_messages(are_taken=True)


def may_map_the_queue(stack: Stack) -> None:
    """Lambda asks when a mapping is made or changed."""
    stack.take_messages(are_taken=True)


def keeps_an_event_that_failed(stack: Stack) -> None:
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "x",
        "source": "y",
        "detail": {"prompt": a_prompt("fail")},
    }
    stack.send_event(event)
    soon(lambda: not stack.failed_events.is_empty(), "the event is kept")
    stack.failed_events.wait_for_message()


def answers_through_s3(stack: Stack) -> None:
    accepted = stack.ask({"prompt": a_prompt()})
    assert accepted["status"] == 202, accepted
    assert_answered(polled(stack, accepted["poll"]))


def tells_of_a_failure_through_s3(stack: Stack) -> None:
    accepted = stack.ask({"prompt": a_prompt("refuse")})
    assert polled(stack, accepted["poll"])["status"] in {422, 502}


def says_what_is_pending_in_s3(stack: Stack) -> None:
    gate = unique("gate")
    accepted = stack.ask({"prompt": f"gate {gate}"})
    try:
        pending = stack.ask(accepted["poll"])
        assert (pending["status"], pending["state"]) == (202, "pending"), pending
    finally:
        stack.project.open_gate(gate)


def takes_a_large_prompt_through_s3(stack: Stack) -> None:
    accepted = stack.ask({"prompt": "tell " + "x" * 150_000})
    assert_answered(polled(stack, accepted["poll"]))


def keeps_a_record_of_what_is_accepted(stack: Stack) -> None:
    accepted = stack.ask({"prompt": a_prompt()})
    assert stack.read_uri(accepted["record"])["locations"]["result"] == accepted["result"]


def completes_a_record(stack: Stack) -> None:
    """The topic tells the function that a result is there."""
    accepted = stack.ask({"prompt": a_prompt()})
    soon(lambda: stack.read_uri(accepted["record"]).get("reply"), "the record has the reply")


def accepts_a_token_once(stack: Stack) -> None:
    asked = {"prompt": a_prompt(), "client_token": unique("token")}
    first = stack.ask(asked)
    assert first["status"] == 202, first
    assert stack.ask(asked).get("result") == first["result"]
