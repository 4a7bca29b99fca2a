"""Which way to host would be cheapest for a load, and what each would mean for callers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.instances import InstanceType, lookup_instance
from catalog.prices import instance_hour, priced_instance_types, serverless_second
from costs.lines import amount
from costs.load import DAYS_PER_MONTH, HOURS_PER_DAY, Load
from costs.plan import Mode, Plan

_MIB_PER_GIB = 1024
_DEFAULT_MEMORY_MIB = 4096  # as endpoint.serverless.memoryMib
_OTHER_TYPES = 4
# Serverless containers answer within 60 seconds: docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
_SERVERLESS_SECONDS = 60

_MEANING: dict[Mode, str] = {
    "realtime": "answers at once; one instance at least runs all the time",
    "async": "answers later, in S3; no instance runs while nobody asks, and waking one takes minutes",
    "scale-to-zero": "answers at once, but for minutes after a pause, while an instance wakes up",
    "serverless": "answers at once, after a cold start; CPU only, 60 seconds and 4 MB at most",
}


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to host the model."""

    mode: Mode
    machine: str
    """Instance type, or memory of the mode serverless."""

    usd: float | None
    """US dollars a month for instances or seconds alone; None is not known, and never nothing."""

    formula: str
    meaning: str
    is_current: bool
    """Whether the stack is hosted so."""

    @property
    def told(self) -> str:
        """`serverless with 4096 MB`, `realtime on ml.m5.large`."""
        return f"{self.mode} {'with' if self.mode == 'serverless' else 'on'} {self.machine}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The ways to host, the cheapest first and those without a price last."""

    load: Load
    options: tuple[Option, ...]
    impossible: str
    """Why the mode serverless is not among them; empty if it is."""

    @property
    def told(self) -> str:
        """Which is cheapest, in a sentence or two."""
        current = next((option for option in self.options if option.is_current), None)
        cheapest = self.options[0] if self.options else None
        if cheapest is None or cheapest.usd is None:
            return "No price is known for any way to host this stack."
        at = f"For {_load_in_words(self.load)}, "
        if current is not None and cheapest.is_current:
            return (
                f"{at}{current.told} is the cheapest of these: {amount(cheapest.usd)} USD a month."
            )
        instead = ""
        if current is not None and current.usd is not None:
            instead = f" instead of {amount(current.usd)} for {current.told}"
        return (
            f"{at}{cheapest.told} would be cheapest: {amount(cheapest.usd)} USD a month{instead}. "
            f"It {cheapest.meaning}."
        )


def compare(plan: Plan, load: Load) -> Comparison:
    """Hold the modes against each other, on the stack's instance type and on cheaper ones with as much memory.

    Requests come evenly in the load's hours of the day and not at all in the others. Instances of the modes async and
    scale-to-zero run in those hours alone. How fast another type answers is not known: each is taken to be as fast.
    """
    types = list(_instance_types(plan))
    options = [_on_instances(plan, load, mode, types[0]) for mode in _on_types(plan, types)]
    options += [_on_instances(plan, load, _hosted(plan), name) for name in types[1:]]
    impossible = _why_not_serverless(plan, load)
    if not impossible:
        options.append(_serverless(plan, load))
    options.sort(key=lambda option: math.inf if option.usd is None else option.usd)
    return Comparison(load=load, options=tuple(options), impossible=impossible)


def _on_types(plan: Plan, types: list[str]) -> tuple[Mode, ...]:
    if not types:
        return ()
    # Several variants have no inference component, and scale-to-zero no variants.
    return ("realtime", "async", *(() if len(plan.fleets) > 1 else ("scale-to-zero",)))


def _hosted(plan: Plan) -> Mode:
    return "realtime" if plan.mode == "serverless" else plan.mode


def _on_instances(plan: Plan, load: Load, mode: Mode, name: str) -> Option:
    floor = _always_running(plan)
    busy = max(floor, math.ceil(load.busy_instances))
    asleep = floor if mode == "realtime" else 0
    hours_a_day = busy * load.hours_per_day + asleep * (HOURS_PER_DAY - load.hours_per_day)
    price = instance_hour(name, plan.region)
    formula = f"{busy} x {load.hours_per_day:g} h"
    if asleep and load.hours_per_day < HOURS_PER_DAY:
        formula += f" + {asleep} x {HOURS_PER_DAY - load.hours_per_day:g} h"
    is_the_type = bool(plan.fleets) and plan.fleets[0].instance_type == name
    return Option(
        mode=mode,
        machine=name,
        usd=None if price is None else hours_a_day * DAYS_PER_MONTH * price.usd,
        formula=f"({formula}) a day",
        meaning=_MEANING[mode],
        is_current=mode == plan.mode and is_the_type,
    )


def _always_running(plan: Plan) -> int:
    """How many instances answer at least while there are any: as many as the stack keeps, or one."""
    return max(1, math.ceil(plan.fleets[0].capacity.usual.least)) if plan.fleets else 1


def _serverless(plan: Plan, load: Load) -> Option:
    memory = plan.serverless.memory_mib if plan.serverless else _DEFAULT_MEMORY_MIB
    price = serverless_second(memory, plan.region)
    return Option(
        mode="serverless",
        machine=f"{memory} MB",
        usd=None if price is None else load.seconds_per_month * price.usd,
        formula=f"{load.requests_per_month:,.0f} requests x {load.seconds_per_request:g} s",
        meaning=_MEANING["serverless"],
        is_current=plan.mode == "serverless",
    )


def _why_not_serverless(plan: Plan, load: Load) -> str:
    if plan.needs_gpu:
        return "serverless has no GPU, and this stack needs one"
    if load.seconds_per_request > _SERVERLESS_SECONDS:
        return f"serverless answers within {_SERVERLESS_SECONDS} seconds, and a request takes {load.seconds_per_request:g}"
    return ""


def _instance_types(plan: Plan) -> Iterator[str]:
    """The stack's type, or the cheapest that is like its serverless memory; then cheaper ones that are like it."""
    known = [lookup_instance(name) for name in priced_instance_types(plan.region)]
    known.sort(key=lambda each: (_hourly(each, plan.region), each.name))
    if plan.fleets:
        current = lookup_instance(plan.fleets[0].instance_type)
        yield current.name
        limit = instance_hour(current.name, plan.region)
        cheaper = [
            each
            for each in known
            if _is_like(each, current) and (limit is None or _hourly(each, plan.region) < limit.usd)
        ]
        yield from (each.name for each in cheaper[:_OTHER_TYPES])
    elif plan.serverless:
        gib = plan.serverless.memory_mib / _MIB_PER_GIB
        enough = (
            each
            for each in known
            if each.memory_gib >= gib and each.architecture == "x86_64" and not each.is_burstable
        )
        yield from (each.name for each in list(enough)[:1])


def _is_like(other: InstanceType, current: InstanceType) -> bool:
    """Whether a model that fits on `current` fits on `other`: the same kind of machine with as much memory."""
    if other.name == current.name or other.architecture != current.architecture:
        return False
    if other.memory_gib < current.memory_gib and current.accelerators is None:
        return False
    theirs, ours = other.accelerators, current.accelerators
    if ours is None or theirs is None:
        return ours is theirs
    return (
        theirs.are_nvidia_gpus == ours.are_nvidia_gpus
        and theirs.count == ours.count
        and theirs.memory_gib >= ours.memory_gib
    )


def _hourly(instance: InstanceType, region: str) -> float:
    price = instance_hour(instance.name, region)
    return math.inf if price is None else price.usd


def _load_in_words(load: Load) -> str:
    return (
        f"{load.requests_per_day:,.6g} requests a day of {load.seconds_per_request:g} s each, "
        f"in {load.hours_per_day:g} hours of it"
    )
