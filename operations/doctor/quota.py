"""Are there enough instances of the stack's types in the account's quotas?"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from operations.doctor.finding import Finding, Patient, Teller
from settings import StackSettings

_tell = Teller("quota")
# Each costs two calls.
_MOST_ENDPOINTS = 100


def quota_name(instance_type: str) -> str:
    """Return what Service Quotas calls the quota: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html."""
    return f"{instance_type} for endpoint usage"


def check_quotas(patient: Patient) -> Iterator[Finding]:
    """Hold what the stack starts, scales to and needs for an update against quota and use."""
    settings = patient.settings
    wanted, most = _wanted(settings)
    if not wanted:
        yield _tell.ok("no instances are asked for")
        return
    quotas = _quotas(patient, {quota_name(each) for each in wanted})
    used, is_complete = _used_by_others(patient, settings.endpoint_name)
    for instance_type, count in wanted.items():
        limit = quotas.get(quota_name(instance_type))
        if limit is None:
            yield _tell.unknown(
                f"Service Quotas has no {quota_name(instance_type)!r} in {settings.region}",
                "look in the console, Service Quotas, Amazon SageMaker",
            )
            continue
        others = used[instance_type]
        told = f"{quota_name(instance_type)}: {limit:g}, other endpoints use {others}" + (
            "" if is_complete else f" or more (of the first {_MOST_ENDPOINTS} endpoints)"
        )
        yield _judged(settings, told, limit - others, count, most[instance_type])


def _judged(settings: StackSettings, told: str, free: float, count: int, most: int) -> Finding:
    more = "ask for more: aws service-quotas request-service-quota-increase, or the console"
    if count > free:
        return _tell.problem(
            f"{told}; the stack starts {count}", f"{more}; or take another instance type"
        )
    if most > free:
        return _tell.problem(
            f"{told}; the stack scales to {most}", f"{more}; or lower genai:endpoint.instances.max"
        )
    # Blue/green: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
    if settings.endpoint.rollout.strategy != "rolling" and 2 * count > free:
        return _tell.problem(
            f"{told}; an update starts a second fleet beside the first, {2 * count} in all",
            f"{more}; or set genai:endpoint.rollout.strategy to rolling",
        )
    return _tell.ok(f"{told}; the stack starts {count}, at most {most}")


def _wanted(settings: StackSettings) -> tuple[Counter[str], Counter[str]]:
    """How many of each type are started, and how many there may be at most."""
    endpoint, wanted, most = settings.endpoint, Counter[str](), Counter[str]()
    main = endpoint.instance_type
    if main is None or not endpoint.enabled:
        return wanted, most
    initial = endpoint.instances.initial
    wanted[main] += initial
    most[main] += max(initial, endpoint.instances.max or 0)
    for variant in (*endpoint.variants.values(), *([endpoint.shadow] if endpoint.shadow else [])):
        wanted[variant.instance_type or main] += variant.initial
        most[variant.instance_type or main] += variant.initial
    return wanted, most


def _quotas(patient: Patient, names: set[str]) -> dict[str, float]:
    """The applied quotas of these names; for those that were never changed, AWS's own."""
    quotas, found = patient.clients.client("service-quotas"), dict[str, float]()
    for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
        for page in quotas.get_paginator(operation).paginate(ServiceCode="sagemaker"):
            found |= {
                each["QuotaName"]: each["Value"]
                for each in page["Quotas"]
                if each["QuotaName"] in names
            }
    return found


def _used_by_others(patient: Patient, own: str) -> tuple[Counter[str], bool]:
    """Instances of each type in the other endpoints of the Region, and whether all were looked at."""
    sagemaker, used = patient.clients.client("sagemaker"), Counter[str]()
    names: list[str] = [
        each["EndpointName"]
        for page in sagemaker.get_paginator("list_endpoints").paginate()
        for each in page["Endpoints"]
        if each["EndpointName"] != own and each["EndpointStatus"] not in {"Failed", "Deleting"}
    ]
    for name in names[:_MOST_ENDPOINTS]:
        endpoint: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
        configuration = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        types = {
            each["VariantName"]: each.get("InstanceType")
            for each in configuration["ProductionVariants"]
        }
        for variant in endpoint.get("ProductionVariants", []):
            if instance_type := types.get(variant["VariantName"]):
                used[instance_type] += variant.get("CurrentInstanceCount") or 0
    return used, len(names) <= _MOST_ENDPOINTS
