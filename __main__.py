"""A generative model on SageMaker, a Lambda in front, S3 behind; settings: docs/configuration.md."""

from pathlib import Path

import pulumi

from components import CostGuard, GenAIEndpoint, InvokerFunction, ModelBucket, Observability
from components.pulumi_configuration import stack_configuration
from settings import SettingsError, decode_pulumi_config, parse_settings
from settings.billed import estimate_of
from settings.component_args import (
    bucket_args,
    endpoint_args,
    guard_args,
    invoker_args,
    watch_args,
)

stack = pulumi.get_stack()
try:
    settings = parse_settings(
        decode_pulumi_config(*stack_configuration()),
        project=pulumi.get_project(),
        stack=stack,
        project_dir=Path(__file__).resolve().parent,
        source=f"Pulumi.{stack}.yaml",
    )
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None
bill = estimate_of(settings)
pulumi.log.info(f"This stack costs {bill.told}; genai cost {stack} says what for.")

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
        **endpoint.names(),
        "bucket_name": bucket.bucket_name,
        "model_uri": settings.model.source if model_uri is None else model_uri,
    },
)
endpoint.grant_invoke("invoker", invoker.role_name)
invoker.use_bucket(bucket)
if settings.asynchronous.notify:
    invoker.complete_records(bucket, endpoint.success_topic_arn, endpoint.error_topic_arn)
if guarded := guard_args(settings):
    CostGuard(settings.resource_name, {**guarded})
pulumi.export("estimated_monthly_usd", bill.summary)

parts = [bucket, endpoint, invoker]
if settings.watch.enabled:
    watched = Observability(
        settings.resource_name,
        {**watch_args(settings), "endpoint": endpoint.watched(), "function": invoker.watched()},
    )
    parts += [watched]

for part in parts:
    for name, output in part.exports().items():
        pulumi.export(name, output)
