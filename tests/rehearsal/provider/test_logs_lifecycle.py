"""What the real provider asks of CloudWatch Logs for our resources, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/logs, November 2026 (the stored version may be older than
the provider in use): group.go at b11fc0fdd2ef. Tags are asked for by the ARN without its last `:*`.
"""

from typing import Any

import pytest

from tests.rehearsal.tenant import REGION, Tenant, refusal, unique

KEY = f"arn:aws:kms:{REGION}:123456789012:key/mine"
GONE = "ResourceNotFoundException"


@pytest.fixture
def logs(tenant: Tenant) -> Any:
    return tenant.client("logs")


def found(logs: Any, name: str) -> list[dict[str, Any]]:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return [group for group in groups if group["logGroupName"] == name]


def test_a_log_group_is_created_read_as_given_updated_and_gone(logs: Any) -> None:
    name = unique("/aws/lambda/function")
    arn = f"arn:aws:logs:{REGION}:123456789012:log-group:{name}"
    logs.create_log_group(
        logGroupName=name,
        kmsKeyId=KEY,
        logGroupClass="STANDARD",
        tags={"Project": "genai", "old": "1"},
    )
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    (group,) = found(logs, name)
    assert (group["arn"], group["logGroupArn"]) == (f"{arn}:*", arn)
    assert (group["retentionInDays"], group["kmsKeyId"]) == (7, KEY)
    assert group["logGroupClass"] == "STANDARD"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"Project": "genai", "old": "1"}

    logs.delete_retention_policy(logGroupName=name)
    logs.disassociate_kms_key(logGroupName=name)
    logs.untag_resource(resourceArn=arn, tagKeys=["old"])
    logs.tag_resource(resourceArn=arn, tags={"new": "2"})
    (group,) = found(logs, name)
    assert not {"retentionInDays", "kmsKeyId"} & group.keys()
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"Project": "genai", "new": "2"}
    logs.associate_kms_key(logGroupName=name, kmsKeyId=f"{KEY}-2")
    assert found(logs, name)[0]["kmsKeyId"] == f"{KEY}-2"

    logs.delete_log_group(logGroupName=name)
    assert found(logs, name) == []
    assert refusal(lambda: logs.list_tags_for_resource(resourceArn=arn))[0] == GONE
    assert refusal(lambda: logs.delete_log_group(logGroupName=name))[0] == GONE
    assert refusal(lambda: logs.disassociate_kms_key(logGroupName=name))[0] == GONE
