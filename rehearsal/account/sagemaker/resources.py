"""SageMaker's named resources of one kind in one Region, and its words for what is wrong with a name."""

import time
from typing import Any

from rehearsal.account.sagemaker.listings import Listing
from rehearsal.account.sagemaker.tag_rules import refuse_tags
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]


class Resources:
    """What there is of one kind, by name."""

    def __init__(self, member: str, kind: str, arn_prefix: str) -> None:
        """`member` starts its members' names in the API (`Endpoint`); `kind` is how errors call it."""
        self._member = member
        self._listing = Listing(member)
        self._kind = kind
        self._arn_prefix = arn_prefix
        self._kept: dict[str, Members] = {}
        self.tags: dict[str, list[Members]] = {}
        """Tags by ARN, one entry for each resource that exists."""

    def arn(self, name: str) -> str:
        """Return the ARN that a resource of this name has or would have."""
        return f"{self._arn_prefix}/{name}"

    def all(self) -> list[Members]:
        """Return every resource."""
        return list(self._kept.values())

    def refuse_duplicate(self, name: str) -> None:
        """Raise an AwsError if the name is taken."""
        if name in self._kept:
            raise AwsError(
                "ValidationException",
                f'Cannot create already existing {self._kind} "{self.arn(name)}".',
            )

    def add(self, name: str, members: Members) -> str:
        """Keep a new resource and its tags, and return its ARN."""
        self.refuse_duplicate(name)
        arn, now = self.arn(name), time.time()
        tags = members.get("Tags", [])
        refuse_tags(tags)
        self.tags[arn] = tags
        kept = {key: value for key, value in members.items() if key != "Tags"}
        self._kept[name] = {**kept, f"{self._member}Arn": arn, "CreationTime": now}
        return arn

    def find(self, name: str) -> Members:
        """Return a resource; changes to what is returned are kept.

        Raises:
            AwsError: there is none of this name.
        """
        if name not in self._kept:
            raise AwsError(
                "ValidationException", f'Could not find {self._kind} "{self.arn(name)}".'
            )
        return self._kept[name]

    def remove(self, name: str) -> None:
        """Forget a resource and its tags.

        Raises:
            AwsError: there is none of this name.
        """
        self.find(name)
        del self._kept[name]
        del self.tags[self.arn(name)]

    def page(self, request: Members) -> Members:
        """Answer a List operation."""
        return self._listing.page(self._kept.values(), request)
