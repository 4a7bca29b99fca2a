"""What a function is created or updated with and moto forgets.

It is kept on moto's own object, so that a published version has what was so when it was published, and a
deleted function leaves nothing.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction

_ATTRIBUTE = "rehearsal_settings"
_REVISION = "RevisionId"
_KEPT = ("LoggingConfig", "DeadLetterConfig", "SnapStart", "FileSystemConfigs")


def settings_of(function: LambdaFunction) -> Mapping[str, Any]:
    """Return what is kept of one version of a function."""
    return getattr(function, _ATTRIBUTE, {})


def remember(function: LambdaFunction, members: Mapping[str, Any]) -> None:
    """Keep what a request says of the function, over what is known of it."""
    kept = {name: members[name] for name in _KEPT if name in members}
    kept[_REVISION] = str(uuid.uuid4())
    setattr(function, _ATTRIBUTE, {**settings_of(function), **kept})


def revision_of(function: LambdaFunction) -> str:
    """Return the id of what the function is at the moment; each change gives another."""
    return settings_of(function).get(_REVISION, "")


def logging_of(function: LambdaFunction) -> dict[str, str]:
    """Return the logging configuration with Lambda's defaults."""
    given = settings_of(function).get("LoggingConfig") or {}
    is_json = given.get("LogFormat") == "JSON"
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} if is_json else {}
    defaults = {"LogFormat": "Text", **levels, "LogGroup": f"/aws/lambda/{function.function_name}"}
    return {**defaults, **given}


def dead_letter_arn(function: LambdaFunction) -> str | None:
    """Return where an event goes that the function failed for good; an empty ARN means nowhere."""
    return (settings_of(function).get("DeadLetterConfig") or {}).get("TargetArn") or None
