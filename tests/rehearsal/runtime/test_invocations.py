"""InvokeEndpoint and its response stream, as boto3 sees them."""

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.rehearsal.tenant import Tenant, poll, tar_gz, unique

# One model for all tests: a request says what it should do.
OBEDIENT = r"""
import json, os, time

class Refusal(Exception):
    def __init__(self, status_code, text):
        super().__init__(text)
        self.status_code = status_code

def model_fn(model_dir):
    return os.environ.get("NAME", "obedient")

def input_fn(body, content_type):
    data = json.loads(body) if isinstance(body, str) else {"do": "echo", "with": list(body)}
    return {**data, "content_type": content_type}

def predict_fn(data, model):
    do, value = data["do"], data.get("with")
    if do == "raise":
        raise ValueError(value)
    if do == "refuse":
        raise Refusal(*value)
    if do == "exit":
        os._exit(3)
    if do == "stream":
        return (bytes.fromhex(part) for part in value)
    if do == "break":
        return breaking(value)
    if do == "slow":
        return slow(value)
    return {"said": value, "by": model, "content_type": data["content_type"]}

def breaking(parts):
    yield from parts
    raise RuntimeError("the GPU fell off the bus")

def slow(gate):
    yield "first"
    while not os.path.exists(gate): time.sleep(0.01)
    yield "last"

def output_fn(prediction, accept):
    if isinstance(prediction, dict):
        return json.dumps({**prediction, "accept": accept})
    return prediction, "application/jsonlines"
"""


@pytest.fixture(scope="module")
def endpoint(tenant: Tenant) -> str:
    return tenant.serve({"code/inference.py": OBEDIENT})


def model_error(action: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        action()
    assert caught.value.response["Error"]["Code"] == "ModelError"
    return dict(caught.value.response)


def stream(tenant: Tenant, endpoint: str, body: Any, **more: Any) -> dict[str, Any]:
    return tenant.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=endpoint,
        Body=json.dumps(body),
        ContentType="application/json",
        **more,
    )


def parts_of(answer: dict[str, Any]) -> list[bytes]:
    return [event["PayloadPart"]["Bytes"] for event in answer["Body"]]


def test_the_container_answers_with_its_body_and_type(tenant: Tenant, endpoint: str) -> None:
    reply = tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint,
        Body=json.dumps({"do": "echo", "with": "Grüße 東京"}),
        ContentType="application/json",
        Accept="application/json; charset=utf-8",
    )

    assert reply["ContentType"] == "application/json; charset=utf-8"
    assert reply["InvokedProductionVariant"] == "v0"
    assert json.loads(reply["Body"].read()) == {
        "said": "Grüße 東京",
        "by": "obedient",
        "content_type": "application/json",
        "accept": "application/json; charset=utf-8",
    }


def test_a_request_without_types_is_json(tenant: Tenant, endpoint: str) -> None:
    reply = tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=json.dumps({"do": "echo", "with": 1})
    )

    answer = json.loads(reply["Body"].read())
    assert (answer["content_type"], answer["accept"]) == ("application/json", "application/json")


def test_a_binary_body_arrives_as_it_is(tenant: Tenant, endpoint: str) -> None:
    body = bytes(range(256))

    reply = tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=body, ContentType="application/octet-stream"
    )

    assert json.loads(reply["Body"].read())["said"] == list(body)


@pytest.mark.parametrize("size", [0, 1, 1_000_000])
def test_a_body_of_any_size_up_to_the_limit(tenant: Tenant, endpoint: str, size: int) -> None:
    assert len(tenant.ask(endpoint, {"do": "echo", "with": "x" * size})["said"]) == size


def test_a_body_of_more_than_6_mib_is_refused(tenant: Tenant, endpoint: str) -> None:
    with pytest.raises(ClientError) as caught:
        tenant.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, Body=b"x" * 6_291_457
        )

    assert caught.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": "Request body is larger than 6291456 bytes.",
    }


def test_a_model_that_raises_is_a_model_error_and_leaves_a_traceback(
    tenant: Tenant, endpoint: str
) -> None:
    text = unique("out of patience")

    error = model_error(lambda: tenant.ask(endpoint, {"do": "raise", "with": text}))

    assert error["OriginalStatusCode"] == 500
    # As SageMaker's toolkit does: the message, then the trace.
    message = error["OriginalMessage"]
    assert message.startswith(f"{text}\nTraceback (most recent call last):")
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    assert error["LogStreamArn"].startswith(
        f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:log-stream:v0/i-"
    )
    assert error["Error"]["Message"] == (
        f'Received server error (500) from primary with message "{message}". '
        f"See {group} in account 123456789012 for more information."
    )
    poll(lambda: f"ValueError: {text}" in tenant.log_of(group), "the traceback is in the log")


@pytest.mark.parametrize(("status", "kind"), [(400, "client"), (422, "client"), (503, "server")])
def test_a_status_of_the_models_own_is_the_original_one(
    tenant: Tenant, endpoint: str, status: int, kind: str
) -> None:
    error = model_error(lambda: tenant.ask(endpoint, {"do": "refuse", "with": [status, "no"]}))

    assert error["OriginalStatusCode"] == status
    assert error["OriginalMessage"].startswith("no\nTraceback (most recent call last):")
    assert (
        f'Received {kind} error ({status}) from primary with message "no\n'
        in error["Error"]["Message"]
    )


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b""])
def test_a_body_that_the_model_cannot_read_is_a_model_error(
    tenant: Tenant, endpoint: str, body: bytes
) -> None:
    def ask() -> None:
        tenant.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, Body=body, ContentType="application/json"
        )

    assert model_error(ask)["OriginalStatusCode"] == 500


def test_an_answer_in_parts_is_one_body_without_a_stream(tenant: Tenant, endpoint: str) -> None:
    parts = [b'["a', b"", b'b"]']
    reply = tenant.ask(endpoint, {"do": "stream", "with": [part.hex() for part in parts]})

    assert reply == ["ab"]


def test_an_answer_that_breaks_off_is_a_model_error(tenant: Tenant, endpoint: str) -> None:
    error = model_error(lambda: tenant.ask(endpoint, {"do": "break", "with": ["half an "]}))

    assert "could not load the entire response body" in error["Error"]["Message"]
    assert error["OriginalStatusCode"] == 500


def test_an_endpoint_that_is_not_there(tenant: Tenant) -> None:
    with pytest.raises(ClientError) as caught:
        tenant.ask("nobody", {})

    assert caught.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": "Endpoint nobody of account 123456789012 not found.",
    }


# Response streams


def test_a_stream_arrives_in_parts_that_make_the_whole(tenant: Tenant, endpoint: str) -> None:
    text = "Grüße aus 東京, " * 400
    slices = [text.encode()[start : start + 7].hex() for start in range(0, len(text.encode()), 7)]

    answer = stream(tenant, endpoint, {"do": "stream", "with": slices})

    assert answer["ContentType"] == "application/jsonlines"
    assert answer["InvokedProductionVariant"] == "v0"
    assert b"".join(parts_of(answer)).decode() == text


def test_an_empty_part_does_not_end_the_stream(tenant: Tenant, endpoint: str) -> None:
    slices = [part.hex() for part in (b"a", b"", b"b")]

    assert b"".join(parts_of(stream(tenant, endpoint, {"do": "stream", "with": slices}))) == b"ab"


def test_a_stream_may_be_empty(tenant: Tenant, endpoint: str) -> None:
    assert parts_of(stream(tenant, endpoint, {"do": "stream", "with": []})) == []


def test_a_whole_answer_can_be_streamed_too(tenant: Tenant, endpoint: str) -> None:
    answer = stream(tenant, endpoint, {"do": "echo", "with": "x" * 100_000}, Accept="text/plain")

    parts = parts_of(answer)
    assert len(parts) > 1
    whole = json.loads(b"".join(parts))
    assert (len(whole["said"]), whole["accept"]) == (100_000, "text/plain")


def test_the_first_part_comes_before_the_last_is_made(
    tenant: Tenant, endpoint: str, tmp_path: Any
) -> None:
    gate = tmp_path / "gate"
    events = iter(stream(tenant, endpoint, {"do": "slow", "with": str(gate)})["Body"])

    assert next(events)["PayloadPart"]["Bytes"] == b"first"
    gate.touch()
    assert [event["PayloadPart"]["Bytes"] for event in events] == [b"last"]


def test_a_stream_that_breaks_midway_ends_in_a_stream_error(tenant: Tenant, endpoint: str) -> None:
    heard: list[bytes] = []
    answer = stream(tenant, endpoint, {"do": "break", "with": ["once upon", " a time"]})

    with contextlib.closing(answer["Body"]) as body, pytest.raises(EventStreamError) as caught:
        heard.extend(event["PayloadPart"]["Bytes"] for event in body)

    assert b"".join(heard) == b"once upon a time"
    assert caught.value.response["Error"]["Code"] == "ModelStreamError"


def test_a_refusal_before_the_first_part_is_a_model_error(tenant: Tenant, endpoint: str) -> None:
    error = model_error(lambda: stream(tenant, endpoint, {"do": "refuse", "with": [400, "no"]}))

    assert error["OriginalStatusCode"] == 400


def test_a_listener_that_leaves_harms_nobody(tenant: Tenant, endpoint: str, tmp_path: Any) -> None:
    gate = tmp_path / "gate"
    answer = stream(tenant, endpoint, {"do": "slow", "with": str(gate)})
    next(iter(answer["Body"]))

    answer["Body"].close()
    gate.touch()

    assert tenant.ask(endpoint, {"do": "echo", "with": 1})["said"] == 1


def test_a_stream_under_way_outlives_an_update(tenant: Tenant, tmp_path: Any) -> None:
    endpoint = tenant.serve({"code/inference.py": OBEDIENT})
    gate = tmp_path / "gate"
    events = iter(stream(tenant, endpoint, {"do": "slow", "with": str(gate)})["Body"])
    assert next(events)["PayloadPart"]["Bytes"] == b"first"
    new = tenant.configuration(tenant.model({"code/inference.py": OBEDIENT}))

    tenant.client("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName=new)
    tenant.settled(endpoint)
    gate.touch()

    assert [event["PayloadPart"]["Bytes"] for event in events] == [b"last"]


def test_a_container_that_dies_while_it_answers_is_a_model_error(tenant: Tenant) -> None:
    endpoint = tenant.serve({"code/inference.py": OBEDIENT})

    for attempt in ("exit", "echo"):
        error = model_error(lambda do=attempt: tenant.ask(endpoint, {"do": do}))
        assert error["OriginalStatusCode"] == 0
        assert "could not get a response from the container" in error["OriginalMessage"]


# Variants


def two_variants(tenant: Tenant, *weights: float) -> str:
    archive = tar_gz({"code/inference.py": OBEDIENT})
    uri = f"s3://{tenant.bucket({'m.tar.gz': archive})}/m.tar.gz"
    models = [tenant.model(uri, Environment={"NAME": f"model {index}"}) for index in range(2)]
    name = unique("configuration")
    tenant.client("sagemaker").create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": f"v{index}",
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": weight,
            }
            for index, (model, weight) in enumerate(zip(models, weights, strict=True))
        ],
    )
    endpoint = tenant.endpoint(name)
    assert tenant.settled(endpoint)["EndpointStatus"] == "InService"
    return endpoint


@pytest.fixture(scope="module")
def pair(tenant: Tenant) -> str:
    """An endpoint whose second variant gets no traffic by itself."""
    return two_variants(tenant, 1.0, 0.0)


def speakers(tenant: Tenant, endpoint: str, times: int) -> Counter[str]:
    return Counter(tenant.ask(endpoint, {"do": "echo"})["by"] for _ in range(times))


def test_a_weight_of_zero_gets_no_traffic(tenant: Tenant, pair: str) -> None:
    assert speakers(tenant, pair, 12) == {"model 0": 12}


def test_a_named_variant_answers_whatever_its_weight(tenant: Tenant, pair: str) -> None:
    answer = tenant.ask(pair, {"do": "echo"}, TargetVariant="v1")

    assert answer["by"] == "model 1"


def test_a_variant_that_is_not_there(tenant: Tenant, pair: str) -> None:
    with pytest.raises(ClientError, match=f"Variant v2 of {pair} not found") as caught:
        tenant.ask(pair, {"do": "echo"}, TargetVariant="v2")

    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_equal_weights_share_the_traffic(tenant: Tenant) -> None:
    endpoint = two_variants(tenant, 0.5, 0.5)

    heard = speakers(tenant, endpoint, 40)  # one side alone: once in 2**39 runs

    assert set(heard) == {"model 0", "model 1"}


def test_many_ask_at_once_and_each_gets_its_own_answer(tenant: Tenant, endpoint: str) -> None:
    heard: dict[int, Any] = {}

    def ask(index: int) -> None:
        heard[index] = tenant.ask(endpoint, {"do": "echo", "with": index})["said"]

    threads = [threading.Thread(target=ask, args=[index]) for index in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert heard == {index: index for index in range(24)}
