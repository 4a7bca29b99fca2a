"""Every way into a stack with everything switched on, from its settings to the answer."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.credentials import Credentials

from rehearsal.account import ADMIN_ACCESS_KEY_ID
from rehearsal.signed_request import HttpReply, Signer, plain_request, signed_request
from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.stacks import STORY, Stack
from tests.rehearsal.tenant import REGION, document, poll, unique
from tests.rehearsal.web.test_function_urls import ADMIN

pytestmark = pytest.mark.matrix

JSON = {"Content-Type": "application/json"}
MAX_RECEIVES = 2


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> Stack:
    made = deploy(
        invoker={
            "url": "iam",
            "httpApi": True,
            "inputs": {"enabled": True, "maxReceives": MAX_RECEIVES},
            "asynchronous": {"retries": 1, "onFailure": True},
            "logLevel": "DEBUG",
        }
    )
    # A message that failed would be hidden for six times the function's time.
    made.hide_messages_for(seconds=1)
    return made


def named(verb: str = "tell") -> str:
    """A prompt that no other test uses."""
    return unique(f"{verb} ")


def assert_is_story(reply: dict[str, Any]) -> None:
    assert (reply["status"], reply["text"], reply["finish_reason"]) == (200, STORY, "length")
    assert reply["usage"]["completion_tokens"] == 5
    assert reply["warnings"] == []


def posted(url: str, signer: Signer, asked: dict[str, Any]) -> HttpReply:
    return signed_request(signer, "POST", url, json.dumps(asked).encode(), JSON)


def test_a_direct_call_is_answered_and_kept(stack: Stack) -> None:
    prompt = named()

    reply = stack.ask({"prompt": prompt, "parameters": {"max_new_tokens": 5}})

    assert_is_story(reply)
    record = stack.read_uri(reply["record"])
    assert (record["request"]["prompt"], record["mode"]) == (prompt, "sync")
    assert record["reply"]["text"] == STORY
    assert stack.times_asked(prompt) == 1


def test_a_direct_call_may_have_the_text_streamed_to_the_function(stack: Stack) -> None:
    reply = stack.ask({"prompt": named(), "stream": True})

    assert_is_story(reply)
    record = stack.read_uri(reply["record"])
    assert record["mode"] == "stream"
    assert record["latency_ms"]["first_text"] <= record["latency_ms"]["total"]


def test_a_stream_that_breaks_gives_the_text_so_far(stack: Stack) -> None:
    reply = stack.ask({"prompt": named("break"), "stream": True})

    assert (reply["status"], reply["error"]["type"]) == (502, "stream_broken")
    assert (reply["text"], reply["finish_reason"]) == ("Once ", "error")
    (record,) = stack.records_of(reply["error"]["request_id"])
    assert record["partial"] is True
    assert record["reply"]["text"] == "Once "


def test_a_conversation_is_answered(stack: Stack) -> None:
    said = named()

    reply = stack.ask({"messages": [{"role": "user", "content": said}]})

    assert_is_story(reply)
    assert any(said in prompt for prompt in stack.project.asked)


def test_a_token_sent_again_gets_the_first_answer(stack: Stack) -> None:
    asked = {"prompt": named(), "client_token": unique("token")}

    first, second = stack.ask(asked), stack.ask(asked)

    assert_is_story(first)
    assert_is_story(second)
    assert "replayed" not in first
    assert second["replayed"] is True
    assert second["record"] == first["record"]
    assert stack.times_asked(asked["prompt"]) == 1


def test_a_token_sent_twice_at_once_is_generated_once(stack: Stack) -> None:
    gate = unique("gate")
    asked = {"prompt": f"gate {gate}", "client_token": unique("token")}

    with ThreadPoolExecutor(4) as callers:
        waiting = [callers.submit(stack.ask, asked) for _ in range(4)]
        poll(lambda: stack.times_asked(asked["prompt"]), "one is at the model")
        time.sleep(0.3)  # the others may get there too, if they are let
        stack.project.open_gate(gate)
        replies = [each.result() for each in waiting]

    for reply in replies:
        assert_is_story(reply)
    assert sorted("replayed" in reply for reply in replies) == [False, True, True, True]
    assert stack.times_asked(asked["prompt"]) == 1


@pytest.mark.parametrize(
    ("verb", "status", "kind", "times"),
    [("refuse", 422, "model_rejected_request", 1), ("fail", 502, "model_failed", 2)],
)
def test_what_the_container_refuses_or_fails_at_leaves_a_record(
    stack: Stack, verb: str, status: int, kind: str, times: int
) -> None:
    prompt = named(verb)

    reply = stack.ask({"prompt": prompt})

    assert (reply["status"], reply["error"]["type"]) == (status, kind)
    assert prompt.partition(" ")[2] in reply["error"]["message"]
    (record,) = stack.records_of(reply["error"]["request_id"])
    assert (record["status"], record["error"]["type"]) == (status, kind)
    assert "/aws/sagemaker/Endpoints/" in record["error"]["log_stream_arn"]
    assert stack.times_asked(prompt) == times


def ways_over_http(stack: Stack) -> list[tuple[str, Signer]]:
    return [
        (stack.exports["function_url"], ADMIN),
        (stack.exports["http_api_url"], Signer(ADMIN.credentials, "execute-api", REGION)),
    ]


@pytest.mark.parametrize("way", [0, 1], ids=["URL", "HTTP API"])
def test_a_signed_request_over_http_is_answered(stack: Stack, way: int) -> None:
    url, signer = ways_over_http(stack)[way]

    reply = posted(url, signer, {"prompt": named()})

    assert reply.headers["Content-Type"] == "application/json"
    assert_is_story({"status": reply.status, **json.loads(reply.body)})
    assert reply.headers["x-request-id"] == json.loads(reply.body)["request_id"]


@pytest.mark.parametrize("way", [0, 1], ids=["URL", "HTTP API"])
def test_a_request_that_is_not_or_wrongly_signed_gets_nowhere(stack: Stack, way: int) -> None:
    url, signer = ways_over_http(stack)[way]
    prompt = named()
    unknown = Signer(Credentials("AKIAXXXXXXXXXXXXXXXX", "x"), signer.service, REGION)
    wrong = Signer(Credentials(ADMIN_ACCESS_KEY_ID, "not the secret"), signer.service, REGION)

    answers = [
        plain_request("POST", url, json.dumps({"prompt": prompt}).encode(), JSON),
        posted(url, unknown, {"prompt": prompt}),
        posted(url, wrong, {"prompt": prompt}),
    ]

    assert [answer.status for answer in answers] == [403, 403, 403]
    assert stack.times_asked(prompt) == 0


@pytest.mark.parametrize("way", [0, 1], ids=["URL", "HTTP API"])
def test_over_http_a_text_can_be_had_later(stack: Stack, way: int) -> None:
    url, signer = ways_over_http(stack)[way]

    queued = posted(url, signer, {"prompt": named(), "async": True})
    answered = json.loads(queued.body)

    assert (queued.status, answered["state"]) == (202, "queued")
    assert queued.headers["retry-after"] == str(answered["retry_after_seconds"])
    address = f"{url.rstrip('/')}/results/{answered['poll']['result']}"

    def polled() -> HttpReply | None:
        reply = signed_request(signer, "GET", address)
        assert reply.status in {200, 202}, reply.body
        return reply if reply.status == 200 else None

    assert json.loads(poll(polled, "the result is there").body)["text"] == STORY


def test_a_direct_call_can_be_answered_later(stack: Stack) -> None:
    prompt = named()

    queued = stack.ask({"prompt": prompt, "async": True})
    assert (queued["status"], queued["state"]) == (202, "queued")

    reply = stack.poll_to_the_end(queued["poll"])
    assert_is_story(reply)
    assert stack.times_asked(prompt) == 1


def test_errors_over_http_are_stable(stack: Stack) -> None:
    url, signer = stack.exports["function_url"], ADMIN

    for method, path, body, status, kind in [
        ("POST", "", b"no JSON", 400, "bad_request"),
        ("POST", "", b"{}", 400, "bad_request"),
        ("PUT", "", b"{}", 405, "method_not_allowed"),
        ("GET", "results/unknown-id", b"", 404, "not_found"),
    ]:
        reply = signed_request(signer, method, url + path, body, JSON)
        error = json.loads(reply.body)["error"]
        assert (reply.status, error["type"]) == (status, kind)
        assert error.keys() == {"type", "message", "retryable", "request_id"}
        assert error["request_id"] == reply.headers["x-request-id"]


def test_messages_in_the_queue_are_answered_and_the_bad_one_becomes_a_dead_letter(
    stack: Stack,
) -> None:
    good, refused = named(), named("refuse")

    ids = stack.inputs.send(
        json.dumps({"prompt": good}), json.dumps({"prompt": refused}), "poison, not JSON"
    )

    dead = stack.dead_letters.wait_for_message()
    assert dead["Body"] == "poison, not JSON"
    assert dead["MessageId"] == ids[2]
    poll(stack.inputs.is_empty, "the queue is empty")
    (answered,), (kept,) = stack.records_of(ids[0]), stack.records_of(ids[1])
    assert (answered["status"], answered["reply"]["text"]) == (200, STORY)
    assert (kept["status"], kept["error"]["type"]) == (422, "model_rejected_request")
    assert stack.times_asked(good) == 1
    assert stack.dead_letters.is_empty()
    assert not any("poison" in line for line in stack.log())


def test_a_message_that_comes_twice_is_answered_once(stack: Stack) -> None:
    prompt = named()
    envelope = {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "eventSourceARN": stack.inputs.arn,
                "messageId": str(uuid.uuid4()),
                "receiptHandle": "x",
                "body": json.dumps({"prompt": prompt}),
                "attributes": {"ApproximateReceiveCount": "1"},
            }
        ]
    }

    with ThreadPoolExecutor(2) as deliveries:
        answers = list(deliveries.map(stack.ask, [envelope, envelope]))

    assert answers == [{"batchItemFailures": []}] * 2
    assert stack.times_asked(prompt) == 1


def test_a_topic_delivers(stack: Stack) -> None:
    prompt, sns = named(), stack.tenant.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    stack.tenant.client("lambda").add_permission(
        FunctionName=stack.function,
        Qualifier=stack.exports["function_alias"],
        StatementId=unique("topic"),
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=stack.alias_arn)

    message_id = sns.publish(TopicArn=topic, Message=json.dumps({"prompt": prompt}))["MessageId"]

    (record,) = poll(lambda: stack.records_of(message_id), "the topic's message is answered")
    assert record["reply"]["text"] == STORY
    assert stack.times_asked(prompt) == 1


def on_a_bus(prompt: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Story wanted",
        "source": "shop.orders",
        "account": "123456789012",
        "time": "2026-11-25T03:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": {"prompt": prompt},
    }


def test_an_event_on_a_bus_is_answered_and_delivered_twice_it_is_asked_once(stack: Stack) -> None:
    event = on_a_bus(named())

    stack.send_event(event)
    (record,) = poll(lambda: stack.records_of(event["id"]), "the event is answered")
    again = stack.ask(event)

    assert record["reply"]["text"] == STORY
    (reply,) = again["replies"]
    assert (reply["text"], reply["replayed"]) == (STORY, True)
    assert stack.times_asked(event["detail"]["prompt"]) == 1


def test_an_event_that_goes_on_failing_is_tried_again_and_then_kept(stack: Stack) -> None:
    event = on_a_bus(named("fail"))

    stack.send_event(event)

    told = json.loads(stack.failed_events.wait_for_message()["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    assert told["requestPayload"] == event
    assert told["responsePayload"]["errorType"] == "DeliverAgainError"
    prompt = event["detail"]["prompt"]
    assert prompt.partition(" ")[2] not in json.dumps(told["responsePayload"])
    assert stack.times_asked(prompt) == 4  # two tries of Lambda's, with one retry of ours in each


def test_an_event_that_is_refused_for_good_is_not_tried_again(stack: Stack) -> None:
    event = on_a_bus(named("refuse"))

    stack.send_event(event)

    (record,) = poll(lambda: stack.records_of(event["id"]), "the event has its record")
    assert record["error"]["type"] == "model_rejected_request"
    assert stack.times_asked(event["detail"]["prompt"]) == 1
    assert stack.failed_events.is_empty()


def test_a_file_of_any_name_has_its_results_and_nothing_leads_outside(stack: Stack) -> None:
    line = json.dumps({"prompt": named()}).encode()
    awkward = ["ü b+c&d.jsonl", "a/../../records/x.jsonl", "x" * 1000 + ".jsonl"]
    before = set(stack.keys())

    for name in awkward:
        stack.put(f"inputs/{name}", line)

    def results() -> set[str]:
        return {key for key in stack.keys("results/") if "/.parts/" not in key} - before

    poll(lambda: len(results()) >= len(awkward), "each has a result")
    poll(stack.inputs.is_empty, "the queue is empty")
    made = results()
    assert len(made) == len(awkward)
    assert sum(key.startswith("results/hashed/") for key in made) == 2
    assert sum(key.startswith("results/ü b+c&d.jsonl.") for key in made) == 1
    new = set(stack.keys()) - before
    assert {key.partition("/")[0] for key in new} <= {"inputs", "results", "claims"}


def test_a_file_that_was_deleted_meanwhile_is_not_tried_for_ever(stack: Stack) -> None:
    name = unique("gone")
    told = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": stack.bucket}, "object": {"key": f"inputs/{name}", "eTag": "e"}},
    }

    stack.inputs.send(json.dumps({"Records": [told]}))

    (entry,) = stack.result_of(name)
    assert entry["error"]["type"] == "not_found"
    poll(stack.inputs.is_empty, "the queue is empty")
    assert stack.dead_letters.is_empty()


def test_each_version_of_a_file_has_a_result_of_its_own(stack: Stack) -> None:
    name, prompts = unique("versions"), [named(), named()]

    for prompt in prompts:
        stack.put(f"inputs/{name}", json.dumps({"prompt": prompt}).encode())

    def results() -> list[str]:
        return stack.keys(f"results/{name}.")

    poll(lambda: len(results()) == 2, "both have a result")
    answered = [stack.lines(key)[0]["request"]["prompt"] for key in results()]
    assert sorted(answered) == sorted(prompts)
    assert [stack.times_asked(prompt) for prompt in prompts] == [1, 1]


def test_no_prompt_is_in_a_log(stack: Stack) -> None:
    """After everything above, on the most talkative level, and by itself just as well."""
    refused, failed, said = named("refuse"), named("fail"), named()
    stack.ask({"prompt": refused})
    stack.ask({"prompt": failed})
    stack.ask({"messages": [{"role": "user", "content": said}]})
    stack.ask({"prompt": said, "parameters": {"temperature": "hot"}})

    log = stack.log()

    assert any('"level": "DEBUG"' in line or '"level": "INFO"' in line for line in log)
    for prompt in {*stack.project.asked, refused, failed, said}:
        assert not any(prompt in line for line in log), prompt
    assert not any(STORY in line for line in log)


def test_a_deny_of_the_callers_own_is_heeded(stack: Stack) -> None:
    """The URL's permissions let principals of the account in, as far as their own policies do."""
    role = stack.tenant.role(
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )
    keys = stack.tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")
    keys = keys["Credentials"]
    signer = Signer(
        Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
        "lambda",
        REGION,
    )
    url = stack.exports["function_url"]
    assert posted(url, signer, {"prompt": named()}).status == 403

    may = {
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
        "Resource": stack.alias_arn,
    }
    stack.tenant.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="ask", PolicyDocument=document(may)
    )
    assert posted(url, signer, {"prompt": named()}).status == 200
