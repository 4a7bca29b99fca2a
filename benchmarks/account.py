"""What the local account stands: `python -m benchmarks.account`.

Deploys the dev stack as a rehearsal does, then sends requests from several threads: what the account alone answers
(GetCallerIdentity), what the endpoint does (InvokeEndpoint), and what the function does, which asks the endpoint and keeps a
record (Invoke). Each is a ratio to the one before it, within this run.
Exits with 1 if any request failed.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rehearsal.invocation import ask_function
from rehearsal.local_account import LocalAccount
from rehearsal.rehearse import rehearse
from rehearsal.transcript import Transcript

PROJECT_DIR = Path(__file__).resolve().parent.parent
_PROMPT = "It was a fine morning, and the young lady"
_FEW_TOKENS = 16
_FAILURES_SHOWN = 5


@dataclass(frozen=True)
class Measured:
    """What came of many equal requests."""

    what: str
    seconds: float
    milliseconds: list[float]
    failures: list[str]

    @property
    def per_second(self) -> float:
        """Throughput."""
        return len(self.milliseconds) / self.seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2000, help="of each kind")
    parser.add_argument("--concurrency", type=int, default=8)
    arguments = parser.parse_args()
    console = Console()
    measured: list[Measured] = []

    def measure(transcript: Transcript, account: LocalAccount) -> None:
        for what, ask in _questions(transcript, account).items():
            measured.append(_measured(what, ask, arguments.requests, arguments.concurrency))

    transcript = rehearse(PROJECT_DIR, "dev", _PROMPT, keep=measure)
    if transcript.failure:
        sys.exit(f"the rehearsal failed: {transcript.failure.cause}")
    console.print(_table(measured, arguments.concurrency))
    failures = [failure for each in measured for failure in each.failures]
    console.print(
        f"{len(failures)} of {sum(len(m.milliseconds) for m in measured)} requests failed"
    )
    for failure in failures[:_FAILURES_SHOWN]:
        console.print(failure)
    sys.exit(bool(failures))


def _questions(transcript: Transcript, account: LocalAccount) -> dict[str, Callable[[], Any]]:
    """Return what to send, by name; each raises if it is not answered well."""
    function = f"{transcript.exports['function_name']}:{transcript.exports['function_alias']}"
    endpoint = transcript.exports["endpoint_name"]
    sts, runtime = account.client("sts"), account.client("sagemaker-runtime")
    parameters = {"max_new_tokens": _FEW_TOKENS}
    payload = json.dumps({"inputs": _PROMPT, "parameters": parameters})

    def through_the_function() -> None:
        reply = ask_function(account, function, {"prompt": _PROMPT, "parameters": parameters})
        if not reply.get("text"):
            raise RuntimeError(json.dumps(reply))

    def of_the_endpoint() -> None:
        runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType="application/json", Body=payload
        )["Body"].read()

    return {
        "GetCallerIdentity": sts.get_caller_identity,
        "InvokeEndpoint": of_the_endpoint,
        "Invoke": through_the_function,
    }


def _measured(what: str, ask: Callable[[], Any], requests: int, concurrency: int) -> Measured:
    failures: list[str] = []

    def timed(_: int) -> float:
        started = time.perf_counter()
        try:
            ask()
        except Exception as failure:  # noqa: BLE001 - counted and shown, whatever it is
            failures.append(f"{what}: {failure!r}")
        return (time.perf_counter() - started) * 1000

    started = time.perf_counter()
    with ThreadPoolExecutor(concurrency) as pool:
        milliseconds = list(pool.map(timed, range(requests)))
    return Measured(what, time.perf_counter() - started, milliseconds, failures)


def _table(measured: list[Measured], concurrency: int) -> Table:
    table = Table(title=f"{concurrency} at once")
    for column in ("", "requests", "a second", "p50", "p99", "failed", "time, to the line above"):
        table.add_column(column, justify="left" if not column else "right")
    before: Measured | None = None
    for each in measured:
        percentiles = statistics.quantiles(each.milliseconds, n=100)
        ratio = f"{before.per_second / each.per_second:.1f}" if before else ""
        table.add_row(
            each.what,
            f"{len(each.milliseconds):,}",
            f"{each.per_second:.0f}",
            f"{statistics.median(each.milliseconds):.1f} ms",
            f"{percentiles[98]:.1f} ms",
            str(len(each.failures)),
            ratio,
        )
        before = each
    return table


if __name__ == "__main__":
    main()
