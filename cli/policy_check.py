"""A stack's program held against the policies, with neither the Pulumi CLI nor an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from policy.configuration import ConfiguredPolicy
from policy.judging import Judgement, Verdict, judge
from policy.recorded import recorded_resources
from policy.records import Resource
from rehearsal.invented_answers import InventedAnswers
from rehearsal.main_program import run_main
from settings import read_project_file, read_stack_file


class ProgramError(Exception):
    """The program could not be run to its end."""


@dataclass(frozen=True)
class PolicyCheck:
    """What the policies have to say about a stack."""

    deployed: Judgement
    """Of what it registers when all is known: names and ARNs that AWS decides are made up."""

    previewed: Judgement
    """Of what a preview knows."""

    @cached_property
    def violations(self) -> Sequence[Verdict]:
        """Of either, each once."""
        told = [*self.deployed.violations, *self.previewed.violations]
        return list({verdict.told: verdict for verdict in told}.values())

    @property
    def untold(self) -> Sequence[Verdict]:
        """What even made-up values cannot tell."""
        return self.deployed.open

    @property
    def told_by_made_up_values(self) -> Sequence[Verdict]:
        """What a preview leaves open, and was told here alone."""
        untold = {verdict.told for verdict in self.untold}
        return [verdict for verdict in self.previewed.open if verdict.told not in untold]

    @property
    def passes(self) -> bool:
        """Whether no mandatory policy is violated."""
        return self.deployed.passes and self.previewed.passes


def check_policies(
    project_dir: Path, stack: str, region: str, policies: Sequence[ConfiguredPolicy]
) -> PolicyCheck:
    """Run the program of a stack whose settings are sound, and hold the policies against what it registers.

    Args:
        project_dir: folder of `Pulumi.yaml` and `__main__.py`.
        stack: which `Pulumi.<stack>.yaml` to use.
        region: AWS Region of the stack.
        policies: with their levels and options.

    Raises:
        ProgramError: the program fails, or asks AWS for something that cannot be made up.
    """
    deployed, previewed = (
        judge(_recorded(project_dir, stack, region, is_preview=is_preview), policies)
        for is_preview in (False, True)
    )
    return PolicyCheck(deployed, previewed)


def _recorded(project_dir: Path, stack: str, region: str, *, is_preview: bool) -> list[Resource]:
    answers = InventedAnswers(region, is_preview=is_preview)
    config = read_stack_file(project_dir, stack)
    try:
        run = run_main(project_dir, answers, stack=stack, config=config, preview=is_preview)
    except Exception as failure:  # a program may raise anything
        raise ProgramError(f"__main__.py raised {type(failure).__name__}: {failure}") from failure
    project = read_project_file(project_dir).name
    return recorded_resources(run.registrations, run.exports, project=project, stack=stack)
