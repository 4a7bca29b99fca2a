"""A stack in the local account: its program is run as the CLI runs it, against what was deployed before."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.deployer import Deployer, State
from rehearsal.deployer.operations import Operation
from rehearsal.deployer.progress import OnStart
from rehearsal.local_account import LocalAccount
from rehearsal.main_program import run_main
from rehearsal.program import ProgramRun
from rehearsal.transcript import StepFailedError

DEPLOY_WORKERS = 4


class DeployedStack:
    """Deploys one program again and again, and destroys what it made."""

    def __init__(
        self, project_dir: Path, stack: str, account: LocalAccount, on_start: OnStart
    ) -> None:
        self._project_dir = project_dir
        self._stack = stack
        self._account = account
        self._on_start = on_start
        self._state = State()

    def deployer(self) -> Deployer:
        """Return what the next deployment is done by, and will tell of."""
        return Deployer(self._account, self._on_start, self._state)

    def deploy(self, deployer: Deployer, config: Mapping[str, Any]) -> ProgramRun:
        """Bring the account to what the program says with `config`.

        Raises:
            DeployError: a resource could not be created, changed or deleted.
            StepFailedError: the program itself failed.
        """
        run = self._run(deployer, config, is_preview=False)
        deployer.finish()
        return run

    def preview(self, config: Mapping[str, Any]) -> list[Operation]:
        """Return what `deploy` would do, as far as that is known beforehand; nothing is done.

        Raises:
            StepFailedError: the program itself failed.
        """
        deployer = Deployer(self._account, state=self._state, is_preview=True)
        _ = self._run(deployer, config, is_preview=True)
        deployer.finish()
        return deployer.operations

    def _run(
        self, deployer: Deployer, config: Mapping[str, Any], *, is_preview: bool
    ) -> ProgramRun:
        try:
            return run_main(
                self._project_dir,
                deployer,
                stack=self._stack,
                config=config,
                preview=is_preview,
                workers=DEPLOY_WORKERS,
            )
        except Exception as failure:
            if deployer.failures:
                raise deployer.failures[0] from failure
            named = f"{type(failure).__name__}: {failure}"
            raise StepFailedError(f"__main__.py raised {named}") from failure
