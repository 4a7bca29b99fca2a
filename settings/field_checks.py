"""Single values that AWS or the catalog would refuse: names, types, families, days of retention."""

import re
from datetime import datetime
from zoneinfo import available_timezones

from catalog.images import image_families
from catalog.nearest import nearest
from settings import limits
from settings.image_uri import CUSTOM_FAMILY, PACKAGE_FAMILY
from settings.wording import describe, one_of, quote, refuse, suggestion

IMAGE_FAMILIES = (*image_families(), CUSTOM_FAMILY, PACKAGE_FAMILY)
"""Every family that a stack can name."""

MAIN_VARIANT = "AllTraffic"
SHADOW_VARIANT = "Shadow"
RESERVED_VARIANTS = {MAIN_VARIANT: "the main variant", SHADOW_VARIANT: "the shadow variant"}

# docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
_CRON_FIELDS = {
    "minutes": range(60),
    "hours": range(24),
    "day of month": range(1, 32),
    "month": range(1, 13),
    "day of week": range(1, 8),
    "year": range(1970, 2200),
}
_CRON_NAMES = {
    "month": ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    "day of week": ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}
# Any (?), the last one (L, 6L, L-3), the weekday nearest to one (15W), one of several (FRI#2).
_CRON_DAY = re.compile(r"\?|LW?|L-[0-9]{1,2}|(?P<day>[A-Z0-9]+)(L|W|#[1-5])")

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


def check_variant_name(name: str) -> str:
    """Refuse a name that SageMaker would refuse for a variant, and the main variant's."""
    longest = limits.ENDPOINT_NAME_LENGTH.maximum or len(name)
    if len(name) > longest or not limits.shape_regex("VariantName").fullmatch(name):
        raise refuse(
            f"{quote(name)} is not the name of a variant: {ENDPOINT_NAME_RULE}",
            "write such a name, such as candidate",
        )
    if name in RESERVED_VARIANTS:
        raise refuse(
            f"{quote(name)} is the name of {RESERVED_VARIANTS[name]}", "choose another name"
        )
    return name


def check_ami_version(version: str) -> str:
    """Refuse a host image that SageMaker does not have."""
    known = limits.ami_versions()
    if version not in known:
        raise refuse(
            f"expected {one_of(known)}, found {describe(version)}",
            suggestion(version, known, otherwise="choose one of them, or leave it out"),
        )
    return version


def check_bucket_name(name: str) -> str:
    """Refuse what S3 would refuse as the name of a bucket."""
    if not limits.BUCKET_NAME.fullmatch(name):
        raise refuse(
            f"{quote(name)} is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and "
            "hyphens, with a letter or digit at both ends",
            "write the bucket's name alone, without s3:// and without a prefix",
        )
    return name


def check_account(number: str) -> str:
    """Refuse what is not the number of an AWS account."""
    if not re.fullmatch(r"[0-9]{12}", number):
        raise refuse(
            f"{quote(number)} is not the number of an AWS account, which has 12 digits",
            'write such as "123456789012", in quotes',
        )
    return number


def check_region(region: str) -> str:
    """Refuse what does not look like a Region; which ones there are is the catalog's to say."""
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]", region):
        raise refuse(f"{quote(region)} is not an AWS Region", "write such as us-east-1")
    return region


def check_subnet(identifier: str) -> str:
    """Refuse what is not the id of a subnet."""
    return _check_resource_id(identifier, "subnet", "a subnet")


def check_security_group(identifier: str) -> str:
    """Refuse what is not the id of a security group."""
    return _check_resource_id(identifier, "sg", "a security group")


def check_vpc(identifier: str) -> str:
    """Refuse what is not the id of a VPC."""
    return _check_resource_id(identifier, "vpc", "a VPC")


def check_route_table(identifier: str) -> str:
    """Refuse what is not the id of a route table."""
    return _check_resource_id(identifier, "rtb", "a route table")


def check_action_name(name: str) -> str:
    """Refuse a name that Application Auto Scaling would refuse for a scheduled action."""
    # PutScheduledAction, ScheduledActionName: its pattern excludes these; the rest is our caution.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", name):
        raise refuse(
            f"{quote(name)} is not the name of a schedule: 1 to 128 letters, digits, dots, hyphens and "
            "underscores",
            "write a name such as nights",
        )
    return name


def check_clock_time(text: str) -> str:
    """Refuse what is not a time of the day."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise refuse(
            f"{quote(text)} is not a time of the day, from 00:00 to 23:59",
            'write hours and minutes, in quotes: "07:00"',
        )
    return text


def check_email(address: str) -> str:
    """Refuse what AWS Budgets cannot send mail to; whether anybody reads it is not looked at."""
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", address):
        raise refuse(f"{quote(address)} is not an e-mail address", "write such as team@example.com")
    return address


def check_timezone(name: str) -> str:
    """Refuse a time zone that is not in the database of time zones."""
    known = available_timezones()
    # A machine without the database cannot tell.
    if known and name not in known:
        raise refuse(
            f"{quote(name)} is not a time zone",
            suggestion(name, known, otherwise="write such as UTC or Europe/Berlin"),
        )
    return name


def check_schedule(text: str) -> str:
    """Refuse a schedule that Application Auto Scaling would refuse."""
    if at := re.fullmatch(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)", text):
        _check_moment(text, at[1])
        return text
    if re.fullmatch(
        r"rate\(([2-9]|[1-9]\d+) (minutes|hours|days)\)|rate\(1 (minute|hour|day)\)", text
    ):
        return text
    if cron := re.fullmatch(r"cron\(([^()]*)\)", text):
        _check_cron(text, cron[1].split())
        return text
    raise refuse(
        f"{quote(text)} is not a schedule: cron(...), rate(...) or at(...)",
        'write such as "cron(0 20 ? * MON-FRI *)" for 20:00 on weekdays',
    )


def check_unicode(text: str) -> str:
    """Refuse half a surrogate pair, which JSON can spell and no file or variable can hold."""
    try:
        _ = text.encode()
    except UnicodeEncodeError:
        raise refuse(
            f"{quote(text)} is not valid Unicode",
            "write whole characters in place of \\ud800 and the like",
        ) from None
    return text


def _check_moment(text: str, moment: str) -> None:
    try:
        _ = datetime.fromisoformat(moment)
    except ValueError:
        raise refuse(
            f"{quote(text)} names a time that there is not",
            'write such as "at(2027-01-31T20:00:00)"',
        ) from None


def _check_cron(text: str, fields: list[str]) -> None:
    fix = 'write minutes, hours, day of month, month, day of week and year: "cron(0 20 ? * MON-FRI *)"'
    if len(fields) != len(_CRON_FIELDS):
        raise refuse(
            f"{quote(text)} has {len(fields)} fields, a schedule has {len(_CRON_FIELDS)}", fix
        )
    if (fields[2] == "?") == (fields[4] == "?"):
        raise refuse(
            f"{quote(text)} must have ? as the day of the month or as the day of the week, and not as "
            "both",
            fix,
        )
    for (what, allowed), field in zip(_CRON_FIELDS.items(), fields, strict=True):
        if not all(_is_cron_part(part, what) for part in field.split(",")):
            names = (
                f" or {_CRON_NAMES[what][0]} to {_CRON_NAMES[what][-1]}"
                if what in _CRON_NAMES
                else ""
            )
            raise refuse(
                f"{quote(text)} has {quote(field)} as {what}: expected {allowed[0]} to {allowed[-1]}{names}, "
                "and ranges (1-5), lists (1,3), steps (0/15) or * of them",
                fix,
            )


def _is_cron_part(part: str, what: str) -> bool:
    """Whether a part is a value, a range or all of a field's values, perhaps with a step."""
    values, _, step = part.upper().partition("/")
    if "/" in part and not re.fullmatch(r"[0-9]{1,2}", step):
        return False
    day = _CRON_DAY.fullmatch(values) if what.startswith("day") else None
    if day is not None:
        return day["day"] is None or _is_cron_value(day["day"], what)
    return values == "*" or all(_is_cron_value(end, what) for end in values.split("-", 1))


def _is_cron_value(value: str, what: str) -> bool:
    is_number = re.fullmatch(r"[0-9]{1,4}", value) is not None
    return int(value) in _CRON_FIELDS[what] if is_number else value in _CRON_NAMES.get(what, ())


def _check_resource_id(identifier: str, prefix: str, what: str) -> str:
    # Eight digits in old accounts, seventeen since 2016:
    # docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
    if not re.fullmatch(rf"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", identifier):
        raise refuse(
            f"{quote(identifier)} is not the id of {what}", f"write such as {prefix}-0a1b2c3d"
        )
    return identifier
