"""Is the image in its registry?"""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from operations.doctor.finding import Finding, Patient, Teller
from settings.image_uri import image_parts

_tell = Teller("image")
_MISSING = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


def check_image(patient: Patient) -> Iterator[Finding]:
    """Ask the registry for the tag or digest, where it is one that answers."""
    settings = patient.settings
    uri = settings.image_uri
    if uri is None:
        yield _tell.ok("the model package names the image")
        return
    if settings.catalog_image is not None:
        yield _tell.unknown(
            f"{uri} is in AWS's registry, which lists nothing to strangers; the catalog has the tag"
        )
        return
    image = image_parts(uri)
    wanted = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag}
    try:
        patient.clients.client("ecr").describe_images(
            registryId=image.account_id, repositoryName=image.repository, imageIds=[wanted]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING:
            raise
        if image.account_id != patient.account_id:
            yield _tell.unknown(
                f"the registry {image.account_id} does not show {uri} to this account"
            )
            return
        yield _tell.problem(f"there is no {uri}", "push it, or mend the tag in genai:image.uri")
        return
    yield _tell.ok(f"{uri} is there")
