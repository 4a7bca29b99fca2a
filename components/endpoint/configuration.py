"""The endpoint configuration: variants, queue, capture and volume key."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import sagemaker

from components.bucket_layout import ASYNC_FAILURES_PREFIX, ASYNC_RESULTS_PREFIX, CAPTURE_PREFIX
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.feature_args import AsyncArgs
from components.endpoint.notifications import Topics
from components.endpoint.variants import production_variants, shadow_variants
from components.modes import ASYNC, REALTIME, SCALE_TO_ZERO

DEFAULT_ASYNC_CONCURRENCY = 4


def make_configuration(
    name: str,
    args: GenAIEndpointArgs,
    models: Mapping[str, sagemaker.Model],
    *,
    role_arn: pulumi.Input[str],
    topics: Topics,
    parent: pulumi.Resource,
) -> sagemaker.EndpointConfiguration:
    """Register the configuration.

    It has no name of our choice: nothing in it can be changed, so a change makes another one and the
    endpoint moves over to it.
    """
    mode = args.get("mode", REALTIME)
    model_names = {variant: model.name for variant, model in models.items()}
    return sagemaker.EndpointConfiguration(
        f"{name}-configuration",
        production_variants=production_variants(args, model_names),
        shadow_production_variants=shadow_variants(args, model_names),
        async_inference_config=_async_config(args, topics) if mode == ASYNC else None,
        data_capture_config=_capture_config(args),
        # A variant without a model of its own has no role of its own either.
        execution_role_arn=role_arn if mode == SCALE_TO_ZERO else None,
        kms_key_arn=args.get("volume_kms_key_arn"),
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _async_config(
    args: GenAIEndpointArgs, topics: Topics
) -> sagemaker.EndpointConfigurationAsyncInferenceConfigArgs:
    asynchronous = args.get("asynchronous") or AsyncArgs()
    bucket = args.get("data_bucket_name")
    return sagemaker.EndpointConfigurationAsyncInferenceConfigArgs(
        client_config=sagemaker.EndpointConfigurationAsyncInferenceConfigClientConfigArgs(
            max_concurrent_invocations_per_instance=asynchronous.get(
                "max_concurrency_per_instance", DEFAULT_ASYNC_CONCURRENCY
            )
        ),
        output_config=sagemaker.EndpointConfigurationAsyncInferenceConfigOutputConfigArgs(
            s3_output_path=pulumi.Output.format("s3://{}/{}", bucket, ASYNC_RESULTS_PREFIX),
            s3_failure_path=pulumi.Output.format("s3://{}/{}", bucket, ASYNC_FAILURES_PREFIX),
            kms_key_id=async_output_key(args),
            notification_config=_notification_config(asynchronous, topics),
        ),
    )


def _notification_config(
    asynchronous: AsyncArgs, topics: Topics
) -> sagemaker.EndpointConfigurationAsyncInferenceConfigOutputConfigNotificationConfigArgs | None:
    if not topics.arns():
        return None
    with_response = [
        reply
        for reply, topic in (
            ("SUCCESS_NOTIFICATION_TOPIC", topics.success),
            ("ERROR_NOTIFICATION_TOPIC", topics.error),
        )
        if topic is not None and asynchronous.get("include_response", False)
    ]
    return sagemaker.EndpointConfigurationAsyncInferenceConfigOutputConfigNotificationConfigArgs(
        success_topic=topics.success,
        error_topic=topics.error,
        include_inference_response_ins=with_response or None,
    )


def _capture_config(
    args: GenAIEndpointArgs,
) -> sagemaker.EndpointConfigurationDataCaptureConfigArgs | None:
    capture = args.get("capture")
    if not capture:
        return None
    modes = [
        mode for mode, key in (("Input", "inputs"), ("Output", "outputs")) if capture.get(key, True)
    ]
    return sagemaker.EndpointConfigurationDataCaptureConfigArgs(
        enable_capture=True,
        initial_sampling_percentage=capture["percent"],
        destination_s3_uri=pulumi.Output.format(
            "s3://{}/{}", args.get("data_bucket_name"), CAPTURE_PREFIX
        ),
        capture_options=[
            sagemaker.EndpointConfigurationDataCaptureConfigCaptureOptionArgs(capture_mode=mode)
            for mode in modes
        ],
        kms_key_id=capture_key(args),
        # What is not named here is kept base64-encoded.
        capture_content_type_header=sagemaker.EndpointConfigurationDataCaptureConfigCaptureContentTypeHeaderArgs(
            json_content_types=["application/json"]
        ),
    )


def async_output_key(args: GenAIEndpointArgs) -> pulumi.Input[str] | None:
    """Key for asynchronous results.

    Named even where it is the bucket's own: SageMaker documents that without one it takes the account's
    default key for S3, whatever the bucket says.
    """
    return args.get("async_output_kms_key_arn") or args.get("data_kms_key_arn")


def capture_key(args: GenAIEndpointArgs) -> pulumi.Input[str] | None:
    """Key for captured requests and replies; see `async_output_key`."""
    return args.get("capture_kms_key_arn") or args.get("data_kms_key_arn")
