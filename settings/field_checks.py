"""Single values that AWS or the catalog would refuse: names, types, families, days of retention."""

from catalog.images import image_families
from catalog.nearest import nearest
from settings import limits
from settings.image_uri import CUSTOM_FAMILY
from settings.wording import describe, one_of, quote, refuse, suggestion

IMAGE_FAMILIES = (*image_families(), CUSTOM_FAMILY)
"""Every family that a stack can name."""

ENDPOINT_NAME_RULE = (
    f"1 to {limits.ENDPOINT_NAME_LENGTH.maximum} letters, digits and hyphens, "
    "with a letter or digit at both ends"
)


def is_endpoint_name(name: str) -> bool:
    """Whether SageMaker accepts a text as the name of an endpoint."""
    longest = limits.ENDPOINT_NAME_LENGTH.maximum
    fits = longest is None or len(name) <= longest
    return fits and limits.endpoint_name_pattern().fullmatch(name) is not None


def check_endpoint_name(name: str) -> str:
    """Refuse a name that SageMaker would refuse."""
    if not is_endpoint_name(name):
        raise refuse(
            f"{quote(name)} is not an endpoint name: {ENDPOINT_NAME_RULE}",
            "write such a name, or leave it out to get <project>-<stack>",
        )
    return name


def check_instance_type(name: str) -> str:
    """Refuse what is not in AWS's list of hosting instance types."""
    known = limits.instance_types()
    if name in known:
        return name
    guess = f"ml.{name}" if f"ml.{name}" in known else nearest(name, known)
    raise refuse(
        f"{quote(name)} is not an instance type that SageMaker hosts endpoints on",
        f"did you mean {guess}?" if guess else "write a type such as ml.m5.large",
    )


def check_log_retention(days: int) -> int:
    """Refuse a number of days that CloudWatch does not offer."""
    if days in limits.LOG_RETENTION_DAYS:
        return days
    closest = min(limits.LOG_RETENTION_DAYS, key=lambda offered: abs(offered - days))
    raise refuse(
        f"expected {one_of(limits.LOG_RETENTION_DAYS)} (what CloudWatch offers), "
        f"found {describe(days)}",
        f"write {closest}, the nearest of them",
    )


def check_image_family(family: str) -> str:
    """Refuse a family that the catalog does not have, unless the stack brings its own image."""
    if family not in IMAGE_FAMILIES:
        raise refuse(
            f"expected {one_of(IMAGE_FAMILIES)}, found {describe(family)}",
            suggestion(family, IMAGE_FAMILIES, otherwise="choose one of them"),
        )
    return family
