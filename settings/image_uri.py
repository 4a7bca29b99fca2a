"""An image of one's own: how ECR names it, and the Region it lies in."""

import re
from typing import NamedTuple

from settings.limits import IMAGE_URI_LENGTH
from settings.wording import quote, refuse

CUSTOM_FAMILY = "custom"
"""The image family of a stack that brings its own image, `genai:image.uri`."""

PACKAGE_FAMILY = "model-package"
"""The image family of a stack whose model package names the image."""

EXAMPLE_URI = "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-image:1.0"

# docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html and the image reference grammar of
# the OCI distribution specification. SageMaker takes a tag or a digest, not both (ContainerDefinition).
_ECR_URI = re.compile(
    r"(?P<account_id>\d{12})\.dkr\.ecr\.(?P<region>[a-z]{2,4}(-[a-z]+)+-\d)\.amazonaws\.com(?P<china>\.cn)?"
    r"/(?P<repository>[a-z0-9]+([._/-]+[a-z0-9]+)*)"
    r"(?P<version>:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})?",
    re.ASCII,
)


def check_image_uri(uri: str) -> str:
    """Refuse what is not an image in ECR with a tag or a digest. Does not look into ECR."""
    longest = IMAGE_URI_LENGTH.maximum
    if longest is not None and len(uri) > longest:
        raise refuse(
            f"the URI of an image may have {longest} characters, this one has {len(uri)}",
            "use a shorter tag or name of the repository",
        )
    found = _ECR_URI.fullmatch(uri)
    if found is None:
        raise refuse(
            f"{quote(uri)} is not the URI of an image in ECR, the registry that SageMaker pulls from",
            f"write such as {EXAMPLE_URI}",
        )
    if found["version"] is None:
        raise refuse(
            f"{quote(uri)} has neither a tag nor a digest, so what runs would change unnoticed",
            f"add a tag ({uri}:1.0) or, better, a digest ({uri}@sha256:...)",
        )
    if found["region"].startswith("cn-") != (found["china"] is not None):
        ending = "amazonaws.com.cn" if found["region"].startswith("cn-") else "amazonaws.com"
        raise refuse(
            f"{quote(uri)} has the wrong domain for {found['region']}",
            f"end it in {ending} before the name of the repository",
        )
    return uri


class ImageParts(NamedTuple):
    """What the URI of an image names."""

    account_id: str
    """Of the registry."""
    region: str
    repository: str
    tag: str | None
    digest: str | None
    """`sha256:` and 64 digits; an image has a tag or a digest."""


def image_parts(uri: str) -> ImageParts:
    """What a checked URI names."""
    found = _ECR_URI.fullmatch(uri)
    if found is None:
        raise ValueError(f"{uri} is not the URI of an image in ECR")
    version: str = found["version"] or ""
    return ImageParts(
        found["account_id"],
        found["region"],
        found["repository"],
        tag=version[1:] if version.startswith(":") else None,
        digest=version[1:] if version.startswith("@") else None,
    )


def image_region(uri: str) -> str:
    """The Region of a checked URI."""
    return image_parts(uri).region
