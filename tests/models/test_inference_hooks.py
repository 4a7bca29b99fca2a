"""The SageMaker hooks: requests in, replies and refusals out."""

import ast
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import inference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors_file import WeightsError
from storyteller import Piece, Sampling, Storyteller

JSON = "application/json"


def body(inputs: object = "She was", stream: object = None, **parameters: object) -> str:
    request: dict[str, object] = {"inputs": inputs, "parameters": parameters}
    return json.dumps(request if stream is None else request | {"stream": stream})


def reply_to(model: Storyteller, text: str) -> Any:
    return inference.output_fn(inference.predict_fn(inference.input_fn(text, JSON), model), JSON)


def document(model: Storyteller, **fields: Any) -> dict[str, Any]:
    (only,) = json.loads(reply_to(model, body(**fields)))
    return only


def lines(model: Storyteller, **fields: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in reply_to(model, body(stream=True, **fields))]


def refusal(text: str | bytes, content_type: str | None = JSON) -> str:
    with pytest.raises(inference.RefusedRequestError) as refused:
        inference.input_fn(text, content_type)
    assert (refused.value.status_code, refused.value.phrase) == (400, "Bad Request")
    return refused.value.message


def refusal_or_none(text: str) -> str | None:
    try:
        inference.input_fn(text, JSON)
    except inference.RefusedRequestError:
        return refusal(text)
    return None


def test_the_reply_is_a_list_of_one_continuation(model: Storyteller) -> None:
    text = "".join(p.text for p in model.generate("She was", Sampling(max_new_tokens=12, seed=1)))
    assert json.loads(reply_to(model, body(max_new_tokens=12, seed=1))) == [
        {
            "generated_text": text,
            "finish_reason": "length",
            "usage": {"prompt_tokens": 7, "completion_tokens": 12},
        }
    ]


def test_the_defaults_are_those_of_the_readme(model: Storyteller) -> None:
    assert inference.input_fn('{"inputs": "x"}', JSON).sampling == Sampling(
        max_new_tokens=200, temperature=0.7, top_p=1, seed=None, stop=()
    )
    assert document(model, inputs="x")["usage"] == {"prompt_tokens": 1, "completion_tokens": 200}


def test_every_parameter_reaches_the_model() -> None:
    request = inference.input_fn(
        body(max_new_tokens=9, temperature=1, top_p=0.5, seed=3, stop=[".", "\n"]), JSON
    )
    assert request.sampling == Sampling(9, 1, 0.5, 3, (".", "\n"))


def test_return_full_text_puts_the_prompt_first(model: Storyteller) -> None:
    prompt = "\u201cDo\u00a0come,\u201d"
    alone = document(model, inputs=prompt, seed=1)["generated_text"]
    whole = document(model, inputs=prompt, seed=1, return_full_text=True)["generated_text"]
    assert whole == prompt + alone


def test_a_stop_string_is_reported(model: Storyteller) -> None:
    reply = document(model, seed=1, stop=[" "])
    assert reply["finish_reason"] == "stop"
    assert " " not in reply["generated_text"]


def test_usage_counts_what_was_read_of_a_long_prompt(model: Storyteller) -> None:
    reply = document(model, inputs="word " * 1000, max_new_tokens=1)
    assert reply["usage"] == {"prompt_tokens": 2000, "completion_tokens": 1}


@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 60), stop=st.lists(st.text("aeht ", min_size=1), max_size=4))
def test_streamed_lines_join_to_the_whole_reply(
    model: Storyteller, count: int, stop: list[str]
) -> None:
    whole = document(model, max_new_tokens=count, seed=2, stop=stop)
    *before, last = lines(model, max_new_tokens=count, seed=2, stop=stop)
    assert "".join(line["token"]["text"] for line in [*before, last]) == whole["generated_text"]
    assert {key: last[key] for key in whole} == whole


def test_every_line_but_the_last_carries_only_its_token(model: Storyteller) -> None:
    first, second, last = lines(model, max_new_tokens=3, temperature=0, inputs="the carriag")
    nothing = {"generated_text": None, "finish_reason": None}
    assert first == {"token": {"text": "e"}} | nothing
    assert second == {"token": {"text": second["token"]["text"]}} | nothing
    assert last.keys() == {"token", "generated_text", "finish_reason", "usage"}


def test_a_streamed_line_ends_in_a_line_feed_and_holds_no_other(model: Storyteller) -> None:
    for line in reply_to(model, body(inputs="the end.\n", stream=True, max_new_tokens=30)):
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1


class SlowModel:
    """Counts how far it has written, to tell streaming from a reply prepared beforehand."""

    def __init__(self) -> None:
        self.written = 0

    def read(self, prompt: str) -> str:
        return prompt

    def generate(self, _prompt: str, _sampling: Sampling) -> Iterator[Piece]:
        for self.written in (1, 2, 3):
            yield Piece("x", "length" if self.written == 3 else None, self.written)


def test_a_stream_is_sent_while_it_is_written() -> None:
    slow = SlowModel()
    reply = reply_to(slow, body(stream=True))  # type: ignore[arg-type]
    progress = [slow.written for _ in reply]
    assert progress == [1, 2, 3]


class Context:
    """TorchServe's context, as far as the hooks may use it."""

    def __init__(self) -> None:
        self.request_ids = {0: "request-1"}
        self.calls: list[object] = []

    def set_response_content_type(self, index: int, value: str) -> None:
        self.calls.append((index, value))


@pytest.fixture
def torchserve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a stand-in for the one function of TorchServe, with its signature."""

    def send_intermediate_predict_response(
        ret: list[bytes], req_id_map: dict[int, str], message: str, code: int, context: Context
    ) -> None:
        assert (req_id_map, message, code) == (
            context.request_ids,
            "Intermediate Prediction success",
            200,
        )
        context.calls.append(ret)

    utils = ModuleType("ts.handler_utils.utils")
    vars(utils)["send_intermediate_predict_response"] = send_intermediate_predict_response
    monkeypatch.setitem(sys.modules, "ts.handler_utils.utils", utils)
    for package in ("ts", "ts.handler_utils"):
        monkeypatch.setitem(sys.modules, package, ModuleType(package))


@pytest.mark.usefixtures("torchserve")
@pytest.mark.parametrize("count", [1, 2, 30])
def test_under_torchserve_a_stream_is_sent_part_by_part(model: Storyteller, count: int) -> None:
    request = inference.input_fn(body(stream=True, max_new_tokens=count, seed=1), JSON)
    expected = [
        bytes(line) for line in reply_to(model, body(stream=True, max_new_tokens=count, seed=1))
    ]
    context = Context()
    reply = inference.output_fn(inference.predict_fn(request, model), JSON, context)
    assert reply == (expected[-1], "application/jsonlines")
    assert context.calls == [(0, "application/jsonlines"), *([line] for line in expected[:-1])]


@pytest.mark.usefixtures("torchserve")
def test_under_torchserve_a_whole_reply_is_returned(model: Storyteller) -> None:
    request, context = inference.input_fn(body(seed=1), JSON), Context()
    reply = inference.output_fn(inference.predict_fn(request, model), JSON, context)
    assert reply == reply_to(model, body(seed=1))
    assert context.calls == []


def test_a_context_without_torchserve_gets_the_lines(model: Storyteller) -> None:
    request = inference.input_fn(body(stream=True, max_new_tokens=2), JSON)
    reply = inference.output_fn(inference.predict_fn(request, model), JSON, Context())
    assert len(list(reply)) == 2


def test_the_hooks_take_as_many_arguments_as_the_toolkit_counts() -> None:
    """The toolkit compares the number of parameters and raises TypeError for any other."""

    def count(hook: Callable[..., object]) -> int:
        return len(inspect.signature(hook).parameters)

    assert count(inference.model_fn) == 1
    assert count(inference.input_fn) == 2
    assert count(inference.predict_fn) == 2
    assert count(inference.output_fn) == 3  # with the context


def test_the_archive_needs_nothing_but_numpy(archive: Path) -> None:
    """Under network isolation nothing can be installed when the container starts."""
    sources = list((archive / "code").glob("*.py"))
    own = {source.stem for source in sources}
    imported = {
        name.split(".")[0]
        for source in sources
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }
    assert imported - own - sys.stdlib_module_names == {"numpy"}
    assert sorted(path.name for path in archive.iterdir()) == ["code", "model.safetensors"]


def test_the_body_may_be_text_or_bytes() -> None:
    sent = body("caf\u00e9")
    for form in (sent, sent.encode(), bytearray(sent.encode())):
        assert inference.input_fn(form, JSON).inputs == "caf\u00e9"


@pytest.mark.parametrize(
    "name", ["application/json; charset=utf-8", "Application/JSON", " application/json "]
)
def test_the_content_type_may_be_written_in_any_usual_way(name: str) -> None:
    assert inference.input_fn(body(), name).inputs == "She was"


@pytest.mark.parametrize("sent", ["text/plain", "", None, "application/jsonlines"])
def test_another_content_type_is_refused(sent: str | None) -> None:
    assert refusal(body(), sent) == (f'send content type application/json, not "{sent or "none"}"')


NO_NAMES = "inputs, parameters, stream"
PARAMETER_NAMES = "max_new_tokens, temperature, top_p, seed, stop, return_full_text"
LONG_NAME_SHOWN = '"' + r"\u00e9" * 6 + r"\u0"  # 40 characters
INPUTS = "send the prompt as a non-empty string in inputs; "
MAX_NEW_TOKENS = "max_new_tokens must be a whole number from 1 to 1024, got "
TEMPERATURE = "temperature must be a number from 0 to 2, got "
TOP_P = "top_p must be a number above 0 and at most 1, got "
SEED = "seed must be a whole number, 0 or more, got "
STOP = "stop must be a list of up to 4 non-empty strings, got "


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("{}", INPUTS + "it is missing"),
        ('{"inputs": ""}', INPUTS + 'got ""'),
        ('{"inputs": null}', INPUTS + "got null"),
        ('{"inputs": ["a", "b"]}', INPUTS + "got a list of 2"),
        ('{"inputs": "x", "prompt": 1}', f'unknown field "prompt"; known: {NO_NAMES}'),
        ('{"inputs": "x", "parameters": null}', "parameters must be an object, got null"),
        ('{"inputs": "x", "stream": 1}', "stream must be true or false, got 1"),
        ("[]", 'send a JSON object, {"inputs": "..."}, not a list of 0'),
        ('"x"', 'send a JSON object, {"inputs": "..."}, not "x"'),
        (
            "inputs=x",
            "send the body as JSON; this is not: Expecting value: line 1 column 1 (char 0)",
        ),
        (b'{"inputs": "\xff"}', "send the body in UTF-8; these bytes are not"),
        ("[" * 100_000, "the JSON body nests too deep or holds too long a number"),
        ("1" * 5000, "the JSON body nests too deep or holds too long a number"),
        (body(top_k=5), f'unknown parameter "top_k"; known: {PARAMETER_NAMES}'),
        (
            body(**{"\u00e9" * 99: 1}),
            f"unknown parameter {LONG_NAME_SHOWN}...; known: {PARAMETER_NAMES}",
        ),
        (body(max_new_tokens=0), MAX_NEW_TOKENS + "0"),
        (body(max_new_tokens=1025), MAX_NEW_TOKENS + "1025"),
        (body(max_new_tokens=5.0), MAX_NEW_TOKENS + "5.0"),
        (body(max_new_tokens=True), MAX_NEW_TOKENS + "true"),
        (body(temperature=-0.1), TEMPERATURE + "-0.1"),
        (body(temperature=2.1), TEMPERATURE + "2.1"),
        (body(temperature="hot"), TEMPERATURE + '"hot"'),
        (body(temperature=float("nan")), TEMPERATURE + "NaN"),
        (body(top_p=0), TOP_P + "0"),
        (body(top_p=1.01), TOP_P + "1.01"),
        (body(seed=-1), SEED + "-1"),
        (body(seed=1.5), SEED + "1.5"),
        (body(seed=None), SEED + "null"),
        (body(stop="."), STOP + '"."'),
        (body(stop=[""]), STOP + "a list of 1"),
        (body(stop=[1]), STOP + "a list of 1"),
        (body(stop=list("abcde")), STOP + "a list of 5"),
        (body(return_full_text="no"), 'return_full_text must be true or false, got "no"'),
    ],
)
def test_a_wrong_request_is_refused_with_what_to_send(sent: str | bytes, message: str) -> None:
    assert refusal(sent) == message


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_new_tokens": 1},
        {"max_new_tokens": 1024},
        {"temperature": 0},
        {"temperature": 2},
        {"top_p": 1},
        {"top_p": 1e-9},
        {"seed": 0},
        {"seed": 2**200},
        {"stop": []},
        {"stop": ["a", "b", "c", "d"]},
        {"return_full_text": False},
    ],
)
def test_values_on_the_border_are_taken(parameters: dict[str, object]) -> None:
    assert inference.input_fn(body(**parameters), JSON).inputs == "She was"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
)


@given(
    anything
    | st.fixed_dictionaries(
        {"inputs": anything},
        optional={
            "parameters": st.dictionaries(st.sampled_from(PARAMETER_NAMES.split(", ")), anything),
            "stream": anything,
        },
    )
)
def test_any_json_is_either_taken_or_refused_in_a_few_words(sent: object) -> None:
    if message := refusal_or_none(json.dumps(sent)):
        assert message.isascii()
        assert len(message) < 200


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_any_body_is_either_taken_or_refused(sent: bytes | str) -> None:
    refusal(sent)


def test_on_the_image_a_refusal_is_the_toolkits_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class GenericInferenceToolkitError(Exception):
        def __init__(
            self, status_code: int, message: str | None = None, phrase: str | None = None
        ) -> None:
            self.sent = (status_code, message, phrase)

    errors = ModuleType("sagemaker_inference.errors")
    vars(errors)["GenericInferenceToolkitError"] = GenericInferenceToolkitError
    monkeypatch.setitem(sys.modules, "sagemaker_inference", ModuleType("sagemaker_inference"))
    monkeypatch.setitem(sys.modules, "sagemaker_inference.errors", errors)
    with pytest.raises(GenericInferenceToolkitError) as refused:
        inference.input_fn("{}", JSON)
    assert refused.value.sent == (400, INPUTS + "it is missing", "Bad Request")


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "text/html, application/*;q=0.8",
        "APPLICATION/JSONLINES",
    ],
)
def test_a_client_that_takes_json_gets_it(model: Storyteller, accept: str | None) -> None:
    prediction = inference.predict_fn(inference.input_fn(body(max_new_tokens=1), JSON), model)
    assert isinstance(inference.output_fn(prediction, accept), str)


def test_a_client_that_takes_no_json_is_told(model: Storyteller) -> None:
    prediction = inference.predict_fn(inference.input_fn(body(), JSON), model)
    with pytest.raises(inference.RefusedRequestError) as refused:
        inference.output_fn(prediction, "text/csv")
    assert refused.value.message == (
        "the reply is application/json; send that or */* as Accept, not 'text/csv'"
    )


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as missing:
        inference.model_fn(str(tmp_path))
    assert str(missing.value) == (
        f"model.safetensors is missing from the model archive (looked in {tmp_path}); "
        "put the weights at the archive root"
    )


def test_the_committed_weights_load(archive: Path) -> None:
    assert inference.model_fn(str(archive)).read("Emma") == "Emma"
