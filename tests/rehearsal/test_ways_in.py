"""What a rehearsal tries beside Invoke: URLs, and files of prompts in the bucket."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from cli.faults_view import NONE_CAME
from cli.rehearsal_view import RehearsalView
from rehearsal import ways_in
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.deployer.deploy import CreatedResource
from rehearsal.local_account import LocalAccount
from rehearsal.transcript import Step, StepFailedError, StepUnderFaults, Transcript
from rehearsal.ways_in import ask_over_http, run_batch
from tests.rehearsal.queues import Queue, mapped, taking_role
from tests.rehearsal.tenant import Tenant, allow, zipped
from tests.rehearsal.web.test_function_urls import url_of
from tests.rehearsal.web.test_web_adapter import LAYER

PROMPTS = ["first", "zweite ü", "third"]
# Answers each line of each object that a queue tells of, as the code after it says.
ANSWERING = """
import json, os, boto3
from urllib.parse import unquote_plus

def handler(event, context):
    s3 = boto3.client("s3")
    for record in event["Records"]:
        for told in json.loads(record["body"]).get("Records", []):
            bucket, key = told["s3"]["bucket"]["name"], unquote_plus(told["s3"]["object"]["key"])
            lines = s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
            entries = [entry(n, json.loads(line)) for n, line in enumerate(lines, start=1)]
            body = "".join(json.dumps(each) + "\\n" for each in entries if each)
            name = key.removeprefix("inputs/") + "." + told["s3"]["object"]["eTag"]
            s3.put_object(Bucket=bucket, Key=f"results/{name}.jsonl", Body=body.encode())
"""
ANSWERED = "def entry(n, asked): return {'line': n, 'reply': {'text': asked['prompt'].upper()}}\n"


@pytest.fixture
def inputs(tenant: Tenant) -> Callable[[str], str]:
    """A bucket whose inputs a function answers; called with how, it returns where they go."""

    def made(how: str) -> str:
        bucket, queue = tenant.bucket(), Queue(tenant)
        queue.let("s3", f"arn:aws:s3:::{bucket}")
        objects = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*")
        mapped(
            tenant, queue, tenant.function(ANSWERING + how, role_arn=taking_role(tenant, objects))
        )
        tenant.client("s3").put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "inputs/"}]}}}]
            },
        )  # fmt: skip
        return f"s3://{bucket}/inputs/"

    return made


def test_a_file_of_prompts_comes_back_answered(
    account: LocalAccount, inputs: Callable[[str], str]
) -> None:
    uri = inputs(ANSWERED)

    batch = run_batch(account, uri, PROMPTS)

    assert batch.entries == [
        {"line": 1, "reply": {"text": "FIRST"}},
        {"line": 2, "reply": {"text": "ZWEITE Ü"}},
        {"line": 3, "reply": {"text": "THIRD"}},
    ]
    assert batch.result_uri.startswith(uri.replace("inputs/", "results/rehearsal.jsonl."))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            "def entry(n, asked): return {'line': n, 'error': {'type': 'throttled'}}\n",
            "3 of 3 prompts failed: {'type': 'throttled'}",
        ),
        (
            "def entry(n, asked): return {'line': n, 'reply': {}} if n > 1 else None\n",
            "has 2 lines for 3 prompts",
        ),
    ],
)
def test_a_prompt_that_is_not_answered_fails_the_step(
    account: LocalAccount, inputs: Callable[[str], str], how: str, said: str
) -> None:
    with pytest.raises(StepFailedError, match=said.replace("{", r"\{")):
        run_batch(account, inputs(how), PROMPTS)


def test_a_result_that_never_comes_is_not_waited_for(
    account: LocalAccount, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways_in, "BATCH_LIMIT_SECONDS", 0)

    with pytest.raises(
        StepFailedError, match=r"no result of the batch lies under s3://.*/results/"
    ):
        run_batch(account, f"s3://{tenant.bucket()}/inputs/", PROMPTS)


def url_answering(tenant: Tenant, result: str) -> str:
    function = tenant.function(f"def handler(event, context): return {result}\n")
    return url_of(tenant, function)


def test_a_url_is_asked_signed(account: LocalAccount, tenant: Tenant) -> None:
    url = url_answering(
        tenant, "{'text': event['body'], 'by': event['requestContext']['accountId']}"
    )

    answer = ask_over_http(account, url, "lambda", "Grüße")

    assert json.loads(answer.reply["text"]) == {"prompt": "Grüße"}
    assert answer.reply["by"] == "123456789012"
    assert answer.pieces == 0


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("{'statusCode': 503, 'body': '{\"error\": {}}'}", 'answered 503: {"error": {}}'),
        ("'no JSON'", "did not answer as it should"),
        ("[1]", r"answered 200: \[1\]"),
    ],
)
def test_a_url_that_answers_badly_fails_the_step(
    account: LocalAccount, tenant: Tenant, result: str, said: str
) -> None:
    url = url_answering(tenant, result)

    with pytest.raises(StepFailedError, match=f"{url} {said}"):
        ask_over_http(account, url, "lambda", "x")


STREAM = (
    'data: {"text": "It "}',
    'data: {"text": "was ü"}',
    'event: done\ndata: {"text": "It was ü", "finish_reason": "stop"}',
)


def streaming_url(tenant: Tenant, *events: str) -> str:
    """The URL of a web function that answers each request for a stream with these events."""
    server = (
        "import json, os\n"
        "from http.server import BaseHTTPRequestHandler, HTTPServer\n"
        "class Handler(BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(204), self.end_headers()\n"
        "    def do_POST(self):\n"
        "        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))\n"
        "        assert asked['stream'] is True\n"
        "        self.send_response(200)\n"
        "        self.send_header('Content-Type', 'text/event-stream')\n"
        "        self.end_headers()\n"
        f"        for event in {events!r}: self.wfile.write(event.encode() + b'\\n\\n')\n"
        "HTTPServer(('127.0.0.1', int(os.environ['AWS_LWA_PORT'])), Handler).serve_forever()\n"
    )
    function = tenant.function(
        zipped({"start.sh": "#!/bin/sh\nexec python3 server.py\n", "server.py": server}),
        Handler="start.sh",
        Layers=[LAYER],
        Environment={
            "Variables": {
                "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
                "AWS_LWA_INVOKE_MODE": "response_stream",
            }
        },
    )
    return url_of(tenant, function, InvokeMode="RESPONSE_STREAM")


def test_a_url_that_streams_is_asked_for_a_stream(account: LocalAccount, tenant: Tenant) -> None:
    answer = ask_over_http(account, streaming_url(tenant, *STREAM), "lambda", "It")

    assert answer.reply == {"text": "It was ü", "finish_reason": "stop"}
    assert answer.pieces == 2


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([*STREAM[:2], "event: error\ndata: {}"], "the stream of text ended with event: error"),
        ([STREAM[0], STREAM[2]], "the pieces of the stream are not the text at its end"),
    ],
)
def test_a_stream_that_ends_badly_fails_the_step(
    account: LocalAccount, tenant: Tenant, events: list[str], said: str
) -> None:
    with pytest.raises(StepFailedError, match=said):
        ask_over_http(account, streaming_url(tenant, *events), "lambda", "It")


def shown(transcript: Transcript, faults: FaultPlan | None = None) -> list[str]:
    """What a person sees of a transcript, line by line."""
    console = Console(file=StringIO(), width=200)
    view = RehearsalView(console)
    for step in transcript.steps:
        view.watcher().on_step(transcript, step)
    view.conclude(transcript, faults)
    assert isinstance(console.file, StringIO)
    return [line.strip() for line in console.file.getvalue().splitlines()]


def test_the_view_shows_a_batch() -> None:
    transcript = Transcript("dev", "x", steps=[Step("batch", "4 prompts", 0.1)])
    transcript.batch = [
        {"line": 1, "request": {"prompt": "It was"}, "reply": {"text": " a fox."}},
        {"line": 2, "request": {"prompt_characters": 6}, "reply": {"text": " a hen."}},
        {"line": 3, "reply": None},
        {
            "line": 4,
            "request": {"prompt": "It was"},
            "reply": None,
            "locations": {"result": "s3://b/r"},
        },
    ]

    lines = shown(transcript)

    assert lines[1:5] == ["1: It was a fox.", "2:  a hen.", "3:", "4: It was ... s3://b/r"]


def test_the_view_says_what_came_of_faults() -> None:
    transcript = Transcript("dev", "x", faults={"throttle": 2, "model-error:500": 1})
    struck = {"throttle": 2, "model-error:500": 1}
    transcript.outcomes = [StepUnderFaults("invoke", struck, "12 characters", 2, attempts=3)]

    told = " ".join(" ".join(shown(transcript, FaultPlan.of("throttle=0.3"))).split())

    assert "Faults made on purpose: throttle x2, model-error:500 x1" in told
    assert "12 characters; asked 2 times; the function's 3rd attempt at the endpoint" in told


def test_the_view_says_so_when_no_fault_came_of_those_that_were_asked_for() -> None:
    assert NONE_CAME in shown(Transcript("dev", "x"), FaultPlan.of("throttle=0.3"))
    assert NONE_CAME not in shown(Transcript("dev", "x"))


def test_the_view_puts_log_records_into_words_and_leaves_other_lines_alone() -> None:
    transcript = Transcript("dev", "x", steps=[Step("logs", "4 lines", 0.1)])
    record = {
        "timestamp": "2026-11-25T03:52:34Z",
        "level": "INFO",
        "message": "request answered",
        "logger": "handlers.answering",
        "requestId": "51d3",
        "request_id": "51d3",
        "status": 200,
    }
    transcript.function_log = [
        json.dumps(record),
        '{"level": "WARN", "message": "x"}',
        "[1]",
        "Traceback",
    ]

    assert shown(transcript)[1:5] == [
        "function: INFO request answered: request_id 51d3, status 200",
        "function: WARN x",
        "function: [1]",
        "function: Traceback",
    ]


def test_the_view_names_the_function_of_an_alias() -> None:
    transcript = Transcript("dev", "x", steps=[Step("deploy", "2 resources", 0.1)])
    arn = "arn:aws:lambda:us-east-1:123456789012:function:genai-function-0a1b2c3:live"
    transcript.resources = [CreatedResource("aws:lambda/alias:Alias", "live", arn, 0.1)]

    assert any(
        line.startswith("lambda Alias") and line.endswith("genai-function-0a1b2c3:live")
        for line in shown(transcript)
    )
