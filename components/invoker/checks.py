"""What a function's arguments must not contradict, told all at once and before anything is registered.

Only what the component itself could not build. Ranges and names are the business of whoever writes the
arguments (`settings/`), or of AWS.
"""

from collections.abc import Iterator

import pulumi

from components.invoker.args import InvokerFunctionArgs
from components.invoker.environment import too_long, variables
from components.invoker.feature_args import DEFAULT_MAX_CONCURRENCY
from components.invoker.web_adapter import ADAPTER_VARIABLES

LEAST_MAX_CONCURRENCY = 2  # Lambda, ScalingConfig.MaximumConcurrency


class InvokerArgsError(pulumi.RunError):
    """The arguments of an InvokerFunction contradict each other.

    A `RunError`, so that `pulumi up` ends with the message and without a stack trace.
    """


def check(name: str, args: InvokerFunctionArgs) -> None:
    """Refuse arguments that no function can be made from.

    Raises:
        InvokerArgsError: naming every contradiction.
    """
    problems = [*_problems_of_calling(args), *_problems_of_later(args), *_problems_of_size(args)]
    if problems:
        raise InvokerArgsError("\n".join(f"{name}: {problem}" for problem in problems))


def _problems_of_calling(args: InvokerFunctionArgs) -> Iterator[str]:
    if args.get("streaming") and not args.get("function_url"):
        yield "streaming needs function_url: only a function URL streams"
    if args.get("contract") == "template" and args.get("template") is None:
        yield "contract template needs a template"
    alias = args.get("alias") or {}
    previous, percent = alias.get("previous_version"), alias.get("previous_percent")
    if (previous is None) != (percent is None):
        yield "alias.previous_version and alias.previous_percent go together"
    if previous is not None and args.get("streaming"):
        yield "alias.previous_version does not go with streaming: its two functions count their versions apart"


def _problems_of_later(args: InvokerFunctionArgs) -> Iterator[str]:
    inputs = args.get("inputs")
    if args.get("waking") == "queue" and inputs is None:
        yield "waking queue needs inputs: kept requests come back as objects under inputs/"
    if inputs is None:
        return
    concurrency = inputs.get("max_concurrency", DEFAULT_MAX_CONCURRENCY)
    reserved = args.get("reserved_concurrency")
    if concurrency < LEAST_MAX_CONCURRENCY:
        yield f"inputs.max_concurrency must be at least {LEAST_MAX_CONCURRENCY}, got {concurrency}"
    if reserved and reserved < concurrency:
        # Messages that Lambda cannot run count as received, and end in the dead letters untried.
        yield (
            f"reserved_concurrency {reserved} is less than the {concurrency} runs that inputs.max_concurrency lets the"
            " queue start"
        )


def _problems_of_size(args: InvokerFunctionArgs) -> Iterator[str]:
    adapter = ADAPTER_VARIABLES if args.get("streaming") else {}
    problem = too_long({**variables(args), **adapter})
    if problem:
        yield f"{problem}; shorten template or redaction"
