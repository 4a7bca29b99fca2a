"""Log groups."""

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name
from rehearsal.local_account import LocalAccount


def _log_group(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    group = physical_name(name, inputs)
    logs = account.client("logs")
    tags = inputs.get("tags", {})
    logs.create_log_group(logGroupName=group, **({"tags": tags} if tags else {}))
    if "retentionInDays" in inputs:
        logs.put_retention_policy(
            logGroupName=group, retentionInDays=int(inputs["retentionInDays"])
        )
    arn = f"arn:{account.partition}:logs:{account.region}:{ACCOUNT_ID}:log-group:{group}"
    return Created(group, {"name": group, "arn": arn})


CREATORS: dict[str, Creator] = {
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
}
