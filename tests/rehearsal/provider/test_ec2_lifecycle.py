"""What the real provider asks of EC2 for our VPC endpoint, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/ec2, November 2026 (the stored version may be older than
the provider in use): vpc_endpoint.go at 2de0beead3a1. One that is `deleted` is gone to it.
"""

import json
from typing import Any

import pytest

from tests.rehearsal.tenant import REGION, Tenant, allow, document, refusal, unique

SERVICE = f"com.amazonaws.{REGION}.sagemaker.runtime"


@pytest.fixture
def ec2(tenant: Tenant) -> Any:
    return tenant.client("ec2")


def test_an_endpoint_is_created_read_as_given_updated_and_gone(ec2: Any) -> None:
    subnet = ec2.describe_subnets()["Subnets"][0]
    vpc, network = subnet["VpcId"], {"SubnetIds": [subnet["SubnetId"]]}
    group = ec2.create_security_group(GroupName=unique("g"), Description="-", VpcId=vpc)["GroupId"]
    tags = [{"Key": "Project", "Value": "genai"}, {"Key": "old", "Value": "1"}]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=SERVICE,
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SecurityGroupIds=[group],
        **network,
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}],
    )["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]

    def read() -> dict[str, Any]:
        (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
        return found

    found = read()
    assert (found["State"], found["VpcEndpointType"]) == ("available", "Interface")
    assert (found["VpcId"], found["ServiceName"]) == (vpc, SERVICE)
    assert found["SubnetIds"] == network["SubnetIds"]
    assert [each["GroupId"] for each in found["Groups"]] == [group]
    assert found["PrivateDnsEnabled"] is True
    assert found["Tags"] == tags
    by_name = {"Name": "prefix-list-name", "Values": [SERVICE]}
    assert ec2.describe_prefix_lists(Filters=[by_name])["PrefixLists"] == []

    policy = document(allow("sagemaker:InvokeEndpoint", "*", Principal="*"))
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=policy)
    ec2.delete_tags(Resources=[endpoint], Tags=[{"Key": "old"}])
    ec2.create_tags(Resources=[endpoint], Tags=[{"Key": "new", "Value": "2"}])
    found = read()
    assert json.loads(found["PolicyDocument"]) == json.loads(policy)
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"Project": "genai", "new": "2"}

    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    assert read()["State"] == "deleted"
    missing = "vpce-0123456789abcdef0"
    told = refusal(lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[missing]))
    assert told[0] == "InvalidVpcEndpointId.NotFound"
