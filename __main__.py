"""A generative model on SageMaker, a Lambda in front, S3 behind; settings: docs/configuration.md."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import (
    CONFIG,
    get_config_env,
    get_config_secret_keys_env,
    is_config_secret,
)

from components import GenAIEndpoint, InvokerFunction, ModelBucket
from settings import SettingsError, decode_pulumi_config, parse_settings
from settings.component_args import bucket_args, endpoint_args, invoker_args

project, stack = pulumi.get_project(), pulumi.get_stack()
config = {**get_config_env(), **CONFIG.get()}
secret_keys = {*get_config_secret_keys_env(), *filter(is_config_secret, config)}
try:
    settings = parse_settings(
        decode_pulumi_config(config, secret_keys),
        project=project,
        stack=stack,
        project_dir=Path(__file__).resolve().parent,
        source=f"Pulumi.{stack}.yaml",
    )
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

bucket = ModelBucket(settings.resource_name, {**bucket_args(settings)})
model_uri = bucket.model_uri if settings.model.arrives_from_s3 else None
endpoint = GenAIEndpoint(
    settings.resource_name,
    {**endpoint_args(settings), "model_uri": model_uri, "data_bucket_name": bucket.bucket_name},
)
invoker = InvokerFunction(
    settings.resource_name,
    {
        **invoker_args(settings),
        "endpoint_name": endpoint.endpoint_name,
        "inference_component_name": endpoint.inference_component_name,
        "bucket_name": bucket.bucket_name,
        "model_uri": settings.model.source if model_uri is None else model_uri,
    },
)
endpoint.grant_invoke("invoker", invoker.role_name)
invoker.use_bucket(bucket)
if settings.asynchronous.notify:
    invoker.complete_records(bucket, endpoint.success_topic_arn, endpoint.error_topic_arn)

pulumi.export("endpoint_name", endpoint.endpoint_name)
pulumi.export("endpoint_arn", endpoint.endpoint_arn)
pulumi.export("bucket_name", bucket.bucket_name)
pulumi.export("function_name", invoker.function_name)
pulumi.export("function_arn", invoker.function_arn)
for name, way_in in invoker.ways_in().items():
    pulumi.export(name, way_in)
if settings.model.bucket_owner:
    pulumi.export("model_bucket_policy", endpoint.model_bucket_policy)
