"""Model folders in the toolkit's layout that the account has never seen, and the vLLM stand-in."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.tenant import Tenant, is_running, poll, unique

VLLM = "763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:server-sagemaker-cuda-v2.3"


def raw(tenant: Tenant, endpoint: str, body: str = "{}", **more: Any) -> tuple[bytes, str]:
    reply = tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=body, **more
    )
    return reply["Body"].read(), reply["ContentType"]


def test_four_hooks_run_in_their_order(tenant: Tenant) -> None:
    code = """
def model_fn(model_dir): return open(model_dir + "/words.txt").read().split()
def input_fn(body, content_type): return int(body)
def predict_fn(index, words): return words[index]
def output_fn(word, accept): return f"{word} as {accept}"
"""
    endpoint = tenant.serve({"code/inference.py": code, "words.txt": "zero one two"})

    assert raw(tenant, endpoint, "2", Accept="text/plain") == (b"two as text/plain", "text/plain")


def test_one_transform_takes_the_place_of_three_hooks(tenant: Tenant) -> None:
    code = """
def model_fn(model_dir): return "model"
def transform_fn(model, body, content_type, accept): return "|".join([model, body, content_type, accept])
"""
    endpoint = tenant.serve({"code/inference.py": code})

    body, kind = raw(tenant, endpoint, "b", ContentType="text/csv", Accept="text/html")

    assert (body, kind) == (b"model|b|text/csv|text/html", "text/html")


def test_hooks_that_ask_for_the_context_get_it(tenant: Tenant) -> None:
    code = """
def model_fn(model_dir, context):
    assert context.system_properties["model_dir"] == model_dir
    return context.system_properties.get("gpu_id")
def input_fn(body, content_type, context): return context.system_properties["batch_size"]
def predict_fn(data, model, context): return [data, model, context is not None]
def output_fn(prediction, accept, context): return prediction
"""
    assert tenant.ask(tenant.serve({"code/inference.py": code}), {}) == [1, None, True]


@pytest.fixture(scope="module")
def evaluating(tenant: Tenant) -> str:
    """An endpoint that returns from its hook whatever expression it is sent."""
    code = (
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept): return eval(body)\n"
    )
    return tenant.serve({"code/inference.py": code})


@pytest.mark.parametrize(
    ("result", "body", "kind"),
    [
        ("'text'", b"text", "application/json"),
        ("b'bytes'", b"bytes", "application/json"),
        ("bytearray(b'bytes')", b"bytes", "application/json"),
        ("{'a': [1, None]}", b'{"a": [1, null]}', "application/json"),
        ("('<p>', 'text/html')", b"<p>", "text/html"),
        ("(b'\\x00', 'application/x-npy')", b"\x00", "application/x-npy"),
        ("iter(['a', b'b', 'ü'])", "abü".encode(), "application/json"),
        ("(iter(['a', 'b']), 'text/plain')", b"ab", "text/plain"),
        ("''", b"", "application/json"),
    ],
)
def test_whatever_a_hook_returns_is_sent(
    tenant: Tenant, evaluating: str, result: str, body: bytes, kind: str
) -> None:
    assert raw(tenant, evaluating, result) == (body, kind)


def test_an_answer_that_cannot_be_sent_is_a_model_error(tenant: Tenant, evaluating: str) -> None:
    with pytest.raises(ClientError, match="is not JSON serializable") as caught:
        raw(tenant, evaluating, "object()")

    assert caught.value.response["Error"]["Code"] == "ModelError"


def test_the_registered_environment_is_all_there_is(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET_OF_THIS_SHELL", "1")
    code = """
import json, os
def model_fn(model_dir): ...
def transform_fn(model, body, content_type, accept): return json.dumps(dict(os.environ))
"""
    environment = {"MINE": "1", "HF_MODEL_ID": "/opt/ml/model/weights"}
    model = tenant.model({"code/inference.py": code}, Environment=environment)
    endpoint = tenant.endpoint(tenant.configuration(model))
    tenant.settled(endpoint)

    found = tenant.ask(endpoint, {})

    assert found.pop("MINE") == "1"
    assert Path(found.pop("HF_MODEL_ID")).name == "weights"
    assert not [name for name in found if name.startswith(("AWS_", "A_SECRET"))]
    assert set(found) <= {
        "OPENBLAS_NUM_THREADS", "PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "LC_CTYPE",
    }  # fmt: skip


def test_another_program_and_folder_may_be_named(tenant: Tenant) -> None:
    code = (
        "from helper import ANSWER\n"
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept): return ANSWER\n"
    )
    model = tenant.model(
        {"src/serve.py": code, "src/helper.py": "ANSWER = '42'"},
        Environment={
            "SAGEMAKER_PROGRAM": "serve.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/src",
        },
    )
    endpoint = tenant.endpoint(tenant.configuration(model))
    assert tenant.settled(endpoint)["EndpointStatus"] == "InService"

    assert tenant.ask(endpoint, {}) == 42


def test_what_the_model_prints_is_in_the_containers_log(tenant: Tenant) -> None:
    code = """
import logging, subprocess, sys
def model_fn(model_dir):
    print("loading")
    print("to stderr", file=sys.stderr)
    logging.warning("logged")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
def transform_fn(model, body, content_type, accept): return ""
"""
    endpoint = tenant.serve({"code/inference.py": code})

    def written() -> list[str] | None:
        lines = tenant.log_of(f"/aws/sagemaker/Endpoints/{endpoint}")
        return lines if "model loaded by inference.model_fn" in lines else None

    assert poll(written, "the log is delivered") == [
        "loading",
        "to stderr",
        "WARNING:root:logged",
        "from a child",
        "model loaded by inference.model_fn",
    ]


def test_a_model_that_starts_processes_leaves_none_behind(tenant: Tenant) -> None:
    code = """
import json, subprocess, sys
def model_fn(model_dir):
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
def transform_fn(model, body, content_type, accept): return json.dumps(model.pid)
"""
    endpoint = tenant.serve({"code/inference.py": code})
    pid = tenant.ask(endpoint, {})
    assert is_running(pid)

    tenant.client("sagemaker").delete_endpoint(EndpointName=endpoint)

    poll(lambda: not is_running(pid), "what the model started is gone as well")


# vLLM


@pytest.fixture(scope="module")
def chat(tenant: Tenant) -> str:
    model = tenant.model({"config.json": "{}"}, Image=VLLM)
    endpoint = tenant.endpoint(tenant.configuration(model))
    found = tenant.settled(endpoint)
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    return endpoint


def test_the_stand_in_for_vllm_speaks_chat_completions(tenant: Tenant, chat: str) -> None:
    messages = [{"role": "user", "content": "It was a fine morning"}]

    answer = tenant.ask(chat, {"messages": messages, "max_tokens": 12, "seed": 1, "temperature": 0})

    (choice,) = answer["choices"]
    assert answer["object"] == "chat.completion"
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "length"
    usage = answer["usage"]
    assert usage["completion_tokens"] == 12
    assert usage["total_tokens"] == usage["prompt_tokens"] + 12


def test_the_streamed_words_are_the_whole_answer(tenant: Tenant, chat: str) -> None:
    request = {
        "messages": [{"role": "user", "content": "It was a fine morning"}],
        "max_tokens": 60,
        "seed": 1,
        "temperature": 0,
    }
    whole = tenant.ask(chat, request)["choices"][0]["message"]["content"]

    answer = tenant.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=chat,
        Body=json.dumps({**request, "stream": True}),
        ContentType="application/json",
    )

    body = b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]).decode()
    events = [line.removeprefix("data: ") for line in body.split("\n\n") if line]
    assert answer["ContentType"] == "text/event-stream"
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event)["choices"][0] for event in events[:-1]]
    assert "".join(chunk["delta"].get("content", "") for chunk in chunks) == whole
    assert [chunk["finish_reason"] for chunk in chunks][-1] == "length"
    assert len(chunks) > 5


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        (
            {"inputs": "of another server"},
            "Cannot find suitable handler for request. Expected one of: ",
        ),
        ({"messages": []}, "messages: field required, a list of {role, content}"),
        ({"messages": [{"role": "user", "content": "a"}], "max_tokens": 0}, "max_new_tokens"),
    ],
)
def test_what_vllm_refuses_is_refused_with_a_body(
    tenant: Tenant, chat: str, request_body: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        tenant.ask(chat, request_body)

    assert caught.value.response["OriginalStatusCode"] == 400
    error = json.loads(caught.value.response["OriginalMessage"])["error"]
    assert error["type"] == "BadRequestError"
    assert message in error["message"]


def test_vllm_without_model_files_does_not_start(tenant: Tenant) -> None:
    model = tenant.model(b"", Image=VLLM)
    request = {
        "ModelName": (name := unique("model")),
        "ExecutionRoleArn": tenant.client("sagemaker").describe_model(ModelName=model)["ExecutionRoleArn"],
        "PrimaryContainer": {"Image": VLLM},
    }  # fmt: skip
    tenant.client("sagemaker").create_model(**request)

    endpoint = tenant.endpoint(tenant.configuration(name))

    assert tenant.settled(endpoint)["EndpointStatus"] == "Failed"
    log = tenant.log_of(f"/aws/sagemaker/Endpoints/{endpoint}")
    assert log == ["no model files under /opt/ml/model"]
