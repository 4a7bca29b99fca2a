"""Log groups."""

from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.kind import Created, Inputs, Kind, call, physical_name, tags_by
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount


def _log_group(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    group = physical_name(name, inputs)
    logs = account.client("logs")
    settings = {"tags": inputs.get("tags"), "kmsKeyId": inputs.get("kmsKeyId")}
    logs.create_log_group(
        logGroupName=group, **{key: value for key, value in settings.items() if value}
    )
    if "retentionInDays" in inputs:
        logs.put_retention_policy(
            logGroupName=group, retentionInDays=int(inputs["retentionInDays"])
        )
    arn = f"arn:{account.partition}:logs:{account.region}:{ACCOUNT_ID}:log-group:{group}"
    return Created(group, {"name": group, "arn": arn})


def _update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    logs, group = account.client("logs"), {"logGroupName": was.id}
    if days := inputs.get("retentionInDays"):
        logs.put_retention_policy(**group, retentionInDays=int(days))
    elif "retentionInDays" in was.inputs:
        logs.delete_retention_policy(**group)
    if key := inputs.get("kmsKeyId"):
        logs.associate_kms_key(**group, kmsKeyId=key)
    elif "kmsKeyId" in was.inputs:
        logs.disassociate_kms_key(**group)
    return was.outputs


KINDS = {
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        create=_log_group,
        update=_update,
        delete=call("logs", "delete_log_group", logGroupName="id"),
        tag=tags_by("logs", "resourceArn", tags="tags", keys="tagKeys", as_list=False),
    ),
}
