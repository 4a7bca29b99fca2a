"""What the program costs under Pulumi's mocks: `python -m benchmarks.program`.

Two questions, each answered as a ratio within this run, because a shared machine's seconds mean little:

- one stack, as a process, against a process that only imports the same provider services;
- N endpoints in one program against N times the marginal cost of one: plain ones, and ones with everything that
  registers a resource (scaling by load and by the clock, a rollout with its alarms, capture, a second variant).
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from components import GenAIEndpoint, GenAIEndpointArgs
from tests.harness import deploy

PROJECT_DIR = Path(__file__).resolve().parent.parent
_IMPORTS = """
import pulumi
from pulumi_aws import appautoscaling, cloudwatch, iam, lambda_, s3, sagemaker, sqs
appautoscaling.Target, cloudwatch.LogGroup, iam.Role, lambda_.Function, s3.Bucket
sagemaker.Endpoint, sqs.Queue
"""
_ONE_STACK = """
import runpy
from pathlib import Path
from settings import read_stack_file
from tests.harness import deploy
deploy(lambda: runpy.run_path("__main__.py"), stack="dev", config=read_stack_file(Path(), "dev"))
"""
_PLAIN: GenAIEndpointArgs = {
    "endpoint_name": "to be numbered",
    "model_uri": "s3://models/storyteller/model.tar.gz",
    "image_uri": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu",
    "instance_type": "ml.m5.large",
}
_FEATURED: GenAIEndpointArgs = {
    **_PLAIN,
    "data_bucket_name": "data",
    "capture": {"percent": 10},
    "extra_variants": {"candidate": {"weight": 0.1, "environment": {"CANDIDATE": "1"}}},
    "rollout": {"strategy": "canary"},
    # Async, because a scaled real-time endpoint warns of what an update does to it, a hundred times.
    "mode": "async",
    "scaling": {
        "min_capacity": 0,
        "max_capacity": 4,
        "metric": "backlog",
        "target": 5.0,
        "schedules": {
            "night": {
                "schedule": "cron(0 20 ? * MON-FRI *)",
                "timezone": "Europe/Berlin",
                "min_capacity": 0,
                "max_capacity": 1,
            }
        },
    },
}
_ENDPOINTS: Mapping[str, GenAIEndpointArgs] = {"plain": _PLAIN, "fully featured": _FEATURED}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="paired rounds of the processes")
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 10, 50, 100])
    arguments = parser.parse_args()
    console = Console()
    console.print(_processes(arguments.rounds))
    for kind in _ENDPOINTS:
        console.print(_curve(kind, arguments.counts))


def _processes(rounds: int) -> Table:
    pairs = [(_seconds_of(_IMPORTS), _seconds_of(_ONE_STACK)) for _ in range(rounds)]
    ratio = statistics.median(stack / imports for imports, stack in pairs)
    table = Table("process", "median", "against the imports", title="One stack")
    table.add_row("imports only", f"{statistics.median(i for i, _ in pairs):.2f} s", "1.00")
    table.add_row(
        "the dev stack", f"{statistics.median(s for _, s in pairs):.2f} s", f"{ratio:.2f}"
    )
    return table


def _seconds_of(program: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT_DIR, check=True)  # noqa: S603 - our own text
    return time.perf_counter() - started


def _curve(kind: str, counts: list[int]) -> Table:
    _deploy_endpoints(kind, 1)  # imports and first-use costs belong to nobody's share
    measured = {count: _deploy_endpoints(kind, count) for count in counts}
    smallest, *_, largest = sorted(measured)
    marginal = (measured[largest].seconds - measured[smallest].seconds) / max(1, largest - smallest)
    table = Table(
        "endpoints",
        "resources",
        "seconds",
        "ms each",
        "against N x the marginal one",
        title=f"N {kind} endpoints",
    )
    for count, (seconds, resources) in measured.items():
        ratio = seconds / (count * marginal) if marginal else float("nan")
        table.add_row(
            str(count),
            str(resources),
            f"{seconds:.2f}",
            f"{seconds / count * 1000:.1f}",
            f"{ratio:.2f}",
        )
    return table


class _Measured(NamedTuple):
    seconds: float
    resources: int


def _deploy_endpoints(kind: str, count: int) -> _Measured:
    def program() -> None:
        for index in range(count):
            GenAIEndpoint(f"e{index}", {**_ENDPOINTS[kind], "endpoint_name": f"endpoint-{index}"})

    started = time.perf_counter()
    run = deploy(program)
    seconds = time.perf_counter() - started
    registered = len(run.all("aws:sagemaker/endpoint:Endpoint"))
    if registered != count:
        raise RuntimeError(f"{registered} of {count} endpoints were registered")
    return _Measured(seconds, len(run.registrations))


if __name__ == "__main__":
    main()
