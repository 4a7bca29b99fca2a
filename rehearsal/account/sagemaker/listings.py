"""SageMaker's List operations: filtered, sorted, a page at a time; as botocore documents their members."""

from collections.abc import Iterable
from typing import Any

from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_DEFAULT_PAGE_SIZE = 10
_PAGING = {"MaxResults", "NextToken", "SortBy", "SortOrder"}
_TIMES = ("CreationTime", "LastModifiedTime")


class Listing:
    """How the resources of one kind are listed."""

    def __init__(self, member: str) -> None:
        """`member` starts its members' names in the API (`Endpoint`)."""
        self._plural = f"{member}s"
        self._name = f"{member}Name"
        self._status = f"{member}Status"
        self._told = {
            *(f"{member}{suffix}" for suffix in ("Name", "Arn", "Status")),
            *_TIMES,
            *("EndpointName", "EndpointArn", "VariantName"),  # where an inference component is
        }

    def page(self, resources: Iterable[Members], request: Members) -> Members:
        """Answer a List operation; newest first unless asked otherwise.

        Raises:
            AwsError: the token is not one of ours.
        """
        found = [item for item in resources if self._is_wanted(item, request)]
        by = {"Name": self._name, "Status": self._status}.get(
            request.get("SortBy", ""), "CreationTime"
        )
        is_descending = request.get("SortOrder", "Descending") == "Descending"
        found.sort(key=lambda item: item[by], reverse=is_descending)
        start = _position(request.get("NextToken", "0"))
        end = start + request.get("MaxResults", _DEFAULT_PAGE_SIZE)
        answer: Members = {self._plural: [self._summary(item) for item in found[start:end]]}
        return answer if end >= len(found) else {**answer, "NextToken": str(end)}

    def _is_wanted(self, item: Members, request: Members) -> bool:
        return all(
            self._passes(item, name, wanted)
            for name, wanted in request.items()
            if name not in _PAGING
        )

    def _passes(self, item: Members, name: str, wanted: Any) -> bool:
        if name == "NameContains":
            return wanted in item[self._name]
        if name == "StatusEquals":
            return item[self._status] == wanted
        if name.endswith("Equals"):
            return item[name.removesuffix("Equals")] == wanted
        if name.endswith("Before"):
            return item[name.removesuffix("Before")] < wanted
        return item[name.removesuffix("After")] >= wanted

    def _summary(self, item: Members) -> Members:
        return {key: value for key, value in item.items() if key in self._told}


def _position(token: str) -> int:
    if not token.isdecimal():
        raise AwsError("ValidationException", "The NextToken is not one that this operation gave.")
    return int(token)
