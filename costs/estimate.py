"""The bill of a stack."""

from costs.endpoint_lines import endpoint_lines
from costs.lines import Estimate
from costs.load import DEFAULT_LOAD, Load
from costs.other_lines import other_lines
from costs.plan import Plan


def estimate(plan: Plan, load: Load = DEFAULT_LOAD) -> Estimate:
    """What `plan` costs a month: least while as little runs as its bounds allow, most while as much does.

    On demand, without tax, discounts, free tiers, data transfer out of AWS, and what a stack does not make itself
    (KMS keys, secrets, a bucket or a network of one's own).
    """
    lines = (*endpoint_lines(plan, load), *other_lines(plan, load))
    return Estimate(region=plan.region, load=load, lines=lines)
