"""What a changed program changes: new models and configurations, and the endpoint in place.

Told by the difference of two recorded programs. AWS names what the program does not, and it is those names that
a change passes on; here every model and configuration is named after its inputs, as a replacement would be.
"""

import hashlib
import json
from typing import Any

import pytest

from components import GenAIEndpoint, GenAIEndpointArgs
from rehearsal.program import ProgramRun, run_program
from tests.components.configurations import (
    BY_MODE,
    CONFIGURATIONS,
    IMAGE,
    OTHER_ARCHIVE,
    REALTIME,
    SCALE_TO_ZERO,
    with_args,
)
from tests.harness import EchoMocks, inputs_of

# Replaced by any change, says the provider's schema, and so named anew.
REPLACED_BY_A_CHANGE = {
    "aws:sagemaker/model:Model",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
}


class NamesFromInputs(EchoMocks):
    """Names a model or configuration after its content: another content is another resource."""

    def new_resource(self, args: Any) -> tuple[str | None, dict[Any, Any]]:
        resource_id, outputs = super().new_resource(args)
        if args.typ in REPLACED_BY_A_CHANGE:
            content = json.dumps(args.inputs, sort_keys=True).encode()
            outputs["name"] = f"{args.name}-{hashlib.sha256(content).hexdigest()[:7]}"
        return resource_id, outputs


def run_of(args: GenAIEndpointArgs) -> ProgramRun:
    return run_program(
        lambda: GenAIEndpoint("m", args), NamesFromInputs(), project="genai", stack="test"
    )


def changed(before: GenAIEndpointArgs, after: GenAIEndpointArgs) -> dict[str, set[str]]:
    """The inputs that differ, by the name of their resource; the component's own left out."""

    def inputs(run: ProgramRun) -> dict[str, dict[str, Any]]:
        return {r.name: inputs_of(r) for r in run.registrations if r.custom}

    old, new = inputs(run_of(before)), inputs(run_of(after))
    assert old.keys() == new.keys()
    differing = {
        name: {
            key for key in old[name].keys() | new[name] if old[name].get(key) != new[name].get(key)
        }
        for name in old
    }
    return {name: keys for name, keys in differing.items() if keys}


IN_PLACE = {"m-endpoint": {"endpointConfigName"}}
NEW_CONFIGURATION = {"m-configuration": {"productionVariants"}, **IN_PLACE}
NEW_MODEL = {"m-model": {"primaryContainer"}, **NEW_CONFIGURATION}
NEW_PERMISSIONS = {"m-execution-permissions": {"policy"}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"instance_type": "ml.m5.xlarge"}, NEW_CONFIGURATION),
        ({"initial_instance_count": 2}, NEW_CONFIGURATION),
        ({"environment": {"A": "1"}}, NEW_MODEL),
        ({"image_uri": IMAGE.replace("2.6.0", "2.7.0")}, NEW_MODEL),
        ({"model_uri": OTHER_ARCHIVE}, {**NEW_MODEL, **NEW_PERMISSIONS}),
        ({"routing_strategy": "RANDOM"}, NEW_CONFIGURATION),
        ({"log_retention_days": 7}, {"m-container-logs": {"retentionInDays"}}),
    ],
    ids=lambda value: next(iter(value)),
)
def test_a_change_makes_what_it_must_and_moves_the_endpoint_over(
    change: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    assert changed(REALTIME, with_args(REALTIME, **change)) == expected


def test_a_changed_model_of_a_sleeping_endpoint_updates_its_component_only() -> None:
    after = with_args(SCALE_TO_ZERO, environment={"A": "1"})

    assert changed(SCALE_TO_ZERO, after) == {
        "m-model": {"primaryContainer"},
        "m-component": {"desiredState"},
    }


@pytest.mark.parametrize("configuration", ["realtime-scaled-by-concurrency", "retained"])
def test_a_changed_image_leaves_scaling_and_alarms_alone(configuration: str) -> None:
    before = CONFIGURATIONS[configuration]
    found = changed(before, with_args(before, image_uri=IMAGE.replace("2.6.0", "2.7.0")))

    assert found.keys() == {"m-model", "m-configuration", "m-endpoint"}


def test_the_endpoint_keeps_its_name_and_nothing_that_is_replaced_has_one() -> None:
    run = run_of(REALTIME)

    assert inputs_of(run.only("aws:sagemaker/endpoint:Endpoint"))["name"] == "genai-test"
    for resource_type in REPLACED_BY_A_CHANGE:
        assert "name" not in inputs_of(run.only(resource_type))
        assert run.only(resource_type).deleteBeforeReplace is False


@pytest.mark.parametrize("retained", [True, False])
def test_another_mode_is_another_endpoint_once_the_old_one_is_gone(*, retained: bool) -> None:
    def endpoint(args: GenAIEndpointArgs) -> Any:
        run = run_of(with_args(args, retain_scaled_capacity=retained))
        (found,) = [r for r in run.registrations if r.name == "m-endpoint"]
        return found

    found = {mode: endpoint(args) for mode, args in BY_MODE.items()}

    assert {mode: r.replacement_trigger.string_value for mode, r in found.items()} == {
        mode: mode for mode in BY_MODE
    }
    assert all(r.deleteBeforeReplace for r in found.values())


def test_a_component_leaves_an_endpoint_that_is_replaced_and_comes_back() -> None:
    run = run_of(SCALE_TO_ZERO)

    component = run.only("aws:cloudcontrol/resource:Resource")
    assert [urn.rpartition("::")[2] for urn in component.replace_with] == ["m-endpoint"]
    assert component.deleteBeforeReplace
