"""AWS's limits come from the service models that botocore ships."""

import pytest
from botocore.loaders import Loader

from catalog.errors import CatalogError
from catalog.service_model import Range, shape_enum, shape_pattern, shape_range


@pytest.mark.parametrize("service", ["sagemaker", "lambda", "logs"])
def test_shapes_are_those_that_botocore_itself_loads(service: str) -> None:
    loaded = Loader().load_service_model(service, "service-2")["shapes"]
    bounded = {name: shape for name, shape in loaded.items() if "min" in shape or "max" in shape}

    assert bounded
    for name, shape in bounded.items():
        assert shape_range(service, name) == Range(shape.get("min"), shape.get("max"))
    for name in (name for name, shape in loaded.items() if "enum" in shape):
        assert shape_enum(service, name) == tuple(loaded[name]["enum"])


def test_an_enum_lists_what_aws_accepts() -> None:
    types = shape_enum("sagemaker", "ProductionVariantInstanceType")

    assert "ml.g6e.xlarge" in types
    assert len(types) > 250


@pytest.mark.parametrize(
    ("shape", "bounds"),
    [
        ("EndpointName", Range(0, 63)),
        ("ProductionVariantVolumeSizeInGB", Range(1, 512)),
        ("ProductionVariantContainerStartupHealthCheckTimeoutInSeconds", Range(60, 3600)),
        ("EnvironmentMap", Range(0, 100)),
        ("InitialTaskCount", Range(1, None)),
    ],
)
def test_a_range_has_the_bounds_of_the_shape(shape: str, bounds: Range) -> None:
    assert shape_range("sagemaker", shape) == bounds


def test_a_pattern_is_given_as_aws_writes_it() -> None:
    assert shape_pattern("sagemaker", "EndpointName") == "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def test_an_unknown_shape_is_refused_with_the_nearest() -> None:
    with pytest.raises(CatalogError, match="no shape EndpointNam; the nearest is EndpointName"):
        shape_range("sagemaker", "EndpointNam")


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(CatalogError, match="botocore has no service sagemakr"):
        shape_enum("sagemakr", "EndpointName")


def test_a_shape_without_the_fact_that_is_asked_for_is_refused() -> None:
    with pytest.raises(CatalogError, match="EndpointName of sagemaker has no enum"):
        shape_enum("sagemaker", "EndpointName")
    with pytest.raises(CatalogError, match="InitialTaskCount of sagemaker has no pattern"):
        shape_pattern("sagemaker", "InitialTaskCount")
    with pytest.raises(CatalogError, match="ProductionVariant of sagemaker has no bounds"):
        shape_range("sagemaker", "ProductionVariant")
