"""docs/policies.md tells of every policy and every option, and its configuration is one."""

import json
import re
from pathlib import Path

from policy.configuration import configured
from policy.policies import POLICIES

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text("utf-8")


def test_every_policy_is_in_the_table_with_what_it_is_asked_of() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| (resource|stack) \|", GUIDE, re.MULTILINE)

    assert told == [(each.name, "stack" if each.of_stack else "resource") for each in POLICIES]


def test_every_option_is_in_the_table() -> None:
    told = re.findall(r"^\| `([a-z-]+\.\w+)` \|", GUIDE, re.MULTILINE)

    assert told == [f"{each.name}.{option}" for each in POLICIES for option in each.options]


def test_the_configuration_that_is_shown_can_be_used() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    said = json.loads(shown)
    used = {each.policy.name: each for each in configured(said)}

    assert used["log-retention"].level == "advisory"
    assert used["protected-data"].options == {
        "stacks": ["prod", "staging"],
        "minimumRecordDays": 90,
    }
