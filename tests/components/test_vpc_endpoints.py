import pytest

from components import GenAIEndpoint, VpcEndpoints, VpcEndpointsArgs
from components.endpoint.feature_args import VpcArgs
from components.vpc_endpoints import INTERFACE_SERVICES
from rehearsal.program import ProgramRun
from tests import harness
from tests.components.configurations import REALTIME, with_args
from tests.harness import deploy, inputs_of

VPC_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
MODEL = "aws:sagemaker/model:Model"
ARGS: VpcEndpointsArgs = {
    "vpc_id": "vpc-1",
    "subnet_ids": ["subnet-1", "subnet-2"],
    "security_group_ids": ["sg-1"],
    "route_table_ids": ["rtb-1"],
    "tags": {"Project": "genai"},
}


@pytest.fixture
def run() -> ProgramRun:
    return deploy(lambda: VpcEndpoints("v", ARGS))


def test_s3_is_reached_through_the_route_tables(run: ProgramRun) -> None:
    (gateway,) = [inputs_of(r) for r in run.all(VPC_ENDPOINT) if r.name == "v-s3"]

    assert gateway == {
        "vpcId": "vpc-1",
        "vpcEndpointType": "Gateway",
        "serviceName": "com.amazonaws.us-east-1.s3",
        "routeTableIds": ["rtb-1"],
        "tags": {"Project": "genai"},
    }


def test_every_other_service_has_an_interface_under_its_own_name(run: ProgramRun) -> None:
    interfaces = [inputs_of(r) for r in run.all(VPC_ENDPOINT) if r.name != "v-s3"]

    assert {i.pop("serviceName") for i in interfaces} == {
        f"com.amazonaws.us-east-1.{service}"
        for service in ("ecr.api", "ecr.dkr", "logs", "monitoring", "sagemaker.runtime", "sts")
    }
    assert (
        interfaces
        == [
            {
                "vpcId": "vpc-1",
                "vpcEndpointType": "Interface",
                "subnetIds": ["subnet-1", "subnet-2"],
                "securityGroupIds": ["sg-1"],
                "privateDnsEnabled": True,
                "tags": {"Project": "genai"},
            }
        ]
        * 6
    )


def test_in_china_most_services_have_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        harness.DATA_SOURCES, "aws:index/getRegion:getRegion", {"region": "cn-north-1"}
    )

    run = deploy(lambda: VpcEndpoints("v", ARGS))

    assert {inputs_of(r)["serviceName"] for r in run.all(VPC_ENDPOINT)} == {
        "com.amazonaws.cn-north-1.s3",
        "com.amazonaws.cn-north-1.logs",
        "cn.com.amazonaws.cn-north-1.ecr.api",
        "cn.com.amazonaws.cn-north-1.ecr.dkr",
        "cn.com.amazonaws.cn-north-1.monitoring",
        "cn.com.amazonaws.cn-north-1.sagemaker.runtime",
        "cn.com.amazonaws.cn-north-1.sts",
    }


def test_it_tells_the_ids_by_service(run: ProgramRun) -> None:
    outputs = run.outputs_of["genai:index:VpcEndpoints::v"]

    assert outputs["s3_endpoint_id"] == "v-s3-id"
    assert outputs["interface_endpoint_ids"]["sagemaker.runtime"] == "v-sagemaker-runtime-id"
    assert len(outputs["interface_endpoint_ids"]) == 6


VPC: VpcArgs = {
    "subnet_ids": ["subnet-1"],
    "security_group_ids": ["sg-1"],
    "endpoints": {"vpc_id": "vpc-1", "route_table_ids": ["rtb-1"]},
}


def test_an_endpoint_makes_them_before_its_container_starts() -> None:
    run = deploy(lambda: GenAIEndpoint("m", with_args(REALTIME, vpc=VPC)))

    made = {registration.name: inputs_of(registration) for registration in run.all(VPC_ENDPOINT)}
    assert made.keys() == {f"m-vpc-{s.replace('.', '-')}" for s in ("s3", *INTERFACE_SERVICES)}
    assert made["m-vpc-s3"]["routeTableIds"] == ["rtb-1"]
    assert made["m-vpc-ecr-api"]["subnetIds"] == ["subnet-1"]
    waited_for = {urn.rpartition("::")[2] for urn in run.only(MODEL).dependencies}
    assert waited_for >= made.keys()


def test_an_endpoint_that_is_switched_off_has_none_because_they_are_billed() -> None:
    run = deploy(lambda: GenAIEndpoint("m", with_args(REALTIME, vpc=VPC, enabled=False)))

    assert run.all(VPC_ENDPOINT) == []
