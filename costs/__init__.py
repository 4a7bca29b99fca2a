"""What a stack costs a month: a range from the least to the most that runs, line by line, each with its price's source.

Arithmetic over the catalog and nothing else: no settings, no Pulumi and no call to AWS.
"""

from costs.comparison import Comparison, Option, compare
from costs.estimate import estimate
from costs.lines import Estimate, Line
from costs.load import DEFAULT_LOAD, Load, LoadError, parse_load
from costs.plan import Bounds, Fleet, Plan, ScheduledBounds, Serverless

__all__ = [
    "DEFAULT_LOAD",
    "Bounds",
    "Comparison",
    "Estimate",
    "Fleet",
    "Line",
    "Load",
    "LoadError",
    "Option",
    "Plan",
    "ScheduledBounds",
    "Serverless",
    "compare",
    "estimate",
    "parse_load",
]
