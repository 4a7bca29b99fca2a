"""The services' addresses, held against botocore's rules for every Region of every partition."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from handlers.aws.endpoints import Address, Endpoints, address_of
from handlers.aws.errors import AwsSettingsError

LOADER = Loader()
PARTITIONS: Any = LOADER.load_data("partitions")
PROVIDERS = {
    service: EndpointProvider(LOADER.load_service_model(service, "endpoint-rule-set-1"), PARTITIONS)
    for service in ("sagemaker-runtime", "sqs", "s3")
}
BUCKETS = ("genai-dev-records-0123abc", "with.dots", "abc")


def regions() -> Iterator[str]:
    """All there are, without the names for services that have none."""
    for partition in PARTITIONS["partitions"]:
        yield from (name for name in partition["regions"] if not name.endswith("-global"))


def botocores(service: str, **parameters: object) -> str | None:
    """The URL by botocore's rules; None when they refuse."""
    try:
        return PROVIDERS[service].resolve_endpoint(**parameters).url
    except EndpointProviderError:
        return None


def endpoints(region: str, **variables: str) -> Endpoints:
    return Endpoints({"AWS_REGION": region, **variables})


def test_there_are_regions_to_compare() -> None:
    assert {"us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"} <= set(regions())


@pytest.mark.parametrize("is_fips", [False, True])
@pytest.mark.parametrize("is_dual_stack", [False, True])
@pytest.mark.parametrize("region", list(regions()))
def test_every_host_is_botocores(region: str, *, is_fips: bool, is_dual_stack: bool) -> None:
    ours = endpoints(
        region,
        AWS_USE_FIPS_ENDPOINT=str(is_fips).lower(),
        AWS_USE_DUALSTACK_ENDPOINT=str(is_dual_stack),
    )
    given: dict[str, object] = {
        "Region": region,
        "UseFIPS": is_fips,
        "UseDualStack": is_dual_stack,
    }

    assert ours.sagemaker_runtime().url == botocores("sagemaker-runtime", **given)
    assert ours.sqs().url == botocores("sqs", **given)
    for bucket in BUCKETS:
        expected = botocores("s3", Bucket=bucket, UseGlobalEndpoint=False, **given)
        if expected is None:
            with pytest.raises(AwsSettingsError, match=f"no such endpoint in {region}"):
                ours.s3(bucket)
        else:
            assert ours.s3(bucket).url == expected


def test_an_address_of_its_own_goes_before_the_one_for_all() -> None:
    ours = endpoints(
        "us-east-1",
        AWS_ENDPOINT_URL="http://127.0.0.1:4566",
        AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME="https://runtime.test/proxy/",
    )

    assert ours.sagemaker_runtime() == Address(
        is_encrypted=True, host="runtime.test", port=443, base_path="/proxy"
    )
    assert ours.sqs().url == "http://127.0.0.1:4566"
    assert ours.s3("bucket") == Address(
        is_encrypted=False, host="127.0.0.1", port=4566, base_path="/bucket"
    )


@pytest.mark.parametrize("switch", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_a_given_address_and_a_choice_of_addresses_contradict_each_other(switch: str) -> None:
    ours = endpoints("us-east-1", AWS_ENDPOINT_URL_SQS="http://localhost:1", **{switch: "true"})

    with pytest.raises(AwsSettingsError, match=r"^AWS_ENDPOINT_URL_SQS gives an address, so"):
        ours.sqs()


@pytest.mark.parametrize(
    "url", ["localhost:4566", "ftp://x", "http://", "http://x:port", "http://["]
)
def test_what_is_no_http_url_is_refused_with_the_variables_name(url: str) -> None:
    with pytest.raises(AwsSettingsError) as caught:
        address_of(url, "AWS_ENDPOINT_URL")

    assert str(caught.value) == f"AWS_ENDPOINT_URL must be an http or https URL, got {url!r}."


@pytest.mark.parametrize("variables", [{}, {"AWS_REGION": ""}, {"AWS_REGION": "evil.test/"}])
def test_without_a_region_nothing_is_known(variables: dict[str, str]) -> None:
    with pytest.raises(AwsSettingsError, match="AWS_REGION must be the name of a Region"):
        Endpoints(variables)


def test_the_default_region_is_taken_where_lambda_gives_none() -> None:
    assert Endpoints({"AWS_DEFAULT_REGION": "eu-west-1"}).region == "eu-west-1"


@pytest.mark.parametrize(
    ("address", "header"),
    [
        (Address(is_encrypted=True, host="h", port=443), "h"),
        (Address(is_encrypted=True, host="h", port=80), "h:80"),
        (Address(is_encrypted=False, host="h", port=80), "h"),
        (Address(is_encrypted=False, host="::1", port=8080), "[::1]:8080"),
    ],
)
def test_a_host_is_named_with_its_port_unless_it_is_the_usual_one(
    address: Address, header: str
) -> None:
    assert address.host_header == header
