"""Where the model comes from, against the mode, the image and the Region. Rules of GA109 to GA121."""

from collections.abc import Iterator

from settings.arns import arn_region
from settings.draft import Draft
from settings.image_uri import PACKAGE_FAMILY
from settings.model_source import SourceKind, s3_bucket
from settings.problems import Finding
from settings.rules.rule import rule
from settings.wording import quote

# The buckets of JumpStart's gated models; is_gated_bucket of sagemaker-python-sdk's jumpstart/utils.py.
_GATED_BUCKET = "jumpstart-private-cache-"

_IN_S3: tuple[SourceKind, ...] = ("archive", "prefix")
_MEANINGFUL_FOR: dict[str, tuple[SourceKind, ...]] = {
    "model.acceptEula": (*_IN_S3, "package"),
    "model.bucketOwner": _IN_S3,
    "model.bucketRegion": _IN_S3,
    "model.kmsKeyArn": _IN_S3,
    "model.sizeGb": (*_IN_S3, "hub", "package"),
}
_KINDS: dict[SourceKind, str] = {
    "folder": "a local folder, which is measured, packed and uploaded for you",
    "archive": "an archive in S3",
    "prefix": "a prefix in S3",
    "hub": "a model of the Hub, which the container fetches",
    "package": "a model package",
}


@rule(109)
def model_bucket_is_in_the_region(draft: Draft) -> Iterator[Finding]:
    """SageMaker reads a model only from a bucket in the endpoint's own Region (CreateModel, ModelDataUrl)."""
    said, region = draft.value("model.bucketRegion", str), draft.region
    if said and region and said != region and draft.source_kind in _IN_S3:
        yield Finding(
            draft.key("model.bucketRegion"),
            f"is {said}, and the stack lies in {region}; SageMaker reads a model only from its own Region",
            f"copy the model to a bucket in {region}, or write aws:region: {said}",
        )


@rule(110)
def serverless_model_is_an_archive(draft: Draft) -> Iterator[Finding]:
    """Serverless inference takes one model.tar.gz; uncompressed models are for instances (CreateModel, ModelDataSource)."""
    if draft.mode == "serverless" and draft.source_kind == "prefix":
        yield Finding(
            draft.key("model.source"),
            f"{quote(draft.source or '')} is an uncompressed prefix, which the mode serverless cannot load",
            "pack the files as .tar.gz and name that, or choose the mode realtime",
        )


@rule(114)
def model_package_has_its_family(draft: Draft) -> Iterator[Finding]:
    """A model package names its own image, and only a model package does."""
    if draft.source_kind is None or draft.family is None:
        return
    is_package, is_package_family = draft.source_kind == "package", draft.family == PACKAGE_FAMILY
    key = draft.key("image.family")
    if is_package and not is_package_family:
        message = f"is {draft.family}, and the source is a model package, which names its own image"
        yield Finding(key, message, f"write family: {PACKAGE_FAMILY}")
    if is_package_family and not is_package:
        yield Finding(
            key,
            f"is {PACKAGE_FAMILY}, and {quote(draft.source or '')} is none",
            "name the package's ARN as model.source, or the image family that serves the model",
        )


@rule(115)
def model_package_is_in_the_region(draft: Draft) -> Iterator[Finding]:
    """A model package can be deployed only in its own Region."""
    if draft.source is None or draft.source_kind != "package" or draft.region is None:
        return
    found = arn_region(draft.source)
    if found != draft.region:
        yield Finding(
            draft.key("model.source"),
            f"the model package lies in {found}, and the stack in {draft.region}",
            f"name the package of {draft.region}, or write aws:region: {found}",
        )


@rule(116)
def licence_of_a_gated_model_is_accepted(draft: Draft) -> Iterator[Finding]:
    """JumpStart's gated models are handed out only to those who accept their licence (ModelAccessConfig.AcceptEula)."""
    source = draft.source
    if source is None or draft.source_kind not in _IN_S3:
        return
    if (
        s3_bucket(source).startswith(_GATED_BUCKET)
        and draft.value("model.acceptEula", bool) is False
    ):
        yield Finding(
            draft.key("model.acceptEula"),
            f"is not true, and {quote(s3_bucket(source))} holds JumpStart's models with a licence to accept",
            "read the model's licence, then write acceptEula: true",
        )


@rule(117)
def model_settings_suit_the_source(draft: Draft) -> Iterator[Finding]:
    """A setting that does nothing where the model comes from would be relied on in vain."""
    kind = draft.source_kind
    if kind is None:
        return
    for dotted in draft.said_among(*_MEANINGFUL_FOR):
        if kind not in _MEANINGFUL_FOR[dotted] and draft.value(dotted, object) is not False:
            message = f"does nothing for {quote(draft.source or '')}: it is {_KINDS[kind]}"
            yield Finding(draft.key(dotted), message, "remove it")


@rule(121)
def adopted_bucket_is_left_as_it_is(draft: Draft) -> Iterator[Finding]:
    """A bucket that the stack only uses keeps its own settings, and is neither protected nor deleted."""
    name = draft.value("bucket.existingName", str)
    if name is None:
        return
    for dotted in draft.said_among("bucket.protect", "bucket.forceDestroy", "bucket.recordDays"):
        if draft.value(dotted, object) is not False:
            message = f"does nothing to {quote(name)}, which the stack uses and does not own"
            yield Finding(
                draft.key(dotted),
                message,
                "remove it, and set the same on the bucket itself if you need it",
            )
