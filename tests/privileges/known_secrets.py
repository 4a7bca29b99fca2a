"""Where a secret of a stack may be in plain text, with the reason; everywhere else it must not."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One place that a secret gets to by design."""

    resource_type: str
    property: str
    reason: str


BY_DESIGN = (
    Place(
        "aws:sagemaker/model:Model",
        "primaryContainer.environment",
        "the container reads the token from its environment and from nowhere else; secret in Pulumi's state, but "
        "`sagemaker:DescribeModel` shows it ([ADR 5](adr/0005-hub-token-ends-in-the-container.md))",
    ),
)


def told() -> Iterator[str]:
    """The places, as the security page tells them."""
    yield (
        "A test follows each kind of secret from the settings to all that is left: the resources' inputs, archives, logs, records, "
        "results, the transcript, the screen and every file written "
        "([test_secrets.py](../tests/privileges/test_secrets.py)). It is in plain nowhere but:"
    )
    for place in BY_DESIGN:
        yield f"`{place.property}` of {place.resource_type}: {place.reason}"
