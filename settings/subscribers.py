"""Who hears of alarms: an address in one of the forms that SNS delivers to."""

import re

from settings.wording import quote, refuse

# docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html
_EMAIL = re.compile(r"[^@\s:/]+@[^@\s.]+(\.[^@\s.]+)+")
_URL = re.compile(r"https://[^\s/@]+\.[^\s@]+")
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}", re.ASCII)
_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:[\w$-]{1,128})?", re.ASCII
)
_FORMS = (_EMAIL, _URL, _QUEUE, _FUNCTION)


def check_subscriber(address: str) -> str:
    """Refuse what is no e-mail address, https URL, or ARN of a queue or function."""
    if any(form.fullmatch(address) for form in _FORMS):
        return address
    if address.startswith("http://"):
        raise refuse(f"{quote(address)} would be told in the clear", f"write https://{address[7:]}")
    raise refuse(
        f"{quote(address)} is not the address of a subscriber: an e-mail address, an https:// URL, or the ARN of an "
        "SQS queue or a Lambda function",
        "write such as oncall@example.com",
    )
