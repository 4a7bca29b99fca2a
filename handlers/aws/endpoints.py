"""Where AWS's services are: the host names of every Region, or the address that the environment gives.

The rules are those of botocore 1.44.5 (`endpoint-rule-set-1.json` of each service, and
`partitions.json`); the tests compare every Region of every partition.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from handlers.aws.errors import AwsSettingsError


class Address(NamedTuple):
    """Where requests to a service go."""

    is_encrypted: bool
    host: str
    port: int
    base_path: str = ""
    """What stands before the path of every request: empty, or `/bucket`."""

    @property
    def host_header(self) -> str:
        """The host as a request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual_port = 443 if self.is_encrypted else 80
        return host if self.port == usual_port else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as a URL."""
        return f"http{'s' * self.is_encrypted}://{self.host_header}{self.base_path}"


class _Partition(NamedTuple):
    """A part of AWS with host names of its own."""

    name: str
    suffix: str
    dual_stack_suffix: str


_COMMERCIAL = _Partition("aws", "amazonaws.com", "api.aws")
_OTHER_PARTITIONS = {
    "cn-": _Partition("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    "us-gov-": _Partition("aws-us-gov", "amazonaws.com", "api.aws"),
    "eusc-": _Partition("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"),
    "us-iso-": _Partition("aws-iso", "c2s.ic.gov", "api.aws.ic.gov"),
    "us-isob-": _Partition("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"),
    "eu-isoe-": _Partition("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    "us-isof-": _Partition("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
}
"""By the beginning of their Regions' names."""

_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# A host name under *.s3.REGION.amazonaws.com must be one label, or the certificate does not fit it.
_VIRTUAL_HOST_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


class Endpoints:
    """Where the services are, for one Region and one environment."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Read AWS_REGION, AWS_ENDPOINT_URL and its forms per service, and the two AWS_USE_ switches.

        Raises AwsSettingsError when there is no Region, or an address cannot be used.
        """
        self.region: str = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or ""
        if not _REGION.fullmatch(self.region):
            raise AwsSettingsError(
                f"AWS_REGION must be the name of a Region, got {self.region!r}. Lambda sets it; to"
                " run the handler by hand, export it first."
            )
        self._variables = variables
        self._uses_fips = _is_on(variables.get("AWS_USE_FIPS_ENDPOINT"))
        self._uses_dual_stack = _is_on(variables.get("AWS_USE_DUALSTACK_ENDPOINT"))
        self._partition = _partition_of(self.region)

    def sagemaker_runtime(self) -> Address:
        """SageMaker's runtime, which takes the calls to endpoints."""
        if given := self._given("SAGEMAKER_RUNTIME"):
            return given
        service = "runtime.sagemaker"
        if self._uses_fips:
            service = "runtime.sagemaker-fips"
            if not self._uses_dual_stack and self._partition.name == "aws":
                service = "runtime-fips.sagemaker"
            elif not self._uses_dual_stack and self._partition.name == "aws-us-gov":
                service = "runtime.sagemaker"
        return self._public(service)

    def sqs(self) -> Address:
        """SQS."""
        if given := self._given("SQS"):
            return given
        is_fips_by_itself = self._partition.name == "aws-us-gov" and not self._uses_dual_stack
        return self._public("sqs-fips" if self._uses_fips and not is_fips_by_itself else "sqs")

    def s3(self, bucket: str) -> Address:
        """S3, as far as a bucket is concerned."""
        if given := self._given("S3"):
            return given._replace(base_path=f"{given.base_path}/{bucket}")
        if self._uses_fips and self._partition.name == "aws-cn":
            raise AwsSettingsError(
                f"AWS_USE_FIPS_ENDPOINT is set, and S3 has no such endpoint in {self.region}."
            )
        # In us-east-1 too the Region's own name, which a VPC endpoint for S3 answers to; boto3 takes
        # s3.amazonaws.com there unless it is told otherwise.
        service = "s3-fips" if self._uses_fips else "s3"
        family = ".dualstack" if self._uses_dual_stack else ""
        host = f"{service}{family}.{self.region}.{self._partition.suffix}"
        if _VIRTUAL_HOST_BUCKET.fullmatch(bucket):
            return Address(is_encrypted=True, host=f"{bucket}.{host}", port=443)
        return Address(is_encrypted=True, host=host, port=443, base_path=f"/{bucket}")

    def _public(self, service: str) -> Address:
        partition = self._partition
        suffix = partition.dual_stack_suffix if self._uses_dual_stack else partition.suffix
        return Address(is_encrypted=True, host=f"{service}.{self.region}.{suffix}", port=443)

    def _given(self, service: str) -> Address | None:
        """The address that the environment gives for a service, if it does."""
        name = f"AWS_ENDPOINT_URL_{service}"
        url = self._variables.get(name)
        if not url:
            name = "AWS_ENDPOINT_URL"
            url = self._variables.get(name)
        if not url:
            return None
        if self._uses_fips or self._uses_dual_stack:
            raise AwsSettingsError(
                f"{name} gives an address, so AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT"
                " cannot choose one: unset either."
            )
        return address_of(url, name)


def address_of(url: str, name: str) -> Address:
    """The address in a URL, which comes from the variable `name`. Raises AwsSettingsError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AwsSettingsError(f"{name} must be an http or https URL, got {url!r}.")
    is_encrypted = parts.scheme == "https"
    return Address(
        is_encrypted=is_encrypted,
        host=parts.hostname,
        port=port or (443 if is_encrypted else 80),
        base_path=parts.path.rstrip("/"),
    )


def _partition_of(region: str) -> _Partition:
    for beginning, partition in _OTHER_PARTITIONS.items():
        if region.startswith(beginning):
            return partition
    return _COMMERCIAL


def _is_on(value: str | None) -> bool:
    return (value or "").lower() == "true"
