"""When a fault comes."""

from rehearsal.account.faults.injector import Injector
from rehearsal.account.faults.plan import FaultPlan

MANY = 2000


def came(plan: FaultPlan, fault: str) -> list[str | None]:
    """Of each of many chances whether the fault came; its kind, or its name if it has none."""
    injector = Injector()
    injector.follow(plan)
    strokes = [injector.draw(fault) for _ in range(MANY)]
    return [(stroke.kind or stroke.fault) if stroke else None for stroke in strokes]


def test_a_share_of_the_chances_is_taken() -> None:
    found = came(FaultPlan.of("throttle=0.3"), "throttle")

    assert 0.25 < found.count("throttle") / MANY < 0.35


def test_one_means_always_and_nought_never() -> None:
    assert set(came(FaultPlan.of("throttle=1"), "throttle")) == {"throttle"}
    assert set(came(FaultPlan.of("throttle=0"), "throttle")) == {None}
    assert set(came(FaultPlan.of("not-ready=1"), "throttle")) == {None}


def test_a_number_means_the_first_chances() -> None:
    assert came(FaultPlan.of("throttle=2x"), "throttle")[:4] == ["throttle", "throttle", None, None]


def test_any_kind_comes_unless_one_is_named() -> None:
    assert set(came(FaultPlan.of("model-error=1"), "model-error")) == {"400", "422", "500", "503"}
    assert set(came(FaultPlan.of("model-error:422=1"), "model-error")) == {"422"}


def test_one_kind_after_another_can_be_asked_for() -> None:
    plan = FaultPlan.of("model-error:500=1x", "model-error:400=1x")

    assert came(plan, "model-error")[:3] == ["500", "400", None]


def test_the_same_seed_brings_the_same_faults_and_another_one_others() -> None:
    first, again, other = (
        came(FaultPlan.of("model-error=0.5", seed=seed), "model-error") for seed in (4, 4, 5)
    )

    assert first == again
    assert first != other


def test_one_fault_does_not_change_when_another_comes() -> None:
    alone, beside = Injector(), Injector()
    alone.follow(FaultPlan.of("throttle=0.5"))
    beside.follow(FaultPlan.of("not-ready=0.5", "throttle=0.5"))
    for _ in range(7):
        beside.draw("not-ready")

    assert [bool(alone.draw("throttle")) for _ in range(MANY)] == [
        bool(beside.draw("throttle")) for _ in range(MANY)
    ]
