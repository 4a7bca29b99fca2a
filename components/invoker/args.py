"""Arguments of an InvokerFunction."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from components.invoker.feature_args import (
    AliasArgs,
    AsyncInvokeArgs,
    FunctionVpcArgs,
    InputsArgs,
    RedactionArgs,
)

# SageMaker gives a real-time reply 60 seconds; the rest is for the record and the reply.
DEFAULT_TIMEOUT_SECONDS = 75
DEFAULT_MEMORY_MIB = 512
DEFAULT_LOG_RETENTION_DAYS = 30
DEFAULT_LOG_LEVEL = "INFO"
DEFAULT_RECORDS = "full"
NO_RECORDS = "off"


class InvokerFunctionArgs(TypedDict):
    """What an InvokerFunction needs.

    Which resources exist follows from plain values alone, so that a preview shows all of them.
    """

    endpoint_name: pulumi.Input[str]
    """Name of the endpoint to invoke."""

    bucket_name: pulumi.Input[str]
    """Name of the bucket that keeps the records, inputs and results."""

    contract: pulumi.Input[str]
    """Payload contract of the serving container: `pipelines`, `openai-chat`, `tgi`, `lmi`, `tei`, `input-text`,
    `raw` (the request's `body` passes through) or `template`."""

    model_uri: pulumi.Input[str]
    """Where the model in service comes from, such as its S3 URI; written to every record."""

    template: NotRequired[Mapping[str, Any] | None]
    """How to ask, and to read, a container of the contract `template`: `request` and `text`, and perhaps
    `finish_reason`, `prompt_tokens`, `completion_tokens`, `stream_text`. Default none."""

    mode: NotRequired[str]
    """Mode of the endpoint, which decides how it is invoked: `realtime`, `serverless`, `async` or
    `scale-to-zero`. Default `realtime`."""

    inference_component_name: NotRequired[pulumi.Input[str] | None]
    """Inference component to invoke on the endpoint. Default none."""

    max_new_tokens: NotRequired[int]
    """Most tokens that one request may ask for, 1 to 1,000,000. Default 4096."""

    attempts: NotRequired[int]
    """How often the endpoint is asked at most, where asking again is safe, 1 to 10. Default 3."""

    repeat_after_timeout: NotRequired[bool]
    """Ask again after a time-out, at the risk of a second generation. Default false."""

    records: NotRequired[str]
    """What is kept of each request: `full`, `metadata` (all but the texts) or `off`. Default `full`."""

    redaction: NotRequired[Sequence[RedactionArgs]]
    """What to take out of the texts that are kept. Default nothing."""

    client_tokens: NotRequired[bool]
    """Let the function remember requests by their client token in the bucket, so that none is generated twice.
    Default true."""

    waking: NotRequired[str]
    """What to do with a request while the endpoint wakes up: `reply` (say so) or `queue` (keep it for later;
    needs `inputs`). Default `reply`."""

    function_url: NotRequired[bool]
    """Give the function a URL, for callers who sign with IAM credentials of this account. Default false."""

    streaming: NotRequired[bool]
    """Stream replies to callers of the URL while the model writes: the URL then leads to a second function of the
    same code and role, behind AWS's Lambda Web Adapter. Needs `function_url`. Default false."""

    adapter_layer_arn: NotRequired[pulumi.Input[str] | None]
    """Layer version with the Lambda Web Adapter for arm64. Default: the one that its authors publish in the stack's
    Region, which has none in China and GovCloud."""

    http_api: NotRequired[bool]
    """Put an API Gateway HTTP API in front, for callers who sign with IAM credentials; it gives a reply 30 seconds.
    Default false."""

    inputs: NotRequired[InputsArgs | None]
    """Run the prompts of objects that are put under `inputs/` in the bucket. Default none."""

    asynchronous: NotRequired[AsyncInvokeArgs | None]
    """What happens to events that nobody waits for when the function fails. Default: none is run again or kept."""

    alias: NotRequired[AliasArgs | None]
    """Publish a version with each change, and let the alias `live` lead to it; callers name the alias. Default none:
    callers reach the newest code at once."""

    reserved_concurrency: NotRequired[int | None]
    """Runs of the function at the same time, at most and at any time: Lambda sets them aside in the account. With
    `streaming`, for each of the two functions. 0 stops it. Default none: the account's limit."""

    tracing: NotRequired[bool]
    """Send traces to X-Ray. Default true."""

    metrics_namespace: NotRequired[str | None]
    """CloudWatch namespace of the function's own metrics (tokens, latency, retries, status). Default none: it
    publishes none."""

    vpc: NotRequired[FunctionVpcArgs | None]
    """Run in a VPC. Default none."""

    extra_statements: NotRequired[Sequence[Mapping[str, Any]]]
    """More IAM statements for the function's role. Default none."""

    timeout_seconds: NotRequired[pulumi.Input[int]]
    """Longest one invocation may run, 1 to 900 seconds. Default 75."""

    memory_mib: NotRequired[pulumi.Input[int]]
    """Memory, 128 to 10,240 MiB; CPU grows with it. Default 512."""

    log_retention_days: NotRequired[pulumi.Input[int]]
    """Days to keep the function's logs; one of CloudWatch's fixed values. Default 30."""

    log_level: NotRequired[pulumi.Input[str]]
    """Least severe level of the function's own log lines: DEBUG, INFO, WARN or ERROR. Default INFO."""

    environment_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Customer-managed key that encrypts the function's environment. Default: Lambda's own."""

    queue_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Customer-managed key that encrypts the queues; its policy must let `s3.amazonaws.com` use it if there are
    `inputs`. Default: SQS's own."""

    log_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Customer-managed key that encrypts the logs; its policy must let CloudWatch Logs of the Region use it. Default:
    CloudWatch's own."""

    build_directory: NotRequired[str]
    """Folder on this machine that keeps the function's code as it ships. Default `.artifacts` in the working
    folder."""

    permissions_boundary_arn: NotRequired[pulumi.Input[str] | None]
    """Policy that bounds the function's role."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them."""
