"""What scaling did to each target, as DescribeScalingActivities tells it.

Descriptions and messages are those seen in published answers of AWS.
"""

import time
import uuid
from typing import Any

from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
Key = tuple[str, str]
"""Resource and dimension."""
_MOST_KEPT = 500
_UNITS = {
    "DesiredInstanceCount": "instance count",
    "DesiredCopyCount": "copy count",
    "DesiredProvisionedConcurrency": "provisioned concurrency",
}


class Activities:
    """One Region's, newest first."""

    def __init__(self) -> None:
        self._all: list[Members] = []

    def note(self, key: Key, count: int, cause: str, began: float, failure: str | None) -> None:
        """Keep one; the same failure for the same cause as the last time is told once."""
        resource, dimension = key
        unit = _UNITS[dimension.rpartition(":")[2]]
        said = f"Successfully set desired {unit} to {count}. Change successfully fulfilled by sagemaker."
        told = {
            "ResourceId": resource,
            "ScalableDimension": dimension,
            "Cause": cause,
            "StatusCode": "Failed" if failure else "Successful",
            "StatusMessage": f"Failed to set desired {unit} to {count}. {failure}"
            if failure
            else said,
        }
        if failure and self._all and told.items() <= self._all[0].items():
            return
        self._all.insert(
            0,
            {
                **told,
                "ActivityId": str(uuid.uuid4()),
                "ServiceNamespace": "sagemaker",
                "Description": f"Setting desired {unit} to {count}.",
                "StartTime": began,
                "EndTime": time.time(),
            },
        )
        del self._all[_MOST_KEPT:]

    def describe(self, asked: Members) -> Members:
        """Answer DescribeScalingActivities.

        Raises:
            AwsError: a token that nobody was given.
        """
        found = [
            each
            for each in self._all
            if asked.get("ResourceId") in {None, each["ResourceId"]}
            and asked.get("ScalableDimension") in {None, each["ScalableDimension"]}
        ]
        most = asked.get("MaxResults", 50)
        token = asked.get("NextToken", "0")
        if not token.isdecimal():
            raise AwsError("InvalidNextTokenException", "The next token is not valid.")
        start = int(token)
        more = {"NextToken": str(start + most)} if start + most < len(found) else {}
        return {"ScalingActivities": found[start : start + most], **more}
