"""A resource of SageMaker's as Cloud Control's handlers deal with it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from rehearsal.account.cloudcontrol.kinds import Kind, Properties

_IS_MISSING = "Could not find"
_ABSENT = "the resource is not found"
Connect = Callable[[], Any]
"""Makes the client of SageMaker."""


class NoSuchResourceError(Exception):
    """SageMaker does not know it."""


class NotStabilizedError(Exception):
    """It came to an end other than the one that was wanted."""


class Resources:
    """All resources of one kind in one Region."""

    def __init__(self, kind: Kind, connect: Connect) -> None:
        self.kind = kind
        self._connect = connect

    def create(self, properties: Properties) -> str:
        """Begin to create a resource, and return its identifier."""
        made = self._call("Create", self.kind.accepted("Create", properties))
        return made[self.kind.identifier_property]

    def update(self, identifier: str, before: Properties, after: Properties) -> None:
        """Begin to change a resource from the properties that were wanted to those that are."""
        name = {self.kind.name_property: _name(identifier)}
        if _without_tags(before) != _without_tags(after):
            self._call("Update", {**self.kind.accepted("Update", after), **name})
        self._retag(identifier, before, after)

    def delete(self, identifier: str) -> None:
        """Begin to delete a resource."""
        self._call("Delete", {self.kind.name_property: _name(identifier)})

    def read(self, identifier: str) -> Properties:
        """Return the properties that a resource has now.

        Raises:
            NoSuchResourceError: there is none.
        """
        found = self._describe(identifier)
        shown = {
            name: _as_json(found[name])
            for name in (*self.kind.accepted("Create", found), *self.kind.read_only)
            if name in found
        }
        if deployed := found.get("LastDeploymentConfig"):
            shown["DeploymentConfig"] = deployed
        if (copies := found.get("RuntimeConfig", {}).get("DesiredCopyCount")) is not None:
            shown["RuntimeConfig"] = {**found["RuntimeConfig"], "CopyCount": copies}
        tags = self._connect().list_tags(ResourceArn=identifier)["Tags"]
        return {**shown, self.kind.identifier_property: identifier, "Tags": tags}

    def has_settled(self, identifier: str, wanted: Properties) -> bool:
        """Whether a resource is what it was asked to be; False while it is on its way.

        Raises:
            NoSuchResourceError: there is none any more.
            NotStabilizedError: it failed, or is back at what it was before.
        """
        found = self._describe(identifier)
        status = found[f"{self.kind.member}Status"]
        if status == "Failed":
            raise NotStabilizedError(found.get("FailureReason", "it failed"))
        if status != "InService":
            return False
        configuration = wanted.get("EndpointConfigName")
        if configuration not in {None, found.get("EndpointConfigName", configuration)}:
            raise NotStabilizedError(found.get("FailureReason", "the update was rolled back"))
        return True

    def _describe(self, identifier: str) -> dict[str, Any]:
        try:
            return self._call("Describe", {self.kind.name_property: _name(identifier)})
        except ClientError as failure:
            if is_missing(failure):
                raise NoSuchResourceError(_ABSENT) from failure
            raise

    def _retag(self, identifier: str, before: Properties, after: Properties) -> None:
        old, new = _tags(before), _tags(after)
        if gone := old.keys() - new.keys():
            self._connect().delete_tags(ResourceArn=identifier, TagKeys=sorted(gone))
        if changed := [{"Key": k, "Value": v} for k, v in new.items() if old.get(k) != v]:
            self._connect().add_tags(ResourceArn=identifier, Tags=changed)

    def _call(self, verb: str, members: dict[str, Any]) -> dict[str, Any]:
        return getattr(self._connect(), xform_name(f"{verb}{self.kind.member}"))(**members)


def is_missing(failure: ClientError) -> bool:
    """Whether SageMaker says that what was named is not there."""
    return _IS_MISSING in failure.response.get("Error", {}).get("Message", "")


def _name(identifier: str) -> str:
    return identifier.rpartition("/")[2]


def _tags(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def _without_tags(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if key != "Tags"}


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value
