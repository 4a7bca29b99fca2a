"""What the function's own code costs: `python -m benchmarks.handler`.

Three handlers ask one local stand-in for SageMaker and S3, in one run: ours, the usual one (boto3's clients at
module level) and the floor (one signed HTTP request on an open connection). Rounds are interleaved, and every
figure is a ratio within its round; milliseconds of a shared machine mean little. Nothing here is Lambda: no
Firecracker, no share of a CPU, no distance to AWS.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.table import Table

from benchmarks.handler_variants import BUCKET, ENDPOINT, VARIANTS, Handler
from components.invoker.archive import handlers_archive

PROJECT_DIR = Path(__file__).resolve().parent.parent
_COLD = """
import sys
from benchmarks.handler_variants import VARIANTS
VARIANTS[sys.argv[1]](records=False)()
print("answered", flush=True)
# Not ru_maxrss, which still counts the process that this one was forked from.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
_VARIANTS = ("floor", "ours", "naive")
Figures = Mapping[str, Sequence[float]]
"""Of each variant, one figure a round."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cold-rounds", type=int, default=15)
    parser.add_argument("--warm-calls", type=int, default=3000)
    parser.add_argument("--record-calls", type=int, default=40)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--thread-calls", type=int, default=250, help="of each thread in a round")
    arguments = parser.parse_args()
    console = Console()
    with _shipped_code() as folder:
        _use(folder)
        with _stub_of_aws():
            _measure_cold(console, folder, arguments.cold_rounds)
            _measure_warm(console, arguments.warm_calls)
            _measure_threads(console, arguments.threads, arguments.thread_calls)
        with _stub_of_aws("--invoke-ms", "50", "--put-ms", "30"):
            _measure_records(console, arguments.record_calls)


@contextlib.contextmanager
def _shipped_code() -> Generator[Path]:
    """A folder with the function's code as on Lambda: no compiled files, and none can be written."""
    with tempfile.TemporaryDirectory(prefix="genai-bench-") as name:
        handlers_archive(Path(name))
        (folder,) = Path(name).iterdir()
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT_DIR / "benchmarks", folder / "benchmarks", ignore=ignored)
        yield folder


def _use(folder: Path) -> None:
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    os.environ.update(
        {
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(folder),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "GENAI_ENDPOINT_NAME": ENDPOINT,
            "GENAI_BUCKET_NAME": BUCKET,
            "GENAI_CONTRACT": "pipelines",
            "GENAI_MODEL_URI": "s3://models/storyteller/model.tar.gz",
        }
    )


@contextlib.contextmanager
def _stub_of_aws(*options: str) -> Generator[None]:
    command = [sys.executable, "-m", "benchmarks.aws_stub", *options]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        os.environ["AWS_ENDPOINT_URL"] = _pipe(process.stdout).readline().strip()
        try:
            yield
        finally:
            _pipe(process.stdin).close()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # noqa: S101 - for the type checker: PIPE was given
    return pipe


def _measure_cold(console: Console, folder: Path, rounds: int) -> None:
    seconds, resident_mib = _empty(_VARIANTS), _empty(_VARIANTS)
    for index in range(rounds + 1):
        for name in _turn(_VARIANTS, index):
            taken, mib = _cold_start(folder, name)
            if index:  # the first round warms the machine's file cache
                seconds[name].append(taken)
                resident_mib[name].append(mib)
    table = _table("Cold: process start to first reply", "naive", "MiB resident")
    for name in _VARIANTS:
        _add_row(table, name, seconds, "naive", f"{statistics.median(resident_mib[name]):.0f}")
    console.print(table)


def _cold_start(folder: Path, name: str) -> tuple[float, float]:
    """Seconds until the first reply, and the process's largest memory in MiB."""
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own text
        [sys.executable, "-c", _COLD, name], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        output = _pipe(process.stdout)
        if output.readline() != "answered\n":
            raise RuntimeError(f"the handler {name} did not answer")
        return time.perf_counter() - started, int(output.read()) / 1024


def _measure_warm(console: Console, calls: int) -> None:
    table = _table("Warm: one call after another, no record", "floor", "ms p99")
    seconds = _interleaved({name: VARIANTS[name](records=False) for name in _VARIANTS}, calls)
    for name in _VARIANTS:
        p99 = statistics.quantiles(seconds[name], n=100)[-1]
        _add_row(table, name, seconds, "floor", f"{p99 * 1000:.2f}")
    console.print(table)


def _measure_threads(console: Console, threads: int, calls: int) -> None:
    # The floor is one connection, and so has no threads.
    names = ("ours", "naive")
    several = {name: _in_threads(VARIANTS[name](records=False), threads, calls) for name in names}
    seconds = _interleaved(several, rounds=6)
    table = _table(f"{threads} threads, {threads * calls} calls", "naive", "calls a second")
    for name in names:
        rate = threads * calls / statistics.median(seconds[name])
        _add_row(table, name, seconds, "naive", f"{rate:.0f}")
    console.print(table)


def _in_threads(handler: Handler, threads: int, calls: int) -> Handler:
    def work() -> None:
        for _ in range(calls):
            handler()

    def all_of_them() -> None:
        started = [threading.Thread(target=work) for _ in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()

    return all_of_them


def _measure_records(console: Console, calls: int) -> None:
    table = _table("A full record: the model takes 50 ms, S3 30 ms", "floor", "ms p99")
    seconds = _interleaved({name: VARIANTS[name](records=True) for name in _VARIANTS}, calls)
    for name in _VARIANTS:
        p99 = statistics.quantiles(seconds[name], n=100)[-1]
        _add_row(table, name, seconds, "floor", f"{p99 * 1000:.2f}")
    console.print(table)


def _interleaved(handlers: Mapping[str, Handler], rounds: int) -> Figures:
    """Seconds of each call, every handler in every round; the first tenth only warms up."""
    seconds = _empty(handlers)
    for index in range(rounds):
        for name in _turn(tuple(handlers), index):
            started = time.perf_counter()
            handlers[name]()
            seconds[name].append(time.perf_counter() - started)
    return {name: figures[max(1, rounds // 10) :] for name, figures in seconds.items()}


def _empty(names: Iterable[str]) -> dict[str, list[float]]:
    return {name: [] for name in names}


def _turn(names: Sequence[str], index: int) -> Sequence[str]:
    """The names in another order each time, so that none always follows the same one."""
    start = index % len(names)
    return [*names[start:], *names[:start]]


def _table(title: str, against: str, last: str) -> Table:
    return Table("handler", "ms, median", f"against {against}", last, title=title)


def _add_row(table: Table, name: str, seconds: Figures, against: str, last: str) -> None:
    ratio = statistics.median(
        own / other for own, other in zip(seconds[name], seconds[against], strict=True)
    )
    table.add_row(name, f"{statistics.median(seconds[name]) * 1000:.2f}", f"{ratio:.2f}", last)


if __name__ == "__main__":
    main()
