"""All policies held against all resources of a stack at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policy.configuration import ConfiguredPolicy
from policy.findings import Finding
from policy.options import Level
from policy.records import Resource


@dataclass(frozen=True)
class Verdict:
    """A finding, and by whom it was made."""

    policy: str
    level: Level
    finding: Finding

    @property
    def told(self) -> str:
        """In words; the same for the same finding of two runs."""
        return f"{self.policy}: {self.finding}"


@dataclass(frozen=True)
class Judgement:
    """What all policies have to say about a stack."""

    policies: int
    """How many were asked; those that are disabled were not."""

    resources: int
    verdicts: Sequence[Verdict]

    @property
    def violations(self) -> list[Verdict]:
        """What is not as it has to be."""
        return [verdict for verdict in self.verdicts if not verdict.finding.is_open]

    @property
    def open(self) -> list[Verdict]:
        """What could not be told, because a value is not known."""
        return [verdict for verdict in self.verdicts if verdict.finding.is_open]

    @property
    def passes(self) -> bool:
        """Whether nothing keeps the stack from being deployed."""
        return all(verdict.level != "mandatory" for verdict in self.violations)


def judge(resources: Sequence[Resource], policies: Iterable[ConfiguredPolicy]) -> Judgement:
    """Hold every policy that is not disabled against every resource."""
    asked = [policy for policy in policies if policy.level != "disabled"]
    verdicts = [
        Verdict(each.policy.name, each.level, finding)
        for each in asked
        for finding in each.policy.findings(resources, each.options)
    ]
    return Judgement(len(asked), len(resources), verdicts)
