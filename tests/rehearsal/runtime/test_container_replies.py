"""What the images do beyond a good reply: their defaults, refusals and dialects."""

import json
from typing import Any

import pytest

from tests.rehearsal.tenant import Tenant, refusal

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
VLLM = f"{REGISTRY}/vllm:server-sagemaker-cuda-v2.3"
LMI = f"{REGISTRY}/djl-inference:0.36.0-lmi28.0.0-cu130"
TGI = f"{REGISTRY}/huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04"
HUGGING_FACE = f"{REGISTRY}/huggingface-pytorch-inference:2.6.0-transformers5.5.3-cpu-py312"
PROMPT = "It was a fine morning"
FIXED = {"seed": 1, "max_new_tokens": 20}


def serve(tenant: Tenant, image: str, code: str | None = None, **environment: str) -> str:
    files = {"code/inference.py": code} if code else {"config.json": "{}"}
    model = tenant.model(files, Image=image, Environment=environment)
    return tenant.in_service(tenant.configuration(model))


def ask(tenant: Tenant, endpoint: str, body: bytes | str, **more: Any) -> tuple[bytes, str]:
    answer = tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=body, **more
    )
    return answer["Body"].read(), answer["ContentType"]


def streamed(tenant: Tenant, endpoint: str, body: Any) -> tuple[str, str]:
    answer = tenant.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=json.dumps(body), ContentType="application/json"
    )
    text = b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]).decode()
    return answer["ContentType"], text


def refused(tenant: Tenant, endpoint: str, body: bytes | str, **more: Any) -> tuple[int, str]:
    """The container's own status and words."""
    runtime = tenant.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        ask(tenant, endpoint, body, **more)
    return caught.value.response["OriginalStatusCode"], caught.value.response["OriginalMessage"]


# The PyTorch toolkit


@pytest.fixture(scope="module")
def doubling(tenant: Tenant) -> str:
    """A folder that leaves reading and writing to the image."""
    code = "def model_fn(model_dir): return 2\ndef predict_fn(data, model): return data * model\n"
    image = f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312"
    return serve(tenant, image, code)


@pytest.mark.fact("§3 toolkit layout: input_fn and output_fn have defaults for JSON, CSV and NPY")
@pytest.mark.parametrize(
    ("body", "content_type", "accept", "reply"),
    [
        (b"[1, 2.5]", "application/json", "application/json", b"[2.0, 5.0]"),
        (b"1,2.5", "text/csv", "application/json", b"[2.0, 5.0]"),
        (b"[[1, 2], [3, 4]]", "application/json", "text/csv", b"2.0,4.0\n6.0,8.0\n"),
        (b"[1]", "application/json", "text/html, application/json;q=0.5", b"[2.0]"),
        (b"[1]", "application/json", "*/*", b"[2.0]"),
    ],
)
def test_a_folder_without_its_own_formats_reads_and_writes_arrays(
    tenant: Tenant, doubling: str, body: bytes, content_type: str, accept: str, reply: bytes
) -> None:
    answer = ask(tenant, doubling, body, ContentType=content_type, Accept=accept)

    assert answer[0] == reply


def test_arrays_in_numpys_format_are_read_and_written(tenant: Tenant, doubling: str) -> None:
    kind = "application/x-npy"
    packed, _ = ask(tenant, doubling, b"[1, 2]", ContentType="application/json", Accept=kind)

    again, _ = ask(tenant, doubling, packed, ContentType=kind, Accept="application/json")

    assert packed.startswith(b"\x93NUMPY")
    assert json.loads(again) == [4.0, 8.0]


@pytest.mark.parametrize(
    ("types", "named"),
    [
        ({"ContentType": "image/png"}, "image/png"),
        ({"ContentType": "application/json", "Accept": "text/html"}, "text/html"),
    ],
)
def test_a_format_that_the_image_does_not_know_is_refused(
    tenant: Tenant, doubling: str, types: dict[str, str], named: str
) -> None:
    status, text = refused(tenant, doubling, b"[1]", **types)

    assert status == 415
    assert text.startswith(f"Content type {named} is not supported by this framework")


@pytest.mark.fact("§3 toolkit layout: transform_fn excludes the other hooks")
def test_a_folder_with_a_transform_and_another_hook_does_not_come_up(tenant: Tenant) -> None:
    code = (
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept): ...\n"
        "def input_fn(body, content_type): ...\n"
    )
    model = tenant.model({"code/inference.py": code})
    endpoint = tenant.endpoint(tenant.configuration(model))

    assert tenant.settled(endpoint)["EndpointStatus"] == "Failed"
    (line,) = tenant.log_of(f"/aws/sagemaker/Endpoints/{endpoint}")
    assert line == (
        "inference.py defines transform_fn, which takes the place of input_fn: the toolkit refuses to load "
        "both"
    )


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("application/json", "str"), ("text/csv", "str"), ("text/plain", "bytes")],
)
def test_a_body_is_text_only_if_the_toolkit_says_so(
    tenant: Tenant, naming: str, content_type: str, kind: str
) -> None:
    assert ask(tenant, naming, b"x", ContentType=content_type)[0].decode() == kind


@pytest.fixture(scope="module")
def naming(tenant: Tenant) -> str:
    code = (
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept): return type(body).__name__\n"
    )
    return serve(tenant, f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312", code)


# The Hugging Face toolkit


@pytest.fixture(scope="module")
def pipeline(tenant: Tenant) -> str:
    """A folder that brings a model alone, which is a function."""
    code = """
def model_fn(model_dir): return model

def model(inputs, times=1, fails=False):
    if fails: raise RuntimeError("out of luck")
    return iter([inputs]) if times == 0 else [{"said": inputs}] * times
"""
    return serve(tenant, HUGGING_FACE, code)


@pytest.mark.fact(
    "§4 HF toolkit: inputs and parameters go to the pipeline; without inputs the whole dict"
)
def test_the_toolkit_hands_inputs_and_parameters_to_the_model(
    tenant: Tenant, pipeline: str
) -> None:
    given = {"inputs": "Grüße", "parameters": {"times": 2}}

    body, kind = ask(tenant, pipeline, json.dumps(given), ContentType="application/json")

    assert (body.decode(), kind) == ('[{"said":"Grüße"},{"said":"Grüße"}]', "application/json")
    assert tenant.ask(pipeline, {"text": "a"}) == [{"said": {"text": "a"}}]


@pytest.mark.parametrize(
    ("body", "types", "message"),
    [
        ({"inputs": 1, "parameters": {"fails": True}}, {}, "out of luck"),
        ({"inputs": 1}, {"Accept": "text/html"}, "Content type text/html is not supported by this framework"),
        ({"inputs": 1}, {"ContentType": "text/x"}, "Content type text/x is not supported by this framework"),
    ],
)  # fmt: skip
def test_whatever_goes_wrong_in_the_toolkit_is_a_400(
    tenant: Tenant, pipeline: str, body: Any, types: dict[str, str], message: str
) -> None:
    given = {"ContentType": "application/json", **types}

    status, text = refused(tenant, pipeline, json.dumps(body), **given)

    assert status == 400
    assert json.loads(text) == {
        "code": 400,
        "type": "InternalServerException",
        "message": message,
    }


@pytest.mark.fact("§4 HF toolkit: stream none")
def test_the_toolkit_streams_nothing(tenant: Tenant) -> None:
    code = (
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept): return iter(['a', 'b'])\n"
    )

    status, text = refused(tenant, serve(tenant, HUGGING_FACE, code), "{}")

    assert (status, json.loads(text)["message"]) == (503, "Prediction failed")


# TGI


@pytest.mark.fact("§4 TGI errors: 422 validation; in a stream an event")
def test_tgi_refuses_within_a_stream(tenant: Tenant) -> None:
    endpoint = serve(tenant, TGI)
    error = {
        "error": "Input validation error: `inputs` cannot be empty",
        "error_type": "validation",
    }

    kind, text = streamed(tenant, endpoint, {"inputs": "", "stream": True})

    assert (kind, text) == ("text/event-stream", f"data:{json.dumps(error)}\n\n")


@pytest.mark.fact("§4 TGI errors: 429 overloaded")
def test_tgi_is_overloaded_beyond_its_own_limit(tenant: Tenant) -> None:
    endpoint = serve(tenant, TGI, MAX_CONCURRENT_REQUESTS="0")

    status, text = refused(tenant, endpoint, json.dumps({"inputs": PROMPT}))

    assert status == 429
    assert json.loads(text) == {"error": "Model is overloaded", "error_type": "overloaded"}


@pytest.mark.fact("§4 TGI: details with tokens; finish_reason stop_sequence")
def test_tgi_names_tokens_and_the_reason_of_the_end(tenant: Tenant) -> None:
    parameters = {**FIXED, "details": True, "stop": [" ", "e", "a"]}

    ((answer,),) = [tenant.ask(serve(tenant, TGI), {"inputs": PROMPT, "parameters": parameters})]

    details = answer["details"]
    assert (details["finish_reason"], details["seed"]) == ("stop_sequence", 1)
    assert "".join(token["text"] for token in details["tokens"]) == answer["generated_text"]


def test_tgi_refuses_what_is_no_json(tenant: Tenant) -> None:
    status, text = refused(tenant, serve(tenant, TGI), "{")

    assert status == 400
    assert text.startswith("Failed to parse the request body as JSON: ")


# LMI


@pytest.mark.fact("§4 LMI with OPTION_TGI_COMPAT=true: a list, and server-sent events")
def test_lmi_can_be_like_tgi(tenant: Tenant) -> None:
    endpoint = serve(tenant, LMI, OPTION_TGI_COMPAT="true")
    request = {"inputs": PROMPT, "parameters": FIXED}

    (answer,) = tenant.ask(endpoint, request)
    kind, text = streamed(tenant, endpoint, {**request, "stream": True})

    assert len(answer["generated_text"]) == 20
    assert kind == "text/event-stream"
    events = [json.loads(event.removeprefix("data:")) for event in text.split("\n\n") if event]
    assert events[-1]["generated_text"] == answer["generated_text"]


# OpenAI's completions of texts


@pytest.mark.parametrize("image", [VLLM, TGI])
def test_a_text_is_completed_as_well_as_a_chat(tenant: Tenant, image: str) -> None:
    endpoint = serve(tenant, image)
    request = {"prompt": PROMPT, "max_tokens": 30, "seed": 1}

    answer = tenant.ask(endpoint, request)
    kind, text = streamed(
        tenant, endpoint, {**request, "stream": True, "stream_options": {"include_usage": True}}
    )

    (choice,) = answer["choices"]
    assert (answer["object"], choice["finish_reason"]) == ("text_completion", "length")
    assert answer["id"].startswith("cmpl-")
    events = [line.removeprefix("data:").strip() for line in text.split("\n\n") if line]
    assert (kind, events[-1]) == ("text/event-stream", "[DONE]")
    *pieces, counts = [json.loads(event) for event in events[:-1]]
    assert "".join(piece["choices"][0]["text"] for piece in pieces) == choice["text"]
    assert pieces[-1]["choices"][0]["finish_reason"] == "length"
    assert counts["usage"] == answer["usage"]


def test_vllm_names_what_it_can_complete(tenant: Tenant) -> None:
    status, text = refused(tenant, serve(tenant, VLLM), '{"inputs": "a"}')

    assert status == 400
    assert json.loads(text)["error"] == {
        "message": (
            "Cannot find suitable handler for request. Expected one of: ['ChatCompletionRequest', "
            "'CompletionRequest']"
        ),
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }


def test_what_the_storyteller_refuses_is_said_in_its_own_words(tenant: Tenant) -> None:
    code, message = refusal(
        lambda: tenant.ask(serve(tenant, TGI), {"inputs": "a", "parameters": {"temperature": 9}})
    )

    assert code == "ModelError"
    assert "Input validation error: temperature must be" in message
