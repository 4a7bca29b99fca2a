"""What the catalog knows of instance types."""

import pytest

from catalog.errors import CatalogError
from catalog.instances import Accelerators, InstanceType, instance_names, lookup_instance
from catalog.service_model import shape_enum


def test_every_hosting_type_of_aws_is_in_the_catalog() -> None:
    assert set(instance_names()) == set(shape_enum("sagemaker", "ProductionVariantInstanceType"))


def test_a_cpu_type_has_no_accelerators() -> None:
    assert lookup_instance("ml.m5.large") == InstanceType(
        name="ml.m5.large",
        family="m5",
        size="large",
        vcpu=2,
        memory_gib=8,
        architecture="x86_64",
        accelerators=None,
        local_nvme_gb=0,
        is_burstable=False,
    )


@pytest.mark.parametrize(
    ("name", "accelerators", "are_nvidia"),
    [
        ("ml.g6e.xlarge", Accelerators("nvidia-l40s", 1, 44.7), True),
        ("ml.g5.12xlarge", Accelerators("nvidia-a10g", 4, 89.41), True),
        ("ml.inf2.xlarge", Accelerators("inferentia2", 1, 32), False),
        ("ml.dl1.24xlarge", Accelerators("habana-gaudi", 8, 256), False),
    ],
)
def test_accelerators_are_counted_over_the_instance(
    name: str, accelerators: Accelerators, *, are_nvidia: bool
) -> None:
    instance = lookup_instance(name)

    assert instance.accelerators == accelerators
    assert accelerators.are_nvidia_gpus is are_nvidia


@pytest.mark.parametrize("name", ["ml.c7g.large", "ml.m8g.medium"])
def test_graviton_types_are_arm64(name: str) -> None:
    assert lookup_instance(name).architecture == "arm64"


@pytest.mark.parametrize(
    ("name", "has_local_nvme"),
    [("ml.m5.large", False), ("ml.g5.xlarge", True), ("ml.p6e-gb200.36xlarge", None)],
)
def test_local_storage_is_there_or_not_or_not_known(
    name: str, *, has_local_nvme: bool | None
) -> None:
    assert lookup_instance(name).has_local_nvme is has_local_nvme


@pytest.mark.parametrize("family", ["g4dn", "g5", "g6", "p4d", "p5", "c5d", "m5d", "r5d"])
def test_every_size_of_a_family_that_aws_names_has_local_storage(family: str) -> None:
    sizes = [name for name in instance_names() if lookup_instance(name).family == family]

    assert sizes
    assert all(lookup_instance(name).has_local_nvme for name in sizes)


def test_every_type_can_be_looked_up() -> None:
    for name in instance_names():
        instance = lookup_instance(name)
        assert f"ml.{instance.family}.{instance.size}" == name
        assert instance.vcpu > 0
        assert instance.memory_gib > 0
        assert instance.accelerators is None or instance.accelerators.count > 0


def test_an_unknown_type_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        CatalogError, match=r"no instance type ml.m5.larg; the nearest is ml.m5.lar"
    ):
        lookup_instance("ml.m5.larg")


def test_a_name_like_nothing_is_refused_without_a_guess() -> None:
    with pytest.raises(CatalogError, match=r"no instance type turnip$"):
        lookup_instance("turnip")
