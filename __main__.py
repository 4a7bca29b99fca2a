"""A generative model on SageMaker, a Lambda in front, S3 behind; settings: docs/configuration.md."""

from pathlib import Path

import pulumi

from components import CostGuard, GenAIEndpoint, InvokerFunction, ModelBucket
from components.pulumi_configuration import stack_configuration
from settings import SettingsError, decode_pulumi_config, parse_settings
from settings.billed import estimate_of
from settings.component_args import bucket_args, endpoint_args, guard_args, invoker_args

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
CostGuard(settings.resource_name, {**guard_args(settings), **endpoint.names()})

pulumi.export("endpoint_name", endpoint.endpoint_name)
pulumi.export("endpoint_arn", endpoint.endpoint_arn)
pulumi.export("bucket_name", bucket.bucket_name)
pulumi.export("function_name", invoker.function_name)
pulumi.export("function_arn", invoker.function_arn)
pulumi.export("estimated_monthly_usd", bill.summary)
for name, way_in in invoker.ways_in().items():
    pulumi.export(name, way_in)
if settings.model.bucket_owner:
    pulumi.export("model_bucket_policy", endpoint.model_bucket_policy)
