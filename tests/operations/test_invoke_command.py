"""`genai invoke`."""

import json
from pathlib import Path

import pytest

from cli.asking import Asker, HowToAsk, turns_typed
from cli.reply_view import ReplyView, about, without_controls
from tests.operations.conftest import STREAMING, Deployed, Genai
from tests.rehearsal.front_door.stacks import STORY
from tests.rehearsal.tenant import unique

pytestmark = pytest.mark.usefixtures("dev")
ROOT = Path(__file__).resolve().parents[2]


def test_the_text_alone_is_on_standard_output(genai: Genai) -> None:
    done = genai("invoke", "dev", "tell")

    assert (done.exit_code, done.stdout) == (0, f"{STORY}\n")
    assert "4 + 5 tokens, ended by length, s3://" in done.stderr


def test_json_is_the_whole_reply_and_nothing_else(genai: Genai) -> None:
    done = genai("invoke", "dev", "tell", "--json")

    reply = json.loads(done.stdout)
    assert (reply["status"], reply["text"]) == (200, STORY)
    assert reply["record"].startswith("s3://")


def test_a_prompt_may_come_from_standard_input(genai: Genai) -> None:
    assert genai("invoke", "dev", "-", stdin="say it\n").stdout == "it\n"


def test_parameters_and_the_token_reach_the_function(genai: Genai, deployed: Deployed) -> None:
    token = unique("token")
    arguments = ("invoke", "dev", "tell", "--client-token", token, "--json")
    options = ("--max-new-tokens", "7", "--temperature", "0.5", "--seed", "3")

    reply = json.loads(genai(*arguments, *options).stdout)
    again = json.loads(genai(*arguments, *options).stdout)

    record = deployed.stack.read_uri(reply["record"])
    assert record["request"]["parameters"] == {"max_new_tokens": 7, "temperature": 0.5, "seed": 3}
    assert record["client_token"] == token
    assert again["replayed"] is True


def test_a_message_is_sent_with_the_systems(genai: Genai, deployed: Deployed) -> None:
    done = genai("invoke", "dev", "Hello", "--chat", "--system", "Be brief.", "--json")

    record = deployed.stack.read_uri(json.loads(done.stdout)["record"])
    assert record["request"]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
    ]


def test_a_conversation_takes_all_that_was_said_along(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = unique("say "), unique("say ")
    asker = Asker(deployed.deployment, HowToAsk(), ReplyView())

    asker.chat(iter([first, "", second]), system=None)

    transcript = deployed.stack.project.asked[-1]
    assert transcript == f"User: {first}\n\nAssistant: {STORY}\n\nUser: {second}\n\nAssistant:"
    assert capsys.readouterr().out == f"{STORY}\n{STORY}\n"


def test_typing_ends_with_the_input() -> None:
    typed = iter(["one", "two"])

    def read(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    assert list(turns_typed(read)) == ["one", "two"]


def test_a_failure_is_a_line_with_a_fix(genai: Genai) -> None:
    refused = genai("invoke", "dev", "refuse dragons")
    wrong = genai("invoke", "dev", "x", "--max-new-tokens", "5000")
    failed = genai("invoke", "dev", "fail dragons")

    assert (refused.exit_code, wrong.exit_code, failed.exit_code) == (1, 1, 1)
    assert "genai: the function answered 422 model_rejected_request: " in refused.stderr
    assert "parameters.max_new_tokens must be a whole number from 1 to 4096" in wrong.stderr
    assert "fix: what may be asked is in docs/invoking.md" in wrong.stderr
    assert "fix: the very same request may succeed later" in failed.stderr
    assert refused.stdout + wrong.stdout + failed.stdout == ""


def test_a_stream_is_printed_and_what_broke_off_is_told(genai: Genai, streaming: Deployed) -> None:
    whole = genai("invoke", STREAMING, "tell", "--stream")
    broken = genai("invoke", STREAMING, unique("break "), "--stream")

    assert streaming.stack.exports["function_url"]
    assert (whole.exit_code, whole.stdout) == (0, f"{STORY}\n")
    assert "first text after" in whole.stderr
    assert (broken.exit_code, broken.stdout) == (1, "Once \n")
    assert "502 stream_broken" in broken.stderr


def test_a_stack_that_does_not_stream_says_how_it_would(genai: Genai) -> None:
    done = genai("invoke", "dev", "tell", "--stream")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "the URL of the stack dev answers in one piece" in done.stderr
    assert "genai:invoker.streaming: true" in done.stderr


def test_what_is_asked_for_later_is_waited_for_or_fetched(genai: Genai) -> None:
    waited = genai("invoke", "dev", "tell", "--async")
    left = genai("invoke", "dev", "tell", "--async", "--no-wait")
    fetched = genai("invoke", "dev", "--result", left.stdout.strip())

    assert (waited.exit_code, waited.stdout) == (0, f"{STORY}\n")
    assert (left.exit_code, fetched.stdout) == (0, f"{STORY}\n")
    assert f"genai invoke dev --result {left.stdout.strip()}" in left.stderr


def test_what_does_not_come_in_time_is_told_with_how_to_get_it(
    genai: Genai, deployed: Deployed
) -> None:
    gate = unique("gate")

    done = genai("invoke", "dev", f"gate {gate}", "--async", "--wait", "0.1")
    deployed.stack.project.open_gate(gate)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "genai invoke dev --result " in done.stderr


def test_each_line_of_a_file_is_answered_in_order(genai: Genai, tmp_path: Path) -> None:
    file, output = tmp_path / "prompts.jsonl", tmp_path / "answers.jsonl"
    file.write_text('"say one"\n{"prompt": "say two"}\nthree\n{"prompt": 4}\n')

    printed = genai("invoke", "dev", "--file", str(file))
    written = genai("invoke", "dev", "--file", str(file), "--output", str(output))

    for done, told in ((printed, printed.stdout), (written, output.read_text())):
        answers = [json.loads(line) for line in told.splitlines()]
        assert done.exit_code == 1
        assert [answer["line"] for answer in answers] == [1, 2, 3, 4]
        assert [answer.get("text") for answer in answers] == ["one", "two", None, None]
        assert "line 3: bad_line: line 3 is no JSON" in done.stderr
        assert "line 4: bad_request: " in done.stderr
        assert done.stderr.endswith("4 lines asked for, 2 failed\n")


def test_a_file_is_gone_on_with(genai: Genai, deployed: Deployed, tmp_path: Path) -> None:
    file, output = tmp_path / "prompts.jsonl", tmp_path / "answers.jsonl"
    first = unique("tell ")
    file.write_text(json.dumps(first))
    arguments = ("invoke", "dev", "--file", str(file), "--output", str(output))
    genai(*arguments)
    with file.open("a") as more:
        more.write('\n"say more"\n')

    refused = genai(*arguments)
    resumed = genai(*arguments, "--resume")

    assert (refused.exit_code, resumed.exit_code) == (1, 0)
    assert "go on where it ends with --resume" in refused.stderr
    assert [json.loads(line)["text"] for line in output.read_text().splitlines()] == [STORY, "more"]
    assert deployed.stack.times_asked(first) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "what is to be asked?"),
        (("x", "--file", "f"), "--file brings the prompts"),
        (("x", "--stream", "--async"), "cannot be had with --async or --file"),
        (("x", "--system", "s"), "goes with --chat"),
        (("--chat", "--file", "f"), "write messages into the lines"),
        (("x", "--output", "f"), "goes with --file"),
        (("--file", "f", "--resume"), "goes with --output"),
        (("--file", "f", "--client-token", "t"), "names one request only"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    genai: Genai, arguments: tuple[str, ...], said: str
) -> None:
    done = genai("invoke", "dev", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_what_is_not_there_is_told(genai: Genai, tmp_path: Path) -> None:
    stack = genai("invoke", "nobody", "x")
    file = genai("invoke", "dev", "--file", str(tmp_path / "none"), "--json")

    assert (stack.exit_code, file.exit_code) == (3, 3)
    assert "no stack nobody was rehearsed" in stack.stderr
    assert "there is no file" in json.loads(file.stdout)["error"]["message"]


def test_a_text_does_nothing_to_a_terminal() -> None:
    assert without_controls("a\x1b[31mb\r\x07\n\tü\x9b") == "a[31mb\n\tü"


def test_what_is_known_about_a_text_is_one_line() -> None:
    reply = {
        "latency_ms": 1250,
        "usage": {"completion_tokens": 5},
        "record": None,
        "replayed": True,
    }

    assert about(reply) == (
        "1.25 s, ? + 5 tokens, generated before, for the same client token, no record"
    )
