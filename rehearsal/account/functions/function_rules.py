"""What Lambda refuses when a function is created or updated, and moto would take.

Limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; reserved variables:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, read in November 2026.
"""

import base64
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from rehearsal.account.functions.senders import SENDING, operation_of
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import require
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

MAX_TIMEOUT_SECONDS = 900  # AWS Lambda quota; the API's own maximum is that of managed instances
MAX_MEMORY_SIZE_MB = 10_240  # AWS Lambda quota, likewise
MAX_ENVIRONMENT_BYTES = 4096  # AWS Lambda quota
MAX_UNZIPPED_BYTES = 262_144_000  # AWS Lambda quota
_RESERVED_VARIABLES = {
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}  # fmt: skip
_DEAD_LETTER_SERVICES = {"sqs": "SQS", "sns": "SNS"}


def refuse_bad_function(operation: str, members: Mapping[str, Any], role_arn: str | None) -> None:
    """Hold the members of a request against Lambda's rules; `role_arn` is the role it will have.

    Raises:
        AwsError: in Lambda's words.
    """
    found = violations("lambda", operation, dict(members))
    for name, most in (("Timeout", MAX_TIMEOUT_SECONDS), ("MemorySize", MAX_MEMORY_SIZE_MB)):
        if isinstance(value := members.get(name), int) and value > most:
            found.append(
                f"Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
                f"Member must have value less than or equal to {most}"
            )
    if found:
        raise AwsError("ValidationException", describe_violations(found))
    _refuse_variables((members.get("Environment") or {}).get("Variables") or {})
    if "ZipFile" in (code := members.get("Code", members)):
        refuse_bad_archive(base64.b64decode(code["ZipFile"]))
    target = (members.get("DeadLetterConfig") or {}).get("TargetArn")
    if target and role_arn:
        _refuse_unreachable_dead_letters(role_arn, target)


def refuse_bad_archive(archive: bytes) -> None:
    """Raise an AwsError, in Lambda's words, unless `archive` is a zip archive that is small enough."""
    if not zipfile.is_zipfile(io.BytesIO(archive)):
        raise _invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        )
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        if sum(member.file_size for member in opened.infolist()) > MAX_UNZIPPED_BYTES:
            raise _invalid(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


def _refuse_variables(variables: Mapping[str, str]) -> None:
    beginning = (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided"
    )
    if reserved := sorted(variables.keys() & _RESERVED_VARIABLES):
        raise _invalid(
            f"{beginning} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > MAX_ENVIRONMENT_BYTES:
        raise _invalid(f"{beginning} exceeded the 4KB limit.")


def _refuse_unreachable_dead_letters(role_arn: str, target: str) -> None:
    service = target.split(":")[2]
    if service not in _DEAD_LETTER_SERVICES:
        raise _invalid(f"The target {target} is neither a queue of SQS nor a topic of SNS")
    try:
        require(role_arn, Call(SENDING[service], target))
    except AwsError as refused:
        raise _invalid(
            "The provided execution role does not have permissions to call "
            f"{operation_of(service)} on {_DEAD_LETTER_SERVICES[service]} ({refused.message})"
        ) from refused


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
