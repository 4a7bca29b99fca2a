"""The account as a process: it reaches whoever started it only, and leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.local_account import AccountError, LocalAccount, local_account
from tests.rehearsal.tenant import REGION, Tenant, poll

PROJECT_DIR = Path(__file__).resolve().parents[2]
# Somebody's program: it brings up all that the account can run, and says so.
OWNER = """
import json, os, sys, threading
from rehearsal.local_account import local_account
from tests.rehearsal.tenant import Tenant

SERVING = "def model_fn(d): ...\\ndef transform_fn(m, b, c, a): return ''\\n"
LOADING = "import time\\nprint('loading', flush=True)\\ntime.sleep(600)\\n"
SLEEPING = (
    "import subprocess, sys, time\\n"
    "def handler(event, context):\\n"
    "    if event: subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])\\n"
)
with local_account("us-east-1") as account:
    tenant = Tenant(account.url)
    function = tenant.function(SLEEPING, Timeout=600)
    tenant.call(function)
    threading.Thread(target=tenant.call, args=[function, 1], daemon=True).start()
    tenant.serve({"code/inference.py": SERVING})
    loading = tenant.endpoint(tenant.configuration(tenant.model({"code/inference.py": LOADING})))
    while not tenant.log_of(f"/aws/sagemaker/Endpoints/{loading}"):
        pass
    print(json.dumps({"url": account.url}), flush=True)
    sys.stdin.read()
    raise SystemExit("enough")
"""


def processes_of(folder: Path) -> dict[int, str]:
    """Every process that works for an account whose temporary folder is `folder`."""
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if str(folder).encode() in told or str(folder) in str((entry / "cwd").readlink()):
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:  # it has just ended, or is not ours to look at
            continue
    return found


def is_listening(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as refused:
        refused.close()
        return True
    except OSError:
        return False
    return True


def account_of(owner: subprocess.Popen[str], folder: Path) -> int:
    """Process id of the account that `owner` started."""
    (pid,) = [
        pid
        for pid, command in processes_of(folder).items()
        if " -m rehearsal.account " in command and pid != owner.pid
    ]
    return pid


def leave_the_block(owner: subprocess.Popen[str], _folder: Path) -> None:
    owner.communicate("", timeout=20)


def kill_the_owner(owner: subprocess.Popen[str], _folder: Path) -> None:
    owner.kill()


def press_ctrl_c(owner: subprocess.Popen[str], _folder: Path) -> None:
    os.killpg(owner.pid, signal.SIGINT)  # a terminal sends it to all in the foreground


def end_the_account(owner: subprocess.Popen[str], folder: Path) -> None:
    os.kill(account_of(owner, folder), signal.SIGTERM)
    poll(lambda: processes_of(folder).keys() <= {owner.pid}, "only the owner is left")
    assert owner.poll() is None
    owner.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("end", [leave_the_block, kill_the_owner, press_ctrl_c, end_the_account])
def test_however_it_ends_it_leaves_nothing_behind(
    tmp_path: Path, end: Callable[[subprocess.Popen[str], Path], None]
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=PROJECT_DIR,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with owner:
        assert owner.stdout is not None
        told = owner.stdout.readline()
        assert told, owner.stderr and owner.stderr.read()
        url = json.loads(told)["url"]
        assert is_listening(url)
        # The owner, the account, two containers, a function and what it started.
        poll(lambda: len(processes_of(tmp_path)) == 6, "all of it runs")
        # A folder for the function, and two for each container: its model, and where it works.
        assert len(list(tmp_path.glob("genai-*"))) == 5

        end(owner, tmp_path)
        owner.wait(20)

        poll(lambda: not processes_of(tmp_path), "every process has ended")
        assert not is_listening(url)
        poll(lambda: not list(tmp_path.iterdir()), "every temporary folder is gone")


def test_nothing_in_the_callers_shell_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_DEFAULT_REGION": "mars-1",
        "AWS_REGION": "mars-2",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_RETRY_MODE": "nonsense",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
        "MOTO_ACCOUNT_ID": "999999999999",
    }.items():
        monkeypatch.setenv(name, value)

    with local_account("eu-central-1") as account:
        identity = account.client("sts").get_caller_identity()
        buckets = account.client("s3").list_buckets()["Buckets"]
        account.client("s3").create_bucket(
            Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        region = account.client("s3").get_bucket_location(Bucket="mine")["LocationConstraint"]

    assert identity["Account"] == "123456789012"
    assert buckets == []
    assert region == "eu-central-1"


def test_two_accounts_know_nothing_of_each_other_and_leave_no_thread() -> None:
    before = threading.active_count()

    with local_account(REGION) as one, local_account(REGION) as other:
        one.client("s3").create_bucket(Bucket="mine")

        assert one.url != other.url
        assert other.client("s3").list_buckets()["Buckets"] == []
        assert one.client("s3") is one.client("s3")

    poll(lambda: threading.active_count() <= before, "their threads have ended")


def test_the_environment_lets_another_process_in(tenant: Tenant) -> None:
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    given = LocalAccount(tenant.url, REGION).environment

    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.startswith("arn:aws:")


def test_an_account_that_cannot_start_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on a machine where something it needs is not installed."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named moto' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))

    with (
        pytest.raises(AccountError, match="did not start:\nno module named moto"),
        local_account(REGION),
    ):
        pass


@pytest.mark.skipif(not shutil.which("sleep"), reason="needs the sleep command")
def test_an_account_that_never_answers_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hanging))
    monkeypatch.setattr("rehearsal.local_account.START_LIMIT_SECONDS", 0.2)

    with pytest.raises(AccountError, match="did not start"), local_account(REGION):
        pass
