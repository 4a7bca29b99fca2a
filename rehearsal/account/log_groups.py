"""What moto lacks of log groups: their class, their key once they are there, and tags of none that is gone.

Facts: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html and
API_ListTagsForResource.html, read in November 2026.
"""

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

_CLASS = "STANDARD"
_describe = LogGroup.to_describe_dict
_list_tags = LogsBackend.list_tags_for_resource


def complete_log_groups() -> None:
    """Replace moto's own methods, and add some, for the whole process."""
    added: Any = LogsResponse
    added.associate_kms_key = _associate_kms_key
    added.disassociate_kms_key = _disassociate_kms_key
    LogGroup.to_describe_dict = _describe_with_class
    LogsBackend.list_tags_for_resource = _tags_of_existing


def _associate_kms_key(self: Any) -> str:
    _group(self).kms_key_id = self._get_param("kmsKeyId")
    return ""


def _disassociate_kms_key(self: Any) -> str:
    _group(self).kms_key_id = None
    return ""


def _group(response: Any) -> LogGroup:
    name = response._get_param("logGroupName")  # noqa: SLF001 - the code around is a method of it
    group = response.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException
    return group


def _describe_with_class(self: LogGroup) -> dict[str, Any]:
    return {**_describe(self), "logGroupClass": _CLASS}


def _tags_of_existing(self: LogsBackend, resource_arn: str) -> dict[str, str]:
    if ":log-group:" in resource_arn and not _is_there(self, resource_arn):
        raise ResourceNotFoundException
    return _list_tags(self, resource_arn)


def _is_there(backend: LogsBackend, arn: str) -> bool:
    return arn.partition(":log-group:")[2].removesuffix(":*") in backend.groups
