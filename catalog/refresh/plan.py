"""Holds the public sources against the committed data files."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from catalog.refresh.changes import Change, image_changes, instance_changes
from catalog.refresh.errors import RefreshError
from catalog.refresh.github import Fetch, Repository
from catalog.refresh.hardware_page import parse_hardware
from catalog.refresh.image_file import parse_image_file
from catalog.refresh.image_rows import available_rows, family_rows, folders_to_read
from catalog.refresh.instance_rows import instance_rows
from catalog.refresh.json_layout import render
from catalog.refresh.registry_tables import Accounts, agreed, parse_region_page, parse_sdk_table
from catalog.service_model import shape_enum

_HARDWARE = ("aws/karpenter-provider-aws", "website/content/en/preview/reference/instance-types.md")
_CONTAINERS = "aws/deep-learning-containers"
_REGION_PAGE = "docs/reference/region_availability.md"
_SDK = "aws/sagemaker-python-sdk"
_SDK_FOLDER = "sagemaker-core/src/sagemaker/core/image_uri_config"
# A table of the SDK for each registry: of images that every Region of the registry has.
_SDK_TABLES = {"algorithms": "sklearn.json", "dlc": "huggingface-llamacpp.json"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refresh would do."""

    changes: tuple[Change, ...]
    files: dict[Path, str]
    """The new text of every data file that has changes."""


def plan_refresh(data: Path, fetch: Fetch, today: str) -> Plan:
    """Read the sources and compare.

    Args:
        data: the folder with the committed files.
        fetch: reads an address.
        today: `2026-11-24`, for the files that change.

    Raises:
        RefreshError: a source cannot be read or understood.
    """
    instances = _plan_instances(data / "instances.json", fetch, today)
    images = _plan_images(data / "images.json", fetch, today)
    return Plan((*instances.changes, *images.changes), {**instances.files, **images.files})


def _plan_instances(path: Path, fetch: Fetch, today: str) -> Plan:
    tables = _read(path)
    repository = Repository(_HARDWARE[0], fetch)
    rows = instance_rows(
        tables["instances"],
        shape_enum("sagemaker", "ProductionVariantInstanceType"),
        parse_hardware(repository.text(_HARDWARE[1])),
    )
    changes = tuple(instance_changes(tables["instances"], rows))
    if not changes:
        return Plan((), {})
    tables["instances"] = rows
    tables["_about"] |= {
        "coverage": f"{len(rows)} of {len(rows)}",
        "enum_source": f"sagemaker service model of botocore {version('botocore')}",
        "generated": today,
    }
    tables["sources"]["karpenter-preview"] = {
        "date": repository.commit.date,
        "url": repository.address(_HARDWARE[1]),
    }
    return Plan(changes, {path: render(tables, row_per_line={"instances"})})


def _plan_images(path: Path, fetch: Fetch, today: str) -> Plan:
    old = _read(path)
    repository = Repository(_CONTAINERS, fetch)
    parsed = _parsed_images(repository, folders_to_read(old))
    new = {
        **old,
        "available": available_rows(parsed),
        "families": family_rows(
            old["families"], parsed, repository.address(), repository.commit.date
        ),
        "registries": _registries(repository, fetch),
    }
    changes = tuple(image_changes(old, new))
    if not changes:
        return Plan((), {})
    date = repository.commit.date
    new["_about"] = old["_about"] | {
        "generated": today,
        "tags_as_of": f"{date} (newest commit of {_CONTAINERS})",
    }
    new["sources"] = old["sources"] | {
        "dlc-data": {"date": date, "url": repository.address("docs/src/data")},
        "dlc-regions": {"date": date, "url": repository.address(_REGION_PAGE)},
    }
    return Plan(changes, {path: render(new, row_per_line={"available", "families"})})


def _parsed_images(repository: Repository, folders: set[str]) -> list[dict[str, Any]]:
    paths = [
        file
        for file in repository.files()
        if file.endswith(".yml") and PurePosixPath(file).parent.as_posix() in folders
    ]
    parsed = (parse_image_file(file, text) for file, text in repository.texts(paths).items())
    found = [row for row in parsed if row is not None]
    if not found:
        raise RefreshError(f"{_CONTAINERS} has no images for SageMaker where they were")
    return found


def _registries(containers: Repository, fetch: Fetch) -> dict[str, Accounts]:
    page = parse_region_page(containers.text(_REGION_PAGE))
    sdk = Repository(_SDK, fetch)
    return {
        registry: agreed(parse_sdk_table(sdk.text(f"{_SDK_FOLDER}/{table}")), page[registry])
        for registry, table in _SDK_TABLES.items()
    }


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_bytes())
