"""What a stack exports, from wherever that is written down: the Pulumi CLI, a file, or a local account."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from operations.errors import NotFoundError, OperationError

STACKS_PATH = "/rehearsal/stacks"
"""Where a local account tells of the stacks that were rehearsed in it."""
_ACCOUNT_LIMIT_SECONDS = 10
_PULUMI_LIMIT_SECONDS = 120

Outputs = Mapping[str, Any]


class RehearsedStacks(NamedTuple):
    """What a local account tells of itself."""

    access_key_id: str
    secret_access_key: str
    stacks: Mapping[str, Outputs]
    """The outputs of each stack that was deployed into it by a rehearsal, by its name."""


def outputs_of_file(file: Path) -> Outputs:
    """Read what `pulumi stack output --json` was made to write.

    Raises:
        NotFoundError: there is no such file.
        OperationError: it holds something else.
    """
    try:
        text = file.read_text()
    except FileNotFoundError:
        raise NotFoundError(
            f"there is no file {file}", "pulumi stack output --json --stack STACK > FILE writes it"
        ) from None
    except (OSError, UnicodeDecodeError) as failure:
        raise OperationError(f"{file} cannot be read: {failure}") from failure
    return _object(text, str(file))


def outputs_of_pulumi(project_dir: Path, stack: str) -> Outputs:
    """Ask the Pulumi CLI, in the project's folder.

    Raises:
        NotFoundError: there is no CLI, no such stack, or it has no outputs.
    """
    command = ["pulumi", "stack", "output", "--json", "--non-interactive", "--stack", stack]
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the stack's name is one argument
            command,
            cwd=project_dir,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PULUMI_LIMIT_SECONDS,
        )
    except FileNotFoundError:
        raise NotFoundError(
            f"the Pulumi CLI, which knows where the stack {stack} is, is not on this machine",
            "install it, or name the stack's outputs with --outputs FILE, or a local account with "
            "--account URL",
        ) from None
    except subprocess.TimeoutExpired:
        raise OperationError(
            f"{' '.join(command)} did not answer within {_PULUMI_LIMIT_SECONDS} s",
            "run it by hand; it may wait for a login",
        ) from None
    if done.returncode:
        raise NotFoundError(
            f"{' '.join(command)} failed: {done.stderr.strip() or done.stdout.strip()}",
            f"pulumi stack ls lists the stacks; pulumi up --stack {stack} deploys one",
        )
    return _object(done.stdout, "what pulumi stack output --json printed")


def ask_account(url: str) -> RehearsedStacks:
    """Ask a local account which stacks are in it, and how to sign what it is asked.

    Raises:
        NotFoundError: nobody answers there.
        OperationError: what answers there is no local account, or it is no URL.
    """
    if not url.startswith(("http://", "https://")):
        raise _no_url(url)
    try:
        with urllib.request.urlopen(f"{url}{STACKS_PATH}", timeout=_ACCOUNT_LIMIT_SECONDS) as reply:
            told = _object(reply.read().decode(), url)
        return RehearsedStacks(**told)
    except ValueError as failure:
        raise _no_url(url) from failure
    except urllib.error.HTTPError as failure:
        raise _no_account(url) from failure
    except TypeError as failure:
        raise _no_account(url) from failure
    except OSError as failure:
        reason = getattr(failure, "reason", failure)
        raise NotFoundError(
            f"nothing answers at {url}: {reason}",
            "genai rehearse --keep, or genai account, serves an account and prints its URL",
        ) from failure


def _no_url(url: str) -> OperationError:
    return OperationError(f"{url} is no URL", "write one such as http://127.0.0.1:4577")


def _no_account(url: str) -> OperationError:
    return OperationError(
        f"what answers at {url} is no local account",
        "give the URL that genai rehearse --keep or genai account printed",
    )


def _object(text: str, source: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as failure:
        raise OperationError(f"{source} is no JSON: {failure}") from failure
    if not isinstance(found, dict):
        raise OperationError(f"{source} is no JSON object of outputs")
    return cast("dict[str, Any]", found)
