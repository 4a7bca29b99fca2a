"""The containers that keep an image's contract without its engine: payloads, refusals and streams."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from handlers.contracts import contract_named
from handlers.generation_request import GenerationParameters, GenerationRequest, Message
from tests.rehearsal.tenant import Tenant, poll, refusal, unique

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
VLLM = f"{REGISTRY}/vllm:server-sagemaker-cuda-v2.3"
LMI = f"{REGISTRY}/djl-inference:0.36.0-lmi28.0.0-cu130"
TGI = f"{REGISTRY}/huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04"
TEI = "683313688378.dkr.ecr.us-east-1.amazonaws.com/tei-cpu:2.0.1-tei1.9.3-cpu-py310-ubuntu24.04"
HUGGING_FACE = f"{REGISTRY}/huggingface-pytorch-inference:2.6.0-transformers5.5.3-cpu-py312"
PROMPT = "It was a fine morning"
FIXED: GenerationParameters = {"seed": 1, "max_new_tokens": 12}


def serve(tenant: Tenant, image: str) -> str:
    return tenant.in_service(tenant.configuration(tenant.model({"config.json": "{}"}, Image=image)))


def from_hub(
    tenant: Tenant, image: str, environment: dict[str, str], *, isolated: bool = False
) -> str:
    """An endpoint whose model has no files; it may fail."""
    model = unique("model")
    tenant.client("sagemaker").create_model(
        ModelName=model,
        ExecutionRoleArn=tenant.execution_role,
        EnableNetworkIsolation=isolated,
        PrimaryContainer={"Image": image, "Environment": environment},
    )
    return tenant.endpoint(tenant.configuration(model))


def log_of(tenant: Tenant, endpoint: str) -> list[str]:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    return poll(lambda: tenant.log_of(group), "the container's log is there")


def stream(tenant: Tenant, endpoint: str, body: Any) -> tuple[str, str]:
    """Content type and text of a streamed reply."""
    answer = tenant.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=json.dumps(body), ContentType="application/json"
    )
    text = b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]).decode()
    return answer["ContentType"], text


# The function's side of each contract


HOSTS = {
    "openai-chat": (VLLM, {}),
    "lmi": (LMI, {}),
    "tgi": (TGI, {}),
    "pipelines": (HUGGING_FACE, {"HF_TASK": "text-generation"}),
}
CONVERSATION: tuple[Message, ...] = (
    {"role": "system", "content": "Go on."},
    {"role": "user", "content": PROMPT},
)


@pytest.mark.parametrize("name", HOSTS)
def test_the_functions_contract_reads_the_same_streamed_and_at_once(
    tenant: Tenant, name: str
) -> None:
    image, variables = HOSTS[name]
    model = tenant.model({"config.json": "{}"}, Image=image, Environment=variables)
    endpoint = tenant.in_service(tenant.configuration(model))
    contract = contract_named(name)
    for asked in (
        GenerationRequest(prompt=PROMPT, parameters=FIXED),
        GenerationRequest(messages=CONVERSATION, parameters=FIXED),
    ):
        streamed = replace(asked, stream=True)

        at_once = contract.read_reply(json.dumps(tenant.ask(endpoint, _sent(name, asked))).encode())
        reader = contract.stream_reader()
        list(reader.feed(stream(tenant, endpoint, _sent(name, streamed))[1].encode()))
        generated = reader.finish()

        assert len(generated.text) == 12
        assert generated.text == at_once.text
        # LMI says how a text ended, and what it took, only in chats: its details are not asked for.
        says_more = name != "lmi" or bool(asked.messages)
        assert generated.finish_reason == ("length" if says_more else None)
        assert (generated.usage or {}).get("completion_tokens") == (12 if says_more else None)


def _sent(name: str, asked: GenerationRequest) -> Any:
    return json.loads(contract_named(name).payload(asked))


def refused_by_model(tenant: Tenant, endpoint: str, body: Any) -> tuple[str, str]:
    code, message = refusal(lambda: tenant.ask(endpoint, body))
    assert code == "ModelError"
    status, _, text = message.partition(') from primary with message "')
    return status.rpartition("(")[2], text.rpartition('". See ')[0]


# LMI


@pytest.fixture(scope="module")
def lmi(tenant: Tenant) -> str:
    return serve(tenant, LMI)


def test_lmi_answers_inputs_with_an_object(tenant: Tenant, lmi: str) -> None:
    answer = tenant.ask(lmi, {"inputs": PROMPT, "parameters": {**FIXED, "temperature": 0}})

    assert set(answer) == {"generated_text"}
    assert len(answer["generated_text"]) == 12  # the storyteller's tokens are characters


def test_lmi_writes_30_tokens_unless_told_otherwise(tenant: Tenant, lmi: str) -> None:
    answer = tenant.ask(lmi, {"inputs": PROMPT, "parameters": {"details": True}})

    details = answer["details"]
    assert (details["finish_reason"], details["generated_tokens"]) == ("length", 30)
    assert details["inputs"] == PROMPT
    assert "".join(token["text"] for token in details["tokens"]) == answer["generated_text"]


def test_lmi_streams_json_lines(tenant: Tenant, lmi: str) -> None:
    request = {"inputs": PROMPT, "parameters": {**FIXED, "max_new_tokens": 40, "temperature": 0}}
    whole = tenant.ask(lmi, request)["generated_text"]

    kind, text = stream(tenant, lmi, {**request, "stream": True})

    lines = [json.loads(line) for line in text.splitlines()]
    assert kind == "application/jsonlines"
    assert "".join(line["token"]["text"] for line in lines) == whole
    assert [line["generated_text"] for line in lines[:-1]] == [None] * (len(lines) - 1)
    assert lines[-1]["generated_text"] == whole


def test_lmi_answers_messages_with_a_chat_completion(tenant: Tenant, lmi: str) -> None:
    request = {"messages": [{"role": "user", "content": PROMPT}], "max_tokens": 40, "seed": 1}

    answer = tenant.ask(lmi, request)
    kind, text = stream(tenant, lmi, {**request, "stream": True})

    assert answer["object"] == "chat.completion"
    chunks = [json.loads(line) for line in text.splitlines()]
    assert kind == "application/jsonlines"
    words = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(words) == answer["choices"][0]["message"]["content"]


def test_lmi_refuses_with_a_body(tenant: Tenant, lmi: str) -> None:
    for body in ({"prompt": "x"}, ["x"]):
        status, text = refused_by_model(tenant, lmi, body)
        assert status == "424"
        assert json.loads(text)["code"] == 424
        assert "inputs" in json.loads(text)["error"]


# TGI


@pytest.fixture(scope="module")
def tgi(tenant: Tenant) -> str:
    return serve(tenant, TGI)


def test_tgi_answers_with_a_list_of_one(tenant: Tenant, tgi: str) -> None:
    (answer,) = tenant.ask(tgi, {"inputs": PROMPT, "parameters": {**FIXED, "details": True}})

    assert len(answer["generated_text"]) == 12
    assert answer["details"]["finish_reason"] == "length"
    assert answer["details"]["generated_tokens"] == 12
    (plain,) = tenant.ask(tgi, {"inputs": PROMPT, "parameters": FIXED})
    assert set(plain) == {"generated_text"}


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        ({"inputs": ""}, "`inputs` cannot be empty"),
        ({"inputs": "a", "parameters": {"temperature": 0}}, "`temperature` must be strictly positive"),
        ({"inputs": "a", "parameters": {"top_p": 1}}, "`top_p` must be > 0.0 and < 1.0"),
        ({"inputs": "a", "parameters": {"top_p": 0}}, "`top_p` must be > 0.0 and < 1.0"),
        ({"inputs": "a", "parameters": {"top_k": 0}}, "`top_k` must be strictly positive"),
        ({"inputs": "a", "parameters": {"max_new_tokens": 0}}, "`max_new_tokens` must be strictly positive"),
    ],
)  # fmt: skip
def test_tgi_refuses_what_it_validates(
    tenant: Tenant, tgi: str, request_body: Any, message: str
) -> None:
    status, text = refused_by_model(tenant, tgi, request_body)

    assert status == "422"
    assert json.loads(text) == {
        "error": f"Input validation error: {message}",
        "error_type": "validation",
    }


@pytest.mark.parametrize("request_body", [["a"], {}, {"parameters": {}}])
def test_tgi_refuses_what_is_no_request_in_plain_text(
    tenant: Tenant, tgi: str, request_body: Any
) -> None:
    status, text = refused_by_model(tenant, tgi, request_body)

    assert status == "422"
    assert text == (
        "Failed to deserialize the JSON body into the target type: data did not match any variant of untagged "
        "enum SagemakerRequest"
    )


def test_tgi_streams_server_sent_events(tenant: Tenant, tgi: str) -> None:
    parameters = {**FIXED, "max_new_tokens": 40, "details": True}
    request = {"inputs": PROMPT, "parameters": parameters}
    (whole,) = tenant.ask(tgi, request)

    kind, text = stream(tenant, tgi, {**request, "stream": True})

    events = [json.loads(line.removeprefix("data:")) for line in text.split("\n\n") if line]
    assert kind == "text/event-stream"
    assert "".join(event["token"]["text"] for event in events) == whole["generated_text"]
    assert events[-1]["generated_text"] == whole["generated_text"]
    assert events[-1]["details"]["generated_tokens"] == 40
    assert events[-1]["details"]["input_length"] == len(PROMPT)


def test_tgi_speaks_chat_too(tenant: Tenant, tgi: str) -> None:
    request = {"messages": [{"role": "user", "content": PROMPT}], "max_tokens": 20}

    assert tenant.ask(tgi, request)["object"] == "chat.completion"
    _, text = stream(tenant, tgi, {**request, "stream": True})
    assert text.endswith("data: [DONE]\n\n")


# TEI


@pytest.fixture(scope="module")
def tei(tenant: Tenant) -> str:
    return serve(tenant, TEI)


def test_tei_answers_a_text_with_a_list_of_one_vector(tenant: Tenant, tei: str) -> None:
    (vector,) = tenant.ask(tei, {"inputs": PROMPT})

    assert math.isclose(math.hypot(*vector), 1)
    assert tenant.ask(tei, {"inputs": PROMPT}) == [vector]


def test_tei_answers_each_text_of_a_list(tenant: Tenant, tei: str) -> None:
    texts = ["the cat sat on the mat", "the cat sat on a mat", "quarterly tax returns"]

    vectors = tenant.ask(tei, {"inputs": texts})

    assert tenant.ask(tei, {"inputs": texts[1]}) == [vectors[1]]
    near, far = (math.dist(vectors[0], vector) for vector in vectors[1:])
    assert near < far


@pytest.mark.parametrize(
    ("request_body", "status", "message"),
    [
        ({"inputs": ""}, "400", "`inputs` cannot be empty"),
        ({"inputs": []}, "400", "`inputs` cannot be empty"),
        ({"inputs": [1]}, "422", "Failed to deserialize the JSON body"),
        ({"text": "a"}, "422", "Failed to deserialize the JSON body"),
    ],
)
def test_tei_refuses_what_is_no_text(
    tenant: Tenant, tei: str, request_body: Any, status: str, message: str
) -> None:
    said = refused_by_model(tenant, tei, request_body)

    assert said[0] == status
    assert message in said[1]


# Models from the Hub


@pytest.mark.parametrize(
    ("image", "variable"),
    [
        (VLLM, "SM_VLLM_MODEL"),
        (LMI, "HF_MODEL_ID"),
        (TGI, "HF_MODEL_ID"),
        (TEI, "HF_MODEL_ID"),
        (f"{REGISTRY}/sglang:server-sagemaker-cuda-v1.3", "SM_SGLANG_MODEL_PATH"),
        (f"{REGISTRY}/huggingface-llamacpp:b9522-cpu-ubuntu24.04", "LLAMA_ARG_HF_REPO"),
        (HUGGING_FACE, "HF_MODEL_ID"),
    ],
)
def test_a_model_of_the_hub_needs_no_files_but_a_network(
    tenant: Tenant, image: str, variable: str
) -> None:
    open_one = from_hub(tenant, image, {variable: "org/name"})
    isolated = from_hub(tenant, image, {variable: "org/name"}, isolated=True)

    found = tenant.settled(open_one)
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    (first, *_) = log_of(tenant, open_one)
    assert first == "org/name is not fetched from the Hub here: a stand-in answers for it"
    assert tenant.settled(isolated)["EndpointStatus"] == "Failed"
    assert log_of(tenant, isolated) == [
        (
            "cannot reach the Hub for org/name: EnableNetworkIsolation leaves this container without a "
            "network"
        )
    ]


@pytest.mark.parametrize("image", [VLLM, LMI, TGI, TEI])
def test_without_files_and_hub_no_stand_in_starts(tenant: Tenant, image: str) -> None:
    endpoint = from_hub(tenant, image, {"HF_MODEL_ID": "/opt/ml/model"})

    assert tenant.settled(endpoint)["EndpointStatus"] == "Failed"
    assert log_of(tenant, endpoint) == ["no model files under /opt/ml/model"]


def test_a_hugging_face_model_without_code_is_a_pipeline(tenant: Tenant) -> None:
    model = tenant.model(
        {"config.json": "{}"}, Image=HUGGING_FACE, Environment={"HF_TASK": "text-generation"}
    )
    endpoint = tenant.in_service(tenant.configuration(model))

    (answer,) = tenant.ask(endpoint, {"inputs": PROMPT, "parameters": {"max_new_tokens": 5}})

    assert len(answer["generated_text"]) == 5
    assert log_of(tenant, endpoint) == [
        "stand-in for a pipeline of text-generation is ready; the words come from the storyteller"
    ]


def test_a_pipeline_answers_at_once_and_takes_conversations(tenant: Tenant) -> None:
    model = tenant.model(
        {"config.json": "{}"}, Image=HUGGING_FACE, Environment={"HF_TASK": "text-generation"}
    )
    endpoint = tenant.in_service(tenant.configuration(model))
    turns = [{"role": "user", "content": PROMPT}]
    parameters = {"max_new_tokens": 5, "seed": 1}
    request = {"inputs": turns, "parameters": parameters, "stream": True}
    text_only = {**request, "parameters": {**parameters, "return_full_text": False}}

    (whole,) = tenant.ask(endpoint, request)
    (text,) = tenant.ask(endpoint, text_only)

    assert whole["generated_text"] == [
        *turns,
        {"role": "assistant", "content": text["generated_text"]},
    ]
    assert len(text["generated_text"]) == 5
    assert refused_by_model(tenant, endpoint, [1])[0] == "400"


def test_a_hugging_face_model_with_code_runs_it(tenant: Tenant) -> None:
    code = (
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept): return 'mine'\n"
    )
    model = tenant.model(
        {"code/inference.py": code}, Image=HUGGING_FACE, Environment={"HF_TASK": "any"}
    )

    endpoint = tenant.in_service(tenant.configuration(model))

    reply = tenant.client("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body="{}")
    assert reply["Body"].read() == b"mine"
