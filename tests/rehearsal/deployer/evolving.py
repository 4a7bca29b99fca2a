"""A stack that is deployed again and again, with another program each time."""

from collections.abc import Callable
from typing import Any

import pulumi

from rehearsal.deployer import Deployer, State
from rehearsal.local_account import LocalAccount
from rehearsal.program import run_program

Program = Callable[[], Any]


class EvolvingStack:
    def __init__(self, account: LocalAccount) -> None:
        self.account = account
        self.state = State()
        self.announced: list[tuple[str, str]] = []
        self.exports: dict[str, Any] = {}

    def deploy(self, program: Program) -> list[tuple[str, ...]]:
        """Deploy, and return what was done: action, logical name and what had changed."""
        return self._run(program, is_preview=False)

    def preview(self, program: Program) -> list[tuple[str, ...]]:
        return self._run(program, is_preview=True)

    def destroy(self) -> list[tuple[str, ...]]:
        deployer = Deployer(self.account, state=self.state)
        deployer.destroy()
        return _in_short(deployer)

    def _run(self, program: Program, *, is_preview: bool) -> list[tuple[str, ...]]:
        self.announced = []
        deployer = Deployer(
            self.account,
            lambda doing, _, name: self.announced.append((doing, name)),
            self.state,
            is_preview=is_preview,
        )
        run = run_program(program, deployer, project="genai", stack="test", preview=is_preview)
        deployer.finish()
        self.exports = run.exports
        return _in_short(deployer)


def resource(
    kind: str, name: str = "it", /, opts: pulumi.ResourceOptions | None = None, **inputs: Any
) -> Any:
    outputs = dict.fromkeys(("arn", "name", "bucket", "version", "url", "functionUrl"))
    return pulumi.CustomResource(f"aws:{kind}", name, {**outputs, **inputs}, opts)


def _in_short(deployer: Deployer) -> list[tuple[str, ...]]:
    return [
        (each.action, each.name, *each.properties, *([each.note] if each.note else []))
        for each in deployer.operations
    ]
