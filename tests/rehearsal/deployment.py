"""Programs of a few resources, deployed into the local account."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from rehearsal.deployer import Deployer, DeployError
from rehearsal.local_account import LocalAccount
from rehearsal.program import ProgramRun, run_program


class Deployment:
    """Runs programs against an account, and remembers the last deployer."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self.announced: list[tuple[str, str]] = []

    def run(self, program: Callable[[], Any]) -> ProgramRun:
        self.deployer = Deployer(
            self._account, on_start=lambda _, kind, name: self.announced.append((kind, name))
        )
        return run_program(program, self.deployer, project="genai", stack="test")


def resource(kind: str, logical_name: str = "it", /, **inputs: Any) -> Any:
    """A resource of the AWS provider, without the weight of its package; its outputs are its attributes."""
    outputs = dict.fromkeys(("arn", "name", "bucket", "version"))
    return pulumi.CustomResource(f"aws:{kind}", logical_name, {**outputs, **inputs})


def failure(deployment: Deployment, program: Callable[[], Any]) -> DeployError:
    with pytest.raises(DeployError) as caught:
        deployment.run(program)
    assert deployment.deployer.failures[0] is caught.value
    return caught.value
