"""Whatever the components can be asked for passes the policies."""

import pytest

from components import GenAIEndpoint, InvokerFunction
from policy.configuration import configured
from policy.judging import judge
from policy.recorded import recorded_resources
from rehearsal.invented_answers import InventedAnswers
from rehearsal.program import run_program
from tests.components.configurations import CONFIGURATIONS, INVOKER_CONFIGURATIONS

PROGRAMS = {
    **{
        f"endpoint-{name}": lambda args=args: GenAIEndpoint("m", args)
        for name, args in CONFIGURATIONS.items()
    },
    **{
        f"invoker-{name}": lambda args=args: InvokerFunction("f", args)
        for name, args in INVOKER_CONFIGURATIONS.items()
    },
}


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
@pytest.mark.parametrize("configuration", PROGRAMS)
def test_it_violates_nothing_and_leaves_nothing_open(configuration: str, region: str) -> None:
    if region == "cn-north-1" and configuration == "invoker-streaming":
        pytest.skip("the adapter's layer is not published there")
    run = run_program(
        PROGRAMS[configuration], InventedAnswers(region), project="genai", stack="test"
    )
    resources = recorded_resources(run.registrations, {}, project="genai", stack="test")
    # A component alone has neither budget nor estimate.
    policies = configured({"cost-cap": "disabled"})

    assert [verdict.told for verdict in judge(resources, policies).verdicts] == []
