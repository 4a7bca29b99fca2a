"""`genai load`."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from operations.deployment import Deployment
from tests.operations.conftest import STREAMING, Deployed, Genai
from tests.rehearsal.tenant import poll, unique

pytestmark = pytest.mark.usefixtures("dev")
ROOT = Path(__file__).resolve().parents[3]


def test_a_load_is_measured(genai: Genai, deployed: Deployed, tmp_path: Path) -> None:
    prompt, chart = unique("tell "), tmp_path / "load.png"

    done = genai(
        *("load", "dev", "--requests", "6", "--concurrency", "2", "--prompt", prompt),
        *("--chart", str(chart), "--json"),
    )

    report = json.loads(done.stdout)
    assert (done.exit_code, report["sent"], report["answered"]) == (0, 6, 6)
    assert (report["tokens"], report["errors"]) == (30, {})
    assert report["usd"] == pytest.approx(0.115 * report["seconds"] / 3600)
    assert 0 < report["latency"]["p50"] <= report["latency"]["p99"] <= report["latency"]["longest"]
    assert deployed.stack.times_asked(prompt) == 6
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_streams_are_timed_to_their_first_text(genai: Genai, streaming: Deployed) -> None:
    assert streaming.deployment.stack == STREAMING

    done = genai("load", STREAMING, "--stream", "--rate", "20", "--requests", "3")

    assert (done.exit_code, done.stdout.splitlines()[0][:28]) == (0, "3 of 3 requests answered in ")
    assert "to the first text" in done.stdout
    assert re.search(r"the endpoint's instances meanwhile: 0\.0000\d\d USD", done.stdout)


def test_failures_are_counted_by_what_they_are(genai: Genai, tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text('"tell"\n"refuse it"\n')

    done = genai("load", "dev", "--file", str(file), "--requests", "4")

    assert done.exit_code == 1
    assert "2 of 4 requests answered" in done.stdout
    assert "2 x model_rejected_request" in done.stdout


def test_ctrl_c_ends_it_early_and_it_still_reports(dev: Deployment, deployed: Deployed) -> None:
    assert dev.account is not None
    prompt = unique("tell ")
    command = [sys.executable, "-m", "cli", "load", "dev", "--account", dev.account.url]
    process = subprocess.Popen(
        [*command, "--duration", "60", "--prompt", prompt],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        poll(lambda: deployed.stack.times_asked(prompt) >= 3, "it has begun")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=20)
    finally:
        process.kill()

    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert "requests answered in" in told
    assert "ended early with" in told
    assert "Traceback" not in errors


def test_on_aws_nothing_begins_unconfirmed(
    genai: Genai, dev: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dev.account is not None
    for name, value in (  # what AWS is for whoever asks without --account
        ("AWS_ENDPOINT_URL", dev.account.url),
        ("AWS_ACCESS_KEY_ID", dev.account.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", dev.account.secret_access_key),
    ):
        monkeypatch.setenv(name, value)
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(dict(dev.outputs)))

    done = genai("load", "dev", "--requests", "5", "--outputs", str(outputs), "--account", "")

    assert done.exit_code == 2
    assert (
        "dev on AWS is asked: 1 at once, each after the last, for 30 s or 5 requests."
        in done.stderr
    )
    assert "its instances cost 0.00 USD in that time" in done.stderr
    assert "--yes" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--chart", "load.pdf"), "name a file that ends in .png or .svg"),
        (("--rate", "0"), "greater than or equal to 0.001"),
        (("--concurrency", "65"), "less than or equal to 64"),
        (("--requests", "100001"), "less than or equal to 100000"),
        (("--duration", "3601"), "less than or equal to 3600"),
    ],
)
def test_what_is_too_much_is_a_usage_error(
    genai: Genai, arguments: tuple[str, ...], said: str
) -> None:
    done = genai("load", "dev", *arguments)

    assert done.exit_code == 2
    assert said in done.stderr


def test_a_stack_that_does_not_stream_is_told(genai: Genai) -> None:
    done = genai("load", "dev", "--stream", "--requests", "1")

    assert done.exit_code == 1
    assert "answers in one piece" in done.stderr
