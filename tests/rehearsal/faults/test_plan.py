"""What `--fault` takes, and what it says of anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.faults.catalogue import CATALOGUE, described
from rehearsal.account.faults.plan import (
    HOW,
    HOW_SLOW,
    LONGEST_DELAY_SECONDS,
    Dose,
    FaultError,
    FaultPlan,
)


def problems(*texts: str) -> list[str]:
    with pytest.raises(FaultError) as caught:
        FaultPlan.of(*texts)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("throttle=0.3", Dose("throttle", share=0.3)),
        ("throttle=30%", Dose("throttle", share=0.3)),
        ("throttle=.5", Dose("throttle", share=0.5)),
        ("throttle=1", Dose("throttle", share=1.0)),
        (" throttle = 0 ", Dose("throttle", share=0.0)),
        ("throttle=2x", Dose("throttle", first=2)),
        ("model-error:500=10%", Dose("model-error", "500", share=0.1)),
        ("s3-slow=2s", Dose("s3-slow", delay_seconds=2.0)),
        ("s3-slow=300ms", Dose("s3-slow", delay_seconds=0.3)),
        ("s3-slow=2s@0.5", Dose("s3-slow", share=0.5, delay_seconds=2.0)),
        ("slow=1.5s @ 1x", Dose("slow", first=1, delay_seconds=1.5)),
    ],
)
def test_each_spelling_of_an_amount(text: str, dose: Dose) -> None:
    assert FaultPlan.of(text).doses == (dose,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trottle=0.3", "'trottle' is no fault; did you mean throttle?"),
        ("s3-down=1", "'s3-down' is no fault; did you mean s3-slow?"),
        ("zzz=1", "'zzz' is no fault"),
        ("=1", "'=1' is no fault"),
        ("throttle", f"throttle needs {HOW}, got ''"),
        ("throttle=1.1", f"throttle needs {HOW}, got '1.1'"),
        ("throttle=101%", f"throttle needs {HOW}, got '101%'"),
        ("throttle=-1", f"throttle needs {HOW}, got '-1'"),
        ("throttle=nan", f"throttle needs {HOW}, got 'nan'"),
        ("throttle=2s", f"throttle needs {HOW}, got '2s'"),
        ("s3-slow=0.3", f"s3-slow needs {HOW_SLOW}, got '0.3'"),
        ("s3-slow=2s@", f"s3-slow needs {HOW_SLOW}, got '2s@'"),
        ("s3-slow=1000s", f"s3-slow needs {HOW_SLOW}, got '1000s'"),
        ("throttle:hard=1", "throttle has no kind 'hard'; it has none"),
        ("model-error:501=1", "model-error has no kind '501'; there are 500, 503, 400, 422"),
    ],
)
def test_what_is_no_fault_is_refused_with_what_there_is(text: str, said: str) -> None:
    assert problems(text) == [said]


def test_all_problems_are_told_at_once() -> None:
    assert problems("trottle=1", "s3-slow:x=y", "slow=1s", "slow=2s@0.5") == [
        "'trottle' is no fault; did you mean throttle?",
        "s3-slow has no kind 'x'; it has none",
        f"s3-slow:x needs {HOW_SLOW}, got 'y'",
        "slow is asked for twice",
    ]


def test_two_kinds_of_a_fault_may_have_amounts_of_their_own() -> None:
    plan = FaultPlan.of("model-error:500=2x", "model-error:400=0.5")

    assert [dose.kind for dose in plan.doses] == ["500", "400"]


@given(st.text())
def test_any_text_is_a_plan_or_refused_in_words(text: str) -> None:
    try:
        found = [dose.fault for dose in FaultPlan.of(text).doses]
    except FaultError as error:
        found = error.problems
    assert len(found) == 1
    assert found[0]


@given(
    name=st.sampled_from(sorted(name for name, fault in CATALOGUE.items() if not fault.is_slow)),
    share=st.floats(0, 1).map(lambda share: round(share, 6)),
)
def test_every_share_of_every_fault_is_taken(name: str, share: float) -> None:
    (dose,) = FaultPlan.of(f"{name}={share:f}").doses

    assert (dose.fault, dose.share) == (name, share)


@given(milliseconds=st.integers(0, LONGEST_DELAY_SECONDS * 1000), seed=st.integers())
def test_a_plan_is_told_to_the_accounts_process_as_text(milliseconds: int, seed: int) -> None:
    plan = FaultPlan.of(f"s3-slow={milliseconds}ms@2x", "cut-stream:within=0.25", seed=seed)

    assert FaultPlan.parse(str(plan)) == plan


def test_the_list_says_of_each_fault_what_it_does_and_whom_it_strikes() -> None:
    lines = described()

    assert [line.split()[0] for line in lines] == list(CATALOGUE)
    for line, fault in zip(lines, CATALOGUE.values(), strict=True):
        assert fault.does in line
        assert line.endswith(f"Strikes {fault.strikes}.")
        assert all(f":{kind}" in line for kind in fault.kinds)
