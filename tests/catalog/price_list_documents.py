"""Products as AWS's price list has them, cut down to what is looked at and some of what is not."""

import json
from typing import Any

PUBLISHED = "2026-11-20T18:02:11Z"


def product(
    unit: str,
    usd: str,
    family: str = "ML Instance",
    sku: str = "2C8XJRZZ2Y2XG6S9",
    **attributes: str,
) -> str:
    return json.dumps(
        {
            "product": {
                "productFamily": family,
                "sku": sku,
                "attributes": {
                    "servicecode": "AmazonSageMaker",
                    "location": "US East (N. Virginia)",
                    "locationType": "AWS Region",
                    "regionCode": "us-east-1",
                    **attributes,
                },
            },
            "serviceCode": "AmazonSageMaker",
            "terms": {
                "OnDemand": {
                    f"{sku}.JRTCKXETXF": {
                        "offerTermCode": "JRTCKXETXF",
                        "sku": sku,
                        "effectiveDate": "2026-11-01T00:00:00Z",
                        "termAttributes": {},
                        "priceDimensions": {
                            f"{sku}.JRTCKXETXF.6YS6EN2CT7": {
                                "rateCode": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
                                "unit": unit,
                                "beginRange": "0",
                                "endRange": "Inf",
                                "appliesTo": [],
                                "description": f"${usd} per {unit}",
                                "pricePerUnit": {"USD": usd},
                            }
                        },
                    }
                }
            },
            "version": "20261120180211",
            "publicationDate": PUBLISHED,
        }
    )


def hosting(name: str, usd: str, **more: str) -> str:
    return product(
        "Hrs", usd, component="Hosting", instanceName=name, usagetype=f"USE1-Host:{name}", **more
    )


def all_of_us_east_1(tables: dict[str, Any], **changed: str) -> list[str]:
    """What the list would hold if nothing but `changed` had changed since."""
    known = {
        name: f"{usd['us-east-1']:.10f}"
        for name, usd in tables["hosting_usd_per_hour"].items()
        if usd["us-east-1"] is not None
    }
    return [hosting(name, usd) for name, usd in {**known, **changed}.items()]
