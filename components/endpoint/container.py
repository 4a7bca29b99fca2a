"""The container of a SageMaker model: image, model and environment."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import sagemaker, secretsmanager

from components.endpoint.args import GenAIEndpointArgs
from components.modes import REALTIME, SERVERLESS

Environment = pulumi.Input[Mapping[str, pulumi.Input[str]]]


def with_secrets_marked(args: GenAIEndpointArgs) -> GenAIEndpointArgs:
    """Return `args` with the secret variables marked, so that every copy of them in Pulumi's state is encrypted.

    The component's own inputs are such a copy.
    """
    marked = {
        variable: pulumi.Output.secret(value)
        for variable, value in args.get("secret_environment", {}).items()
    }
    return {**args, "secret_environment": marked} if marked else args


def primary_container(
    args: GenAIEndpointArgs, parent: pulumi.Resource
) -> sagemaker.ModelPrimaryContainerArgs:
    """Build the container that `args` ask for."""
    environment = _environment(args, parent)
    package_arn = args.get("model_package_arn")
    if package_arn is not None:
        return sagemaker.ModelPrimaryContainerArgs(
            model_package_name=package_arn, environment=environment
        )
    image_uri, model_uri = args.get("image_uri"), args.get("model_uri")
    if model_uri is None:
        return sagemaker.ModelPrimaryContainerArgs(image=image_uri, environment=environment)
    known_uri = pulumi.Output.from_input(model_uri)
    if args.get("mode", REALTIME) == SERVERLESS:
        # Serverless endpoints know no ModelDataSource.
        return sagemaker.ModelPrimaryContainerArgs(
            image=image_uri,
            model_data_url=known_uri.apply(lambda uri: uri or None),
            environment=environment,
        )
    accept_eula = args.get("accept_eula", False)
    return sagemaker.ModelPrimaryContainerArgs(
        image=image_uri,
        model_data_source=known_uri.apply(
            lambda uri: _model_data_source(uri, accept_eula=accept_eula)
        ),
        environment=environment,
    )


def _model_data_source(
    model_uri: str, *, accept_eula: bool
) -> sagemaker.ModelPrimaryContainerModelDataSourceArgs | None:
    if not model_uri:
        return None
    is_prefix = model_uri.endswith("/")
    source = sagemaker.ModelPrimaryContainerModelDataSourceS3DataSourceArgs(
        s3_uri=model_uri,
        s3_data_type="S3Prefix" if is_prefix else "S3Object",
        compression_type="None" if is_prefix else "Gzip",
        model_access_config=(
            sagemaker.ModelPrimaryContainerModelDataSourceS3DataSourceModelAccessConfigArgs(
                accept_eula=True
            )
            if accept_eula
            else None
        ),
    )
    return sagemaker.ModelPrimaryContainerModelDataSourceArgs(s3_data_sources=[source])


def _environment(args: GenAIEndpointArgs, parent: pulumi.Resource) -> Environment | None:
    """Return the whole environment; secret as a whole as soon as one variable is."""
    plain = args.get("environment")
    secrets = {
        **args.get("secret_environment", {}),
        **{
            variable: _secret_value(secret_arn, parent)
            for variable, secret_arn in args.get("environment_from_secrets", {}).items()
        },
    }
    if not secrets:
        return plain
    return pulumi.Output.all(plain or {}, secrets).apply(lambda parts: {**parts[0], **parts[1]})


def _secret_value(secret_arn: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    version = secretsmanager.get_secret_version_output(
        secret_id=secret_arn, opts=pulumi.InvokeOutputOptions(parent=parent)
    )
    return pulumi.Output.secret(version.secret_string)
