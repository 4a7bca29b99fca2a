"""The control plane's List operations, tags, and bounds that the service model does not hold."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.rehearsal.tenant import ECHO, IMAGE, Tenant, refusal, unique

ROLE = "arn:aws:iam::123456789012:role/nobody"
DAY = timedelta(days=1)


def create_model(tenant: Tenant, name: str, **more: Any) -> str:
    tenant.client("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, **more}
    )
    return name


@pytest.mark.fact(
    "§1 control plane: lists are sorted by creation time, newest first, unless asked otherwise"
)
def test_a_list_is_sorted_as_it_is_asked(tenant: Tenant) -> None:
    prefix, sagemaker = unique("sorted"), tenant.client("sagemaker")
    for suffix in ("b", "c", "a"):
        create_model(tenant, f"{prefix}-{suffix}")

    def letters(**asked: Any) -> str:
        found = sagemaker.list_models(NameContains=prefix, **asked)["Models"]
        return "".join(model["ModelName"][-1] for model in found)

    assert letters() == letters(SortBy="CreationTime", SortOrder="Descending") == "acb"
    assert letters(SortOrder="Ascending") == "bca"
    assert letters(SortBy="Name") == "cba"
    assert letters(SortBy="Name", SortOrder="Ascending") == "abc"


@pytest.mark.fact("§1 control plane: lists are filtered by name, status and times")
def test_a_list_is_filtered_by_time(tenant: Tenant) -> None:
    sagemaker, name = tenant.client("sagemaker"), create_model(tenant, unique("timed"))
    created: datetime = sagemaker.describe_model(ModelName=name)["CreationTime"]
    endpoint = tenant.serve(ECHO)
    modified: datetime = sagemaker.describe_endpoint(EndpointName=endpoint)["LastModifiedTime"]

    def is_listed(**asked: Any) -> bool:
        return bool(sagemaker.list_models(NameContains=name, **asked)["Models"])

    assert is_listed(CreationTimeAfter=created - DAY, CreationTimeBefore=created + DAY)
    assert not is_listed(CreationTimeAfter=created + DAY)
    assert not is_listed(CreationTimeBefore=created - DAY)
    for asked, expected in (
        ({"LastModifiedTimeAfter": modified - DAY}, [endpoint]),
        ({"LastModifiedTimeAfter": modified + DAY}, []),
        ({"LastModifiedTimeBefore": modified - DAY}, []),
        ({"StatusEquals": "InService", "SortBy": "Status"}, [endpoint]),
    ):
        found = sagemaker.list_endpoints(NameContains=endpoint, **asked)["Endpoints"]
        assert [each["EndpointName"] for each in found] == expected


def test_configurations_are_listed_a_page_at_a_time(tenant: Tenant) -> None:
    sagemaker, model = tenant.client("sagemaker"), tenant.model(ECHO)
    names = [tenant.configuration(model) for _ in range(3)]

    first = sagemaker.list_endpoint_configs(NameContains="configuration-", MaxResults=2)
    second = sagemaker.list_endpoint_configs(
        NameContains="configuration-", MaxResults=2, NextToken=first["NextToken"]
    )

    found = [
        each["EndpointConfigName"] for page in (first, second) for each in page["EndpointConfigs"]
    ]
    assert found[:3] == names[::-1]
    code, message = refusal(lambda: sagemaker.list_endpoint_configs(NextToken="garbage"))
    assert (code, message) == (
        "ValidationException",
        "The NextToken is not one that this operation gave.",
    )


def test_components_are_listed_by_where_they_are(tenant: Tenant) -> None:
    sagemaker, endpoint = tenant.client("sagemaker"), tenant.place_for_components()
    name = tenant.component(endpoint, copies=0)

    def names(**asked: Any) -> list[str]:
        found = sagemaker.list_inference_components(NameContains=name, **asked)
        return [each["InferenceComponentName"] for each in found["InferenceComponents"]]

    assert names(StatusEquals="InService") == [name]
    assert names(EndpointNameEquals=endpoint, VariantNameEquals="AllTraffic") == [name]
    assert names(VariantNameEquals="Other") == []
    assert names(StatusEquals="Failed") == []


# Tags


def tags(count: int, first: int = 0) -> list[dict[str, str]]:
    return [{"Key": f"key-{index}", "Value": ""} for index in range(first, first + count)]


@pytest.mark.fact("§1 Names and strings: at most 50 tags a resource, each key once")
def test_a_resource_has_at_most_50_tags_and_each_key_once(tenant: Tenant) -> None:
    sagemaker, name = tenant.client("sagemaker"), create_model(tenant, unique("tagged"))
    arn = sagemaker.describe_model(ModelName=name)["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=tags(49))

    for added, message in (
        (tags(2, first=49), "A resource has at most 50 tags; these would be 51."),
        ([*tags(1, 60), *tags(1, 60)], 'Tag keys must be unique; "key-60" is not.'),
        ([{"Key": "aws:mine", "Value": ""}], 'that begin with aws: are reserved; "aws:mine" does.'),
    ):
        code, said = refusal(lambda added=added: sagemaker.add_tags(ResourceArn=arn, Tags=added))
        assert code == "ValidationException"
        assert message in said
    sagemaker.add_tags(ResourceArn=arn, Tags=tags(2, first=48))
    assert len(sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 50


def test_a_resource_with_tags_that_cannot_be_is_not_created(tenant: Tenant) -> None:
    sagemaker, name = tenant.client("sagemaker"), unique("model")

    code, _ = refusal(
        lambda: sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE},
            Tags=[*tags(1), *tags(1)],
        )
    )

    assert code == "ValidationException"
    _, message = refusal(lambda: sagemaker.describe_model(ModelName=name))
    assert message.startswith("Could not find model")


@pytest.mark.fact("§1 Names and strings: an environment has at most 32 KB in total")
def test_an_environment_has_at_most_32_kb(tenant: Tenant) -> None:
    environment = {f"KEY_{index:03}": "x" * 1000 for index in range(33)}

    code, message = refusal(lambda: create_model(tenant, unique("model"), Environment=environment))

    assert code == "ValidationException"
    assert message.endswith("must be at most 32768 bytes together; they are 33231.")
    create_model(tenant, unique("model"), Environment=dict(list(environment.items())[:32]))
