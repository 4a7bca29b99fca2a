"""Tags of SageMaker's resources, by ARN."""

from rehearsal.account.sagemaker.state import Members, Operations, State
from rehearsal.account.sagemaker.tag_rules import refuse_tags
from rehearsal.account.wire_errors import AwsError


class Tags:
    """Operations on tags."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.operations: Operations = {
            "AddTags": self._add,
            "ListTags": lambda r: {"Tags": self._of(r)[r["ResourceArn"]]},
            "DeleteTags": self._delete,
        }

    def _of(self, members: Members) -> dict[str, list[Members]]:
        arn = members["ResourceArn"]
        for resources in self._state.all_resources:
            if arn in resources.tags:
                return resources.tags
        raise AwsError("ValidationException", f'Could not find the resource "{arn}".')

    def _add(self, members: Members) -> Members:
        tags, arn = self._of(members), members["ResourceArn"]
        keys = {tag["Key"] for tag in members["Tags"]}
        together = [*(tag for tag in tags[arn] if tag["Key"] not in keys), *members["Tags"]]
        refuse_tags(together)
        tags[arn] = together
        return {"Tags": tags[arn]}

    def _delete(self, members: Members) -> Members:
        tags, arn = self._of(members), members["ResourceArn"]
        tags[arn] = [tag for tag in tags[arn] if tag["Key"] not in members["TagKeys"]]
        return {}
