"""Which changes replace a resource."""

import inspect
import re
from typing import Any

import pulumi_aws
import pytest

from catalog.errors import CatalogError
from catalog.replacements import (
    create_only_properties,
    known_resource_types,
    replacing_properties,
)
from rehearsal.deployer.kinds import KINDS

# Registered through Cloud Control until pulumi-aws has it.
_NOT_IN_PULUMI_AWS = "aws:sagemaker/inferenceComponent:InferenceComponent"
_TYPES = [each for each in known_resource_types() if each != _NOT_IN_PULUMI_AWS]


def test_every_type_that_can_be_deployed_is_known() -> None:
    assert set(known_resource_types()) == set(KINDS)


@pytest.mark.parametrize("resource_type", _TYPES)
def test_every_property_is_one_of_the_pulumi_resource(resource_type: str) -> None:
    module, name = _module_and_name(resource_type)
    arguments = inspect.signature(getattr(module, name)._internal_init).parameters

    for path in replacing_properties(resource_type):
        first, _, member = path.partition(".")
        assert _snake(first) in arguments
        if member:
            block = getattr(module, f"{name}{first[0].upper()}{first[1:]}Args")
            assert isinstance(getattr(block, _snake(member)), property)


def test_a_new_rollback_replaces_an_endpoint_and_a_new_configuration_does_not() -> None:
    found = replacing_properties("aws:sagemaker/endpoint:Endpoint")

    assert found == ("deploymentConfig.autoRollbackConfiguration", "name")


def test_nothing_of_an_endpoint_configuration_but_its_tags_changes_in_place() -> None:
    module, name = _module_and_name("aws:sagemaker/endpointConfiguration:EndpointConfiguration")
    arguments = inspect.signature(getattr(module, name)._internal_init).parameters
    changing = arguments.keys() - {"__self__", "resource_name", "opts", "__props__"}

    found = set(
        map(
            _snake,
            replacing_properties("aws:sagemaker/endpointConfiguration:EndpointConfiguration"),
        )
    )

    assert changing - found == {"region", "tags"}


def test_cloud_control_replaces_what_is_named_anew() -> None:
    assert create_only_properties("AWS::SageMaker::Endpoint") == ("EndpointName",)
    assert create_only_properties("AWS::S3::Bucket") == ()


def test_a_type_that_nothing_is_known_of_is_told() -> None:
    with pytest.raises(
        CatalogError, match="it is not known which changes replace a aws:dynamodb/table:Table"
    ):
        replacing_properties("aws:dynamodb/table:Table")


def _module_and_name(resource_type: str) -> tuple[Any, str]:
    _, module, name = resource_type.split(":")
    service = module.partition("/")[0]
    return getattr(pulumi_aws, "lambda_" if service == "lambda" else service), name


def _snake(camel: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", camel).lower()
