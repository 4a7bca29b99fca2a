"""The Lambda Web Adapter, which lets a Python function stream: Lambda's own runtime for it cannot.

It runs beside the code as an extension, waits until a web server answers on a port, and passes each request of the
function URL on to it. https://aws.github.io/aws-lambda-web-adapter/ (read 2026-11-25). Not run on AWS.
"""

import pulumi
import pulumi_aws as aws

from components.invoker.args import InvokerFunctionArgs

# The wrapper runs the handler as a program. Pulumi packs files without their modes, and Lambda makes all of them
# executable (tried by Pulumi: https://github.com/pulumi/pulumi/pull/4018, comment of 2022-06-09).
START_SCRIPT = "handlers/web/start.sh"

# Release 1.1.0: https://github.com/aws/aws-lambda-web-adapter/pull/871 (2026-09-18).
LAYER_VERSION = 30
LAYER_ACCOUNT_ID = "753240598075"
PUBLISHED_PARTITION = "aws"

# https://aws.github.io/aws-lambda-web-adapter/configuration/environment-variables.html (read 2026-11-25).
ADAPTER_VARIABLES = {
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
    "AWS_LWA_INVOKE_MODE": "response_stream",
    "AWS_LWA_PORT": "8080",
    "AWS_LWA_READINESS_CHECK_PATH": "/ready",
}


def adapter_layer(args: InvokerFunctionArgs, parent: pulumi.Resource) -> pulumi.Input[str]:
    """ARN of the layer version with the adapter: the one given, or the one published in the Region.

    Raises:
        ValueError: within the output, where none is given and none is published.
    """
    given = args.get("adapter_layer_arn")
    if given is not None:
        return given
    within = pulumi.InvokeOutputOptions(parent=parent)
    return pulumi.Output.all(
        aws.get_partition_output(opts=within).partition, aws.get_region_output(opts=within).region
    ).apply(lambda known: published_layer(*known))


def published_layer(partition: str, region: str) -> str:
    """ARN of the layer version for arm64 that the adapter's authors publish in a Region.

    Raises:
        ValueError: they publish none for this architecture outside the commercial Regions.
    """
    if partition != PUBLISHED_PARTITION:
        raise ValueError(
            f"streaming: no Lambda Web Adapter for arm64 is published in {region}; name a layer version of your own in"
            " adapter_layer_arn"
        )
    return f"arn:{partition}:lambda:{region}:{LAYER_ACCOUNT_ID}:layer:LambdaAdapterLayerArm64:{LAYER_VERSION}"
