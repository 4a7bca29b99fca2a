"""VPC endpoints.

A network that the account does not have is another account's, or not on this machine: a stand-in with
other ids takes its place, and the inputs are still held against the API.
"""

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.deployer.kind import Created, Inputs, Kind, Tags, tag_list, unless_gone
from rehearsal.deployer.requests import checked_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_RENAMED = {"policy": "policyDocument"}
_LISTS = {
    "routeTableIds": "RouteTableIds",
    "subnetIds": "SubnetIds",
    "securityGroupIds": "SecurityGroupIds",
}


def _vpc_endpoint(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    members = {_RENAMED.get(key, key): value for key, value in inputs.items() if key != "tags"}
    kind = {"vpcEndpointType": "Gateway"}  # the provider's default
    request = checked_request("ec2", "CreateVpcEndpoint", {**kind, **members})
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


def _update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    members: dict[str, Any] = {"VpcEndpointId": was.id}
    if policy := inputs.get("policy"):
        members["PolicyDocument"] = policy
    if "privateDnsEnabled" in inputs:
        members["PrivateDnsEnabled"] = inputs["privateDnsEnabled"]
    for key, name in _LISTS.items():
        old, new = set(was.inputs.get(key, ())), set(inputs.get(key, ()))
        members |= {f"Add{name}": sorted(new - old)} if new - old else {}
        members |= {f"Remove{name}": sorted(old - new)} if old - new else {}
    account.client("ec2").modify_vpc_endpoint(**members)
    return was.outputs


def _delete(account: LocalAccount, endpoint: Deployed) -> None:
    unless_gone(lambda: account.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[endpoint.id]))


def _tag(account: LocalAccount, endpoint: Deployed, wanted: Tags, outdated: list[str]) -> None:
    ec2 = account.client("ec2")
    if outdated:
        ec2.delete_tags(Resources=[endpoint.id], Tags=[{"Key": key} for key in outdated])
    ec2.create_tags(Resources=[endpoint.id], Tags=tag_list({"tags": wanted}))


KINDS = {
    "aws:ec2/vpcEndpoint:VpcEndpoint": Kind(
        create=_vpc_endpoint, update=_update, delete=_delete, tag=_tag
    ),
}
