"""The policy pack: `pulumi preview --policy-pack policy`. What it asks: docs/policies.md."""

import sys
from pathlib import Path

# Pulumi runs this folder as a program, which makes it the first place to import from, and its name no package.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [str(_HERE.parent), *(path for path in sys.path if Path(path).resolve() != _HERE)]

from pulumi_policy import PolicyPack  # noqa: E402 - found from the path above

from policy.engine import pulumi_policies  # noqa: E402 - as above

PolicyPack("genai", pulumi_policies())
