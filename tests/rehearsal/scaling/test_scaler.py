"""Bounds, cooldowns and what is told of them, with a capacity that is only a number."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.account.scaling import scaler as scaler_module
from rehearsal.account.scaling.activities import Activities
from rehearsal.account.scaling.scaler import Cooldowns, Scaler
from rehearsal.account.wire_errors import AwsError

KEY = ("endpoint/e/variant/v", "sagemaker:variant:DesiredInstanceCount")
MINUTE = 0.1
COOLDOWNS = Cooldowns(adding_seconds=300, taking_seconds=120)


class FakeCapacity:
    """A number."""

    def __init__(self, count: int | None) -> None:
        self.count = count
        self.refusal: str | None = None

    def capacity_of(self, resource_id: str, dimension: str) -> int | None:
        assert (resource_id, dimension) == KEY
        return self.count

    def set_capacity(self, resource_id: str, dimension: str, count: int) -> None:
        assert (resource_id, dimension) == KEY
        if self.refusal:
            raise AwsError("ValidationException", self.refusal)
        self.count = count


class World:
    """A scaler with its capacity, its activities and its clock."""

    def __init__(self, count: int | None) -> None:
        self.now = 1000.0
        self.capacity = FakeCapacity(count)
        self.activities = Activities()
        self.scaler = Scaler(self.capacity, self.activities)
        self.target: dict[str, Any] = {"MinCapacity": 1, "MaxCapacity": 10}

    def follow(self, wanted: Callable[[int], int | None]) -> int | None:
        self.scaler.follow(KEY, self.target, wanted, "a test", COOLDOWNS)
        return self.capacity.count

    def told(self) -> list[dict[str, Any]]:
        return self.activities.describe({})["ScalingActivities"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(2)
    monkeypatch.setattr(scaler_module.time, "monotonic", lambda: made.now)
    return made


def add(count: int) -> Callable[[int], int]:
    return lambda capacity: capacity + count


@pytest.mark.fact("§9 scaling keeps within MinCapacity and MaxCapacity")
def test_no_policy_leaves_the_bounds(world: World) -> None:
    assert world.follow(add(100)) == 10
    assert world.follow(add(-100)) == 1


@pytest.mark.fact("§9 cooldown: what was added counts as part of what is wanted next")
def test_in_a_cooldown_only_more_than_before_is_added(world: World) -> None:
    assert [world.follow(add(1)) for _ in range(3)] == [3, 3, 3]
    assert world.follow(add(4)) == 6
    world.now += 5 * MINUTE + 0.01
    assert world.follow(add(1)) == 7


@pytest.mark.fact("§9 cooldown: after scaling in nothing more is taken away until it is over")
def test_in_a_cooldown_nothing_more_is_taken_away(world: World) -> None:
    world.capacity.count = 9
    assert [world.follow(add(-1)) for _ in range(3)] == [8, 8, 8]
    world.now += 2 * MINUTE + 0.01
    assert world.follow(add(-1)) == 7


def test_what_was_taken_away_can_be_added_at_once(world: World) -> None:
    assert [world.follow(add(-1)), world.follow(add(5))] == [1, 6]


@pytest.mark.fact("§9 SuspendedState keeps policies from scaling out or in")
def test_what_is_suspended_is_not_done(world: World) -> None:
    world.target["SuspendedState"] = {"DynamicScalingOutSuspended": True}
    assert [world.follow(add(1)), world.follow(add(-1))] == [2, 1]
    world.target["SuspendedState"] = {"DynamicScalingInSuspended": True}
    assert [world.follow(add(1)), world.follow(add(-1))] == [2, 2]


def test_a_policy_without_a_step_and_a_target_that_is_gone_do_nothing(world: World) -> None:
    assert world.follow(lambda _: None) == 2
    world.capacity.count = None
    assert world.follow(add(1)) is None
    assert world.scaler.keep_within_bounds(KEY, world.target)
    assert world.told() == []


def test_bounds_are_kept_and_the_cause_is_told(world: World) -> None:
    for bounds, cause in (
        ({"MinCapacity": 4}, "minimum capacity was set to 4"),
        ({"MinCapacity": 1, "MaxCapacity": 3}, "maximum capacity was set to 3"),
    ):
        world.target.update(bounds)
        assert world.scaler.keep_within_bounds(KEY, world.target)
        assert world.told()[0]["Cause"] == cause
    assert world.capacity.count == 3
    assert world.told()[0]["Description"] == "Setting desired instance count to 3."
    assert world.told()[0]["StatusMessage"] == (
        "Successfully set desired instance count to 3. Change successfully fulfilled by sagemaker."
    )


def test_a_failure_is_told_once_and_has_no_cooldown(world: World) -> None:
    world.capacity.refusal = "busy"
    for _ in range(3):
        world.follow(add(1))
    world.capacity.refusal = None
    assert world.follow(add(1)) == 3

    done, failed = world.told()
    assert (done["StatusCode"], failed["StatusCode"]) == ("Successful", "Failed")
    assert failed["StatusMessage"] == "Failed to set desired instance count to 3. busy"


def test_activities_are_found_by_target_and_in_pages(world: World) -> None:
    for count in range(5):
        world.activities.note(KEY, count, "a test", 0.0, None)
    other = ("inference-component/c", "sagemaker:inference-component:DesiredCopyCount")
    world.activities.note(other, 1, "a test", 0.0, None)

    pages: list[int] = []
    token: dict[str, str] = {}
    for _ in itertools.count():
        asked = {"ResourceId": KEY[0], "ScalableDimension": KEY[1], "MaxResults": 2, **token}
        page = world.activities.describe(asked)
        pages.append(len(page["ScalingActivities"]))
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert pages == [2, 2, 1]
    (of_copies,) = world.activities.describe({"ResourceId": other[0]})["ScalingActivities"]
    assert of_copies["Description"] == "Setting desired copy count to 1."
    with pytest.raises(AwsError, match="The next token is not valid"):
        world.activities.describe({"NextToken": "x"})
