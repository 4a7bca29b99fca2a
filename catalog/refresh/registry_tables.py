"""Reads which AWS account publishes the serving images in which Region, from AWS's two sources."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.refresh.errors import RefreshError

Accounts = dict[str, str]
"""By Region."""

# Cut off from the other Regions, or with addresses of their own that the catalog does not know.
_LEFT_OUT = ("us-iso", "eu-iso", "eusc-")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]")
_ACCOUNT = re.compile(r"[0-9]{12}")
_PAGE_ROW = re.compile(r"\| [^|]+ \| (?P<region>[a-z0-9-]+) \| (?P<account>[0-9]+) \|\s*")
_HEADINGS = {"Deep Learning Containers": "dlc", "SageMaker Algorithm Registry": "algorithms"}


def parse_region_page(page: str) -> dict[str, Accounts]:
    """The accounts of `docs/reference/region_availability.md` of aws/deep-learning-containers.

    By the catalog's name for the registry: `dlc` and `algorithms`.

    Raises:
        RefreshError: one of the two tables is not there, or a row of it is not understood.
    """
    found: dict[str, Accounts] = {}
    registry: str | None = None
    for line in page.splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
            registry = next((_HEADINGS[name] for name in _HEADINGS if title.startswith(name)), None)
        row = _PAGE_ROW.fullmatch(line)
        if registry and row:
            _add(found.setdefault(registry, {}), row["region"], row["account"])
    for registry in _HEADINGS.values():
        if registry not in found:
            raise RefreshError(f"the page of Regions has no table for the registry {registry}")
    return found


def parse_sdk_table(text: str) -> Accounts:
    """The accounts of one `image_uri_config/*.json` of aws/sagemaker-python-sdk, over its versions.

    Raises:
        RefreshError: the text is no such table, or its versions disagree.
    """
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefreshError(f"the SDK's table of images is no JSON: {error}") from error
    accounts: Accounts = {}
    for registries in _registries(table):
        for region, account in registries.items():
            _add(accounts, region, account)
    if not accounts:
        raise RefreshError("the SDK's table of images names no registry; has its format changed?")
    return accounts


def agreed(*tables: Accounts) -> Accounts:
    """One table of several sources.

    Raises:
        RefreshError: two name different accounts for a Region.
    """
    accounts: Accounts = {}
    for table in tables:
        for region, account in table.items():
            _add(accounts, region, account)
    return accounts


def _registries(table: Any) -> Iterator[Mapping[str, Any]]:
    """Every `registries` of the inference images, which older tables keep at the top."""
    scope = table.get("inference", table) if isinstance(table, dict) else {}
    versions = scope.get("versions") if isinstance(scope, dict) else None
    for version in versions.values() if isinstance(versions, dict) else ():
        registries = version.get("registries") if isinstance(version, dict) else None
        if isinstance(registries, dict):
            yield registries


def _add(accounts: Accounts, region: str, account: Any) -> None:
    if region.startswith(_LEFT_OUT):
        return
    if not _REGION.fullmatch(region):
        raise RefreshError(f"{region!r} is no Region")
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise RefreshError(f"the registry of {region} is no account: {account!r}")
    if accounts.setdefault(region, account) != account:
        raise RefreshError(f"the sources disagree on {region}: {accounts[region]} and {account}")
