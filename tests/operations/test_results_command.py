"""`genai results`."""

import json
import re

import pytest

from operations import records
from tests.operations.conftest import Deployed, Genai
from tests.rehearsal.tenant import unique

pytestmark = pytest.mark.usefixtures("dev")


def asked(genai: Genai, prompt: str) -> str:
    """Ask, and return the request's id."""
    return json.loads(genai("invoke", "dev", prompt, "--json").stdout)["request_id"]


def test_a_line_tells_what_was_asked_and_answered(genai: Genai) -> None:
    said = unique("said")
    request_id = asked(genai, f"say {said}")

    done = genai("results", "dev", "--since", "5m", "--limit", "500")

    (line,) = [each for each in done.stdout.splitlines() if request_id[:8] in each]
    assert re.search(rf"200 +sync .*{len(said) + 4} \+ 5 .*say {said[:8]}.* +{said} *$", line)


def test_failures_alone_can_be_listed(genai: Genai) -> None:
    dragons = unique("dragons")
    json.loads(genai("invoke", "dev", f"refuse {dragons}", "--json").stdout)
    asked(genai, "tell")

    found = json.loads(genai("results", "dev", "--failed", "--json").stdout)

    assert {record["status"] for record in found} <= {422, 502}
    assert f"refuse {dragons}" in [record["request"].get("prompt") for record in found]
    assert found[0]["uri"].startswith("s3://")


def test_one_is_shown_whole(genai: Genai) -> None:
    request_id = asked(genai, "say whole")

    done = genai("results", "dev", "--show", request_id[:12])

    assert json.loads(done.stdout)["reply"]["text"] == "whole"


def test_what_is_followed_is_a_record_a_line(
    genai: Genai, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = unique("new")
    turns = iter([lambda: deployed.stack.ask({"prompt": f"say {token}"})])

    def sleep(_: float) -> None:
        next(turns, _interrupt)()

    monkeypatch.setattr(records.time, "sleep", sleep)
    monkeypatch.setattr(records.Records.follow, "__defaults__", (sleep,))

    done = genai("results", "dev", "--follow", "--json", "--limit", "1")

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[-1]["reply"]["text"] == token
    assert done.exit_code == 130


def test_nothing_found_is_told(genai: Genai) -> None:
    done = genai("results", "dev", "--until", "2001-01-01")

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no such record\n")
    assert json.loads(genai("results", "dev", "--until", "2001-01-01", "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--since", "soon"), 2, "'soon' is no moment; write 30s, 15m"),
        (("--follow", "--until", "1h"), 2, "what is followed has no end"),
        (("--show", "0000"), 3, "dev has no record of 0000"),
    ],
)
def test_what_cannot_be_is_told(
    genai: Genai, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = genai("results", "dev", *arguments)

    assert done.exit_code == code
    assert said in done.stderr


def _interrupt() -> None:
    raise KeyboardInterrupt
