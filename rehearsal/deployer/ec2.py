"""VPC endpoints.

A network that the account does not have is another account's, or not on this machine: a stand-in with
other ids takes its place, and the inputs are still held against the API.
"""

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.deployer.creator import Created, Creator, Inputs, tag_list
from rehearsal.deployer.requests import checked_request
from rehearsal.local_account import LocalAccount

_RENAMED = {"policy": "policyDocument"}


def _vpc_endpoint(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    members = {_RENAMED.get(key, key): value for key, value in inputs.items() if key != "tags"}
    request = checked_request("ec2", "CreateVpcEndpoint", members)
    if tags := tag_list(inputs):
        request["TagSpecifications"] = [{"ResourceType": "vpc-endpoint", "Tags": tags}]
    ec2 = account.client("ec2")
    try:
        answer = ec2.create_vpc_endpoint(**request)
    except ClientError as missing:
        if not missing.response["Error"]["Code"].endswith(".NotFound"):
            raise
        answer = ec2.create_vpc_endpoint(**{**request, **_stand_in(ec2, request)})
    made = answer["VpcEndpoint"]["VpcEndpointId"]
    return Created(
        made, {"arn": f"arn:{account.partition}:ec2:{account.region}::vpc-endpoint/{made}"}
    )


def _stand_in(ec2: Any, request: dict[str, Any]) -> dict[str, Any]:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    members: dict[str, Any] = {"VpcId": vpc}
    if "SubnetIds" in request:
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        members["SubnetIds"] = [subnet]
    if "RouteTableIds" in request:
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        members["RouteTableIds"] = [table]
    return members


CREATORS: dict[str, Creator] = {
    "aws:ec2/vpcEndpoint:VpcEndpoint": _vpc_endpoint,
}
