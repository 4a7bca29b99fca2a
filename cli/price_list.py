"""`genai cost --refresh`: read a Region's prices from AWS's Price List API into the catalog."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from catalog.refresh.errors import RefreshError
from catalog.refresh.price_rows import plan_prices, read_prices

# One of the few places where the Price List API is: docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
_API_REGION = "us-east-1"
_SERVICE = "AmazonSageMaker"
_PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
_NOTHING = "nothing was changed"


def refresh_prices(file: Path, regions: Sequence[str], *, accept: bool) -> bool:
    """Bring some Regions' prices of SageMaker up to date, and say if that was done.

    Args:
        file: the catalog's `prices.json`.
        regions: of the stacks.
        accept: write prices too that have moved by more than half, or are gone.
    """
    for region in regions:
        try:
            found = read_prices(region, _products(region))
        except NoCredentialsError:
            return _give_up(
                "there are no AWS credentials, and the Price List API asks for some; run aws configure, or set AWS_PROFILE"
            )
        except ClientError as refused:
            return _give_up(f"AWS refuses it: {refused}; whoever asks needs pricing:GetProducts")
        except (BotoCoreError, RefreshError) as failure:
            return _give_up(str(failure))
        today = datetime.now(UTC).date().isoformat()
        changes, text = plan_prices(json.loads(file.read_bytes()), found, today)
        for change in changes:
            print(f"{'! ' if change.needs_acceptance else '  '}{change.text}")
        if any(change.needs_acceptance for change in changes) and not accept:
            return _give_up(
                "what is marked with ! has moved by more than half or is gone; look at it, then add --accept"
            )
        file.write_text(text)
        print(
            f"{region}: {len(changes)} prices changed, as published on {found.published or 'an unknown day'}"
        )
    return True


def _products(region: str) -> Iterator[str]:
    """Every product of SageMaker in a Region, as JSON."""
    pricing = boto3.Session().client("pricing", region_name=_API_REGION, config=_PATIENCE)
    only = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    pages = pricing.get_paginator("get_products").paginate(
        ServiceCode=_SERVICE,
        Filters=only,  # pyright: ignore[reportArgumentType]  # TERM_MATCH is one of its kinds
    )
    for page in pages:
        yield from page["PriceList"]


def _give_up(why: str) -> bool:
    print(f"genai: {why}\n{_NOTHING}", file=sys.stderr)
    return False
