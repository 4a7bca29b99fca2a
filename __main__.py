"""A generative model on a SageMaker endpoint, a Lambda in front, S3 for model, inputs and results.

What a stack may say is described in Pulumi.yaml; what each one says is in Pulumi.<stack>.yaml.
"""

from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components import GenAIEndpoint, InvokerFunction, ModelBucket
from settings import SettingsError, decode_pulumi_config, parse_settings
from settings.component_args import bucket_args, endpoint_args, invoker_args

project, stack = pulumi.get_project(), pulumi.get_stack()

try:
    settings = parse_settings(
        decode_pulumi_config({**get_config_env(), **CONFIG.get()}),
        project=project,
        stack=stack,
        project_dir=Path(__file__).resolve().parent,
        source=f"Pulumi.{stack}.yaml",
    )
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

bucket = ModelBucket(project, {**bucket_args(settings)})
endpoint = GenAIEndpoint(project, {**endpoint_args(settings), "model_uri": bucket.model_uri})
invoker = InvokerFunction(
    project,
    {
        **invoker_args(settings),
        "endpoint_name": endpoint.endpoint_name,
        "bucket_name": bucket.bucket_name,
        "model_uri": bucket.model_uri,
    },
)
endpoint.grant_invoke("invoker", invoker.role_name)
bucket.grant_write_records("invoker", invoker.role_name)

pulumi.export("endpoint_name", endpoint.endpoint_name)
pulumi.export("endpoint_arn", endpoint.endpoint_arn)
pulumi.export("bucket_name", bucket.bucket_name)
pulumi.export("function_name", invoker.function_name)
pulumi.export("function_arn", invoker.function_arn)
