"""What the rules can rely on when other settings are wrong."""

from pathlib import Path
from typing import Any

from settings.draft import Draft
from settings.sections.rollout import RolloutSettings


def draft(sections: dict[str, Any], *wrong: tuple[object, ...]) -> Draft:
    return Draft(
        sections, wrong, region="us-east-1", project="genai", stack="dev", project_dir=Path()
    )


def test_a_setting_has_the_value_that_was_said() -> None:
    assert draft({"endpoint": {"volumeGb": 50}}).value("endpoint.volumeGb", int) == 50


def test_a_setting_that_is_left_out_has_its_default() -> None:
    assert draft({}).value("endpoint.startupTimeoutSeconds", int) == 600
    assert draft({"endpoint": {"rollout": {}}}).value("endpoint.rollout.canaryPercent", int) == 10
    assert draft({}).value("endpoint.serverless.memoryMib", int) == 4096
    assert draft({}).value("endpoint.variants.candidate.weight", float) == 1.0


def test_a_group_that_is_left_out_has_its_defaults_as_written() -> None:
    found = draft({}).value("endpoint.rollout", dict)

    assert found == RolloutSettings().model_dump(by_alias=True)


def test_a_setting_without_a_default_has_no_value() -> None:
    assert draft({}).value("endpoint.volumeGb", int) is None
    assert draft({}).value("model.source", str) is None
    assert draft({}).value("endpoint.colour", str) is None


def test_a_wrong_setting_has_no_value_and_neither_has_what_lies_below_it() -> None:
    wrong = draft({"endpoint": {"rollout": 7, "volumeGb": 50}}, ("endpoint", "rollout"))

    assert wrong.value("endpoint.rollout.canaryPercent", int) is None
    assert wrong.value("endpoint.volumeGb", int) == 50


def test_a_group_with_something_wrong_in_it_has_no_value_but_its_other_settings_have() -> None:
    said = {"endpoint": {"rollout": {"canaryPercent": 99, "waitSeconds": 5}}}
    wrong = draft(said, ("endpoint", "rollout", "canaryPercent"))

    assert wrong.value("endpoint.rollout", dict) is None
    assert wrong.value("endpoint.rollout.waitSeconds", int) == 5


def test_a_whole_number_is_a_number() -> None:
    assert draft({"model": {"sizeGb": 16}}).value("model.sizeGb", float) == 16.0


def test_it_tells_what_was_said_from_what_is_wrong() -> None:
    wrong = draft({"endpoint": {"name": 7}}, ("endpoint", "name"))

    assert wrong.is_said("endpoint.name")
    assert wrong.is_wrong("endpoint.name")
    assert wrong.endpoint_name is None
    assert not draft({}).is_said("endpoint.name")
    assert draft({}).endpoint_name == "genai-dev"


def test_a_group_of_named_entries_is_empty_unless_it_is_one() -> None:
    assert draft({"endpoint": {"variants": {"a": {}}}}).group("endpoint.variants") == {"a": {}}
    assert draft({"endpoint": {"variants": "a"}}).group("endpoint.variants") == {}
    assert draft({}).group("endpoint.variants") == {}
