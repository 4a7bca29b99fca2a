"""Do the stack's subnets have a way out?"""

from dataclasses import dataclass
from typing import Any

import pytest

from operations.deployment import AwsClients, local_access
from operations.doctor.finding import Finding
from operations.doctor.network import check_network
from rehearsal.local_account import LocalAccount
from tests.operations.doctor.patients import StubbedClients, found_by, settings_with, told

GROUP = "sg-0123456789abcdef0"


@dataclass
class Vpc:
    """A VPC with one subnet and no way out of it."""

    ec2: Any
    id: str
    subnet: str

    def add_nat_route(self) -> None:
        allocation = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=self.subnet, AllocationId=allocation)
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.id]}])
        self.ec2.create_route(
            RouteTableId=tables["RouteTables"][0]["RouteTableId"],
            DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId=nat["NatGateway"]["NatGatewayId"],
        )

    def add_endpoint(self, service: str) -> None:
        self.ec2.create_vpc_endpoint(
            VpcId=self.id,
            ServiceName=f"com.amazonaws.us-east-1.{service}",
            VpcEndpointType="Gateway",
        )


@pytest.fixture(scope="module")
def clients(account: LocalAccount) -> AwsClients:
    return AwsClients("us-east-1", local_access(account.url))


@pytest.fixture
def vpc(clients: AwsClients) -> Vpc:
    ec2 = clients.client("ec2")
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=made, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    return Vpc(ec2, made, subnet)


def looked(clients: AwsClients, vpc: Vpc, *parts: str, **model: str) -> list[Finding]:
    network = {"vpc": {"subnetIds": [vpc.subnet], "securityGroupIds": [GROUP]}}
    sections = dict.fromkeys(parts, network)
    settings = settings_with(**sections, **({"model": model} if model else {}))
    return found_by(check_network, clients, settings)


def test_a_stack_in_no_vpc_needs_no_way() -> None:
    assert told(found_by(check_network, StubbedClients(), settings_with())) == [
        ("ok", "the stack is in no VPC")
    ]


def test_a_nat_route_is_a_way(clients: AwsClients, vpc: Vpc) -> None:
    vpc.add_nat_route()

    assert told(looked(clients, vpc, "endpoint", "invoker")) == [
        ("ok", "the subnets of the container have a route out"),
        ("ok", "the subnets of the function have a route out"),
    ]


def test_without_a_route_the_endpoints_that_are_missing_are_named(
    clients: AwsClients, vpc: Vpc
) -> None:
    found = looked(clients, vpc, "invoker")

    missing = "no VPC endpoint for s3, sagemaker.runtime"
    assert told(found) == [
        ("problem", f"the function in {vpc.subnet} has no NAT route, and {vpc.id} {missing}")
    ]
    assert "add a NAT route" in found[0].fix


def test_vpc_endpoints_are_a_way(clients: AwsClients, vpc: Vpc) -> None:
    vpc.add_endpoint("s3")

    assert told(looked(clients, vpc, "endpoint")) == [
        ("ok", f"the container in {vpc.subnet} reaches AWS by VPC endpoints")
    ]


def test_the_hub_is_not_reached_by_vpc_endpoints(clients: AwsClients, vpc: Vpc) -> None:
    vpc.add_endpoint("s3")

    found = looked(clients, vpc, "endpoint", source="hf:org/name@main")

    assert "the model comes from the Hub" in found[-1].what
    assert found[-1].verdict == "problem"
