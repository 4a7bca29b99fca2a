"""What aims Pulumi's AWS provider at a local account: the `aws:` settings of a stack.

Spelled as `pulumi_aws.config` and `pulumi_aws.ProviderEndpointArgs` spell them. The provider asks S3 Control for
a bucket's tags, at a host whose name begins with the account's number (the endpoint rules of botocore's and Go's
SDK); no such name leads to this machine everywhere. So that endpoint is a name that leads nowhere, and the account
is the provider's proxy: it reads the request whatever host it is for. Requests to loopback addresses pass a proxy
by (golang.org/x/net/http/httpproxy). Being the proxy for HTTPS as well, the account also stops whatever would
leave this machine.
"""

from typing import Any

import yaml

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY

DEFAULT_PORT = (
    4577  # beside LocalStack's 4566: a stack file with a port that changes would be of no use
)
_NOWHERE = "local-account.invalid"  # RFC 2606: resolved by nobody
_MAX_RETRIES = 3  # not 25: what fails here fails again
_SERVICES = (
    *(
        "apigatewayv2",
        "appautoscaling",
        "budgets",
        "cloudcontrol",
        "cloudformation",
        "cloudwatch",
        "ec2",
    ),
    *("iam", "kms", "lambda", "logs", "s3", "sagemaker", "secretsmanager", "sns", "sqs", "sts"),
)


def provider_config(url: str, region: str) -> dict[str, Any]:
    """Return the settings by their full keys, `aws:region` first.

    The account's number is not skipped: without it the provider cannot ask for a bucket's tags.
    """
    nowhere = f"http://{_NOWHERE}:{url.rpartition(':')[2]}"
    return {
        "aws:region": region,
        "aws:accessKey": ADMIN_ACCESS_KEY_ID,
        "aws:secretKey": ADMIN_SECRET_ACCESS_KEY,
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "aws:skipRegionValidation": True,
        "aws:s3UsePathStyle": True,
        "aws:maxRetries": _MAX_RETRIES,
        "aws:httpProxy": url,
        "aws:httpsProxy": url,
        "aws:endpoints": [{**dict.fromkeys(_SERVICES, url), "s3control": nowhere}],
    }


def provider_yaml(url: str, region: str) -> str:
    """Return the settings as a stack file holds them."""
    return as_yaml({"config": provider_config(url, region)})


def as_yaml(settings: dict[str, Any]) -> str:
    """Write settings in their order."""
    return yaml.safe_dump(settings, sort_keys=False)
