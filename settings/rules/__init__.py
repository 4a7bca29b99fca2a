"""The rules: what only several settings together, the disk or the catalog can tell to be wrong.

Each file holds the rules about one matter, in the order of their numbers. A rule that is defined there is
a rule of the project: `RULES` collects them all.
"""

from collections.abc import Iterator

from settings.draft import Draft
from settings.problems import Finding
from settings.rules import (
    component,
    contract,
    folder,
    front_door,
    guard,
    host,
    hub,
    image,
    inputs,
    mode,
    network,
    repeats,
    rollout,
    scaling,
    secrets,
    sizes,
    source,
    stack,
    variants,
    versions,
    watch,
)
from settings.rules.rule import Rule

_MODULES = (
    folder,
    source,
    hub,
    stack,
    image,
    host,
    mode,
    component,
    scaling,
    variants,
    rollout,
    network,
    sizes,
    secrets,
    contract,
    front_door,
    inputs,
    repeats,
    versions,
    guard,
    watch,
)

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            member
            for module in _MODULES
            for member in vars(module).values()
            if isinstance(member, Rule)
        ),
        key=lambda rule: rule.id,
    )
)
"""Every rule, by number."""


def findings(draft: Draft) -> Iterator[tuple[Rule, Finding]]:
    """Everything that the rules find."""
    for rule in RULES:
        for finding in rule.check(draft):
            yield rule, finding
