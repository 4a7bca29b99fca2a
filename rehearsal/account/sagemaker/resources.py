"""SageMaker's named resources of one kind in one Region, and its words for what is wrong with a name."""

import time
from typing import Any

from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_DEFAULT_PAGE_SIZE = 10  # the control plane's List operations
_LISTED = ("Name", "Arn", "Status")
_PLACE = {"EndpointName", "EndpointArn", "VariantName"}  # of an inference component
_EQUALS = {"EndpointNameEquals": "EndpointName", "VariantNameEquals": "VariantName"}
_FILTERS = {
    "NameContains", "StatusEquals", "MaxResults", "NextToken", "SortBy", "SortOrder", *_EQUALS,
}  # fmt: skip


class Resources:
    """What there is of one kind, by name."""

    def __init__(self, member: str, kind: str, arn_prefix: str) -> None:
        """`member` starts its members' names in the API (`Endpoint`); `kind` is how errors call it."""
        self._member = member
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
        self.tags[arn] = members.get("Tags", [])
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
        """Answer a List operation: newest first, filtered, a page at a time.

        Raises:
            AwsError: a filter that the local account does not play.
        """
        if unknown := request.keys() - _FILTERS:
            raise AwsError(
                "ValidationException",
                f"the local account does not play the filters {', '.join(sorted(unknown))}",
            )
        found = [item for item in self._kept.values() if self._is_wanted(item, request)]
        found.sort(
            key=lambda item: item["CreationTime"], reverse=request.get("SortOrder") != "Ascending"
        )
        start = int(request.get("NextToken", 0))
        end = start + request.get("MaxResults", _DEFAULT_PAGE_SIZE)
        answer: Members = {f"{self._member}s": [self._summary(item) for item in found[start:end]]}
        return answer if end >= len(found) else {**answer, "NextToken": str(end)}

    def _is_wanted(self, item: Members, request: Members) -> bool:
        members = {"StatusEquals": f"{self._member}Status", **_EQUALS}
        return request.get("NameContains", "") in item[f"{self._member}Name"] and all(
            request.get(wanted) in {None, item.get(member)} for wanted, member in members.items()
        )

    def _summary(self, item: Members) -> Members:
        wanted = {f"{self._member}{suffix}" for suffix in _LISTED}
        wanted |= {"CreationTime", "LastModifiedTime", *_PLACE}
        return {key: value for key, value in item.items() if key in wanted}
