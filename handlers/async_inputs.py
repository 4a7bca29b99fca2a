"""Where the payload of an asynchronous request waits in the bucket until SageMaker fetches it."""

from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from handlers.bucket import Bucket, refusal
from handlers.errors import (
    AccessDeniedError,
    BucketMissingError,
    CredentialsError,
    HandlerError,
    InputNotStoredError,
)
from handlers.json_values import printable

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_BAD_CREDENTIALS = {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"}


@dataclass(frozen=True)
class AsyncInputs:
    """The payloads of asynchronous requests in one bucket."""

    bucket: Bucket

    def put(self, request_id: str, payload: bytes, seconds: float) -> str:
        """Store a payload within `seconds`; returns its S3 URI.

        Raises the HandlerError that says why S3 does not have it.
        """
        try:
            return self.bucket.put_json(f"async/inputs/{request_id}.json", payload, seconds)
        except TimeoutError as error:
            raise InputNotStoredError(
                f"S3 did not take the request's payload within {seconds:.1f} s. Nothing was sent to"
                " the model. Try again."
            ) from error
        except ClientError as error:
            raise self._refused(error) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise CredentialsError.missing() from error
        except BotoCoreError as error:
            raise InputNotStoredError(
                f"No answer from S3 for the bucket {self.bucket.name} ({type(error).__name__})."
                " Nothing was sent to the model. In a VPC the function needs a route to S3: a"
                " gateway endpoint, or a NAT gateway."
            ) from error

    def _refused(self, error: ClientError) -> HandlerError:
        code, message = refusal(error)
        if code == "AccessDenied":
            # AWS's message names what is missing; with a KMS key that is a permission on the key.
            return AccessDeniedError(
                f"S3 says: {printable(message).rstrip('.')}. Grant s3:PutObject on async/inputs/*"
                f" of the bucket {self.bucket.name}, and the use of its KMS key if it has one, to"
                " the function's role."
            )
        if code == "NoSuchBucket":
            return BucketMissingError(
                f"There is no bucket {self.bucket.name} for the request's payload. Deploy the"
                " stack, or correct GENAI_BUCKET_NAME."
            )
        if code in _BAD_CREDENTIALS:
            return CredentialsError(f"AWS does not accept the function's credentials ({code}).")
        return InputNotStoredError(
            f"S3 did not take the request's payload ({code}). Nothing was sent to the model."
            " Try again."
        )
