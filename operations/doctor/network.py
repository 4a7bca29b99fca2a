"""Do the stack's subnets have a way to what container and function need?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from operations.doctor.finding import Finding, Patient, Teller

_tell = Teller("network")
_DEFAULT_ROUTE = "0.0.0.0/0"
# An interface of Lambda or SageMaker has no public address, so an Internet gateway is no way out for it.
_WAYS_OUT = ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId")  # fmt: skip
# What is reached from within the VPC; images, logs and metrics of a container go SageMaker's own way unless the
# image is pulled through the VPC. docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html
_CONTAINER_NEEDS = ("s3",)
_FUNCTION_NEEDS = ("s3", "sagemaker.runtime")


def check_network(patient: Patient) -> Iterator[Finding]:
    """Look for a route out, or for VPC endpoints instead of one."""
    settings = patient.settings
    container, function = settings.endpoint.vpc, settings.invoker.vpc
    if container is None and function is None:
        yield _tell.ok("the stack is in no VPC")
        return
    if container:
        needs = () if container.endpoints else _CONTAINER_NEEDS
        yield from _ways(patient, "the container", container.subnet_ids, needs)
        if settings.model.kind == "hub" and not all(
            _routes(patient, container.subnet_ids).values()
        ):
            yield _tell.problem(
                "the model comes from the Hub, and a subnet of the container has no way to the Internet",
                "add a NAT gateway, or put the model's files into S3",
            )
    if function:
        needs = ("s3",) if container and container.endpoints else _FUNCTION_NEEDS
        yield from _ways(patient, "the function", function.subnet_ids, needs)


def _ways(
    patient: Patient, who: str, subnet_ids: Sequence[str], needs: Sequence[str]
) -> Iterator[Finding]:
    routes = _routes(patient, subnet_ids)
    closed = [subnet for subnet, is_open in routes.items() if not is_open]
    if not closed:
        yield _tell.ok(f"the subnets of {who} have a route out")
        return
    ec2 = patient.clients.client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=closed)["Subnets"]
    for vpc in sorted({each["VpcId"] for each in subnets}):
        there = _endpoint_services(ec2, vpc)
        missing = [need for need in needs if need not in there]
        if missing:
            yield _tell.problem(
                f"{who} in {', '.join(closed)} has no NAT route, and {vpc} no VPC endpoint for {', '.join(missing)}",
                "set genai:endpoint.vpc.endpoints, make the endpoints, or add a NAT route",
            )
        else:
            yield _tell.ok(f"{who} in {', '.join(closed)} reaches AWS by VPC endpoints")


def _routes(patient: Patient, subnet_ids: Sequence[str]) -> Mapping[str, bool]:
    """Whether each subnet has a route out: by its own table, or the VPC's main one."""
    ec2 = patient.clients.client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=list(subnet_ids))["Subnets"]
    vpcs = {each["SubnetId"]: each["VpcId"] for each in subnets}
    pages = ec2.get_paginator("describe_route_tables").paginate(
        Filters=[{"Name": "vpc-id", "Values": sorted(set(vpcs.values()))}]
    )
    by_subnet: dict[str, Any] = {}
    main: dict[str, Any] = {}
    for table in (table for page in pages for table in page["RouteTables"]):
        for association in table.get("Associations", []):
            if association.get("Main"):
                main[table["VpcId"]] = table
            if subnet := association.get("SubnetId"):
                by_subnet[subnet] = table
    return {
        subnet: _leads_out(by_subnet.get(subnet) or main.get(vpc, {}))
        for subnet, vpc in vpcs.items()
    }


def _leads_out(table: Mapping[str, Any]) -> bool:
    return any(
        route.get("DestinationCidrBlock") == _DEFAULT_ROUTE
        and route.get("State", "active") == "active"
        and any(route.get(way) for way in _WAYS_OUT)
        for route in table.get("Routes", [])
    )


def _endpoint_services(ec2: Any, vpc: str) -> set[str]:
    """Services that the VPC has an endpoint for, as `sagemaker.runtime`."""
    pages = ec2.get_paginator("describe_vpc_endpoints").paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}]
    )
    # com.amazonaws.us-east-1.sagemaker.runtime
    names = [
        each["ServiceName"].removeprefix("cn.") for page in pages for each in page["VpcEndpoints"]
    ]
    return {name.split(".", 3)[-1] for name in names}
