"""`genai:invoker`: the Lambda function in front of the endpoint."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from catalog.images import Contract
from settings import limits
from settings.arns import check_layer_arn
from settings.field_checks import check_log_retention
from settings.iam_statements import Statements
from settings.sections.function import (
    AsyncInvokeSettings,
    FunctionVpcSettings,
    RetrySettings,
    VersionSettings,
)
from settings.sections.inputs import InputSettings
from settings.sections.records import RecordSettings
from settings.sections.section import Section
from settings.sections.template import TemplateSettings


class InvokerSettings(Section):
    """`genai:invoker`: the Lambda function in front of the endpoint."""

    contract: Literal["auto", Contract] = Field(
        default="auto",
        description="how the container is asked; auto is the way of the image family, which custom and "
        'model-package have none of. input-text is {"input_text": "..."} and no more, raw passes the caller\'s body '
        "through and back, template is as invoker.template says",
    )
    template: TemplateSettings | None = Field(
        default=None,
        description="the contract template: how to ask a container that no other contract fits",
    )
    max_new_tokens: int = Field(
        default=4096,
        ge=limits.NEW_TOKENS.minimum,
        le=limits.NEW_TOKENS.maximum,
        description="most tokens that one request may ask for; more is refused, because tokens are what a request costs",
    )
    retries: RetrySettings = Field(
        default=RetrySettings(), description="when the endpoint is asked again"
    )
    url: Literal["none", "iam"] = Field(
        default="none",
        description="an HTTPS address for the function: none, or iam, for callers of the account who may invoke it and sign "
        "their requests (SigV4). It waits as long as the function runs, and costs nothing of its own",
    )
    http_api: bool = Field(
        default=False,
        description="whether to make an HTTP API of API Gateway, with IAM authorization, for a domain name or logs of its own; "
        "it gives up after 30 seconds, and is billed by the request",
    )
    streaming: bool = Field(
        default=False,
        description="whether the URL answers word by word; needs url: iam. It then leads to a second function of the same "
        "code behind the Lambda Web Adapter, a layer by AWS, because Python cannot stream on Lambda by itself",
    )
    adapter_layer_arn: Annotated[str, AfterValidator(check_layer_arn)] | None = Field(
        default=None,
        description="the layer of the Lambda Web Adapter for arm64; the one that AWS publishes in the Region unless given",
        examples=["arn:aws:lambda:us-east-1:123456789012:layer:web-adapter:1"],
    )
    records: RecordSettings = Field(
        default=RecordSettings(),
        description="what is kept of a request and its reply, under records/",
    )
    inputs: InputSettings = Field(
        default=InputSettings(),
        description="files of prompts: put under inputs/, answered under results/",
    )
    waking: Literal["reply", "queue"] = Field(
        default="reply",
        description="what happens to a request while an endpoint of the mode scale-to-zero wakes up: reply (the caller is told "
        "to ask again) or queue (it is kept, and answered once there is a copy; needs inputs)",
    )
    client_tokens: bool = Field(
        default=True,
        description="whether a request that names a client token is answered once: the same token again gets the first "
        "answer, and the model is not asked a second time. Each token is a small object in S3, under claims/",
    )
    asynchronous: AsyncInvokeSettings = Field(
        default=AsyncInvokeSettings(), description="invocations that nobody waits for"
    )
    timeout_seconds: int = Field(
        default=75,
        ge=limits.INVOKER_TIMEOUT_SECONDS.minimum,
        le=limits.INVOKER_TIMEOUT_SECONDS.maximum,
        description="how long one invocation may take; SageMaker answers or gives up within 60 "
        "seconds, within 8 minutes if it streams, and the rest is for the record in S3. A file under inputs/ goes on in "
        "another invocation where one ended",
    )
    memory_mib: int = Field(
        default=512,
        ge=limits.INVOKER_MEMORY_MIB.minimum,
        le=limits.INVOKER_MEMORY_MIB.maximum,
        description="memory of the function; its CPU grows with it",
    )
    reserved_concurrency: int | None = Field(
        default=None,
        ge=limits.RESERVED_CONCURRENCY.minimum,
        le=limits.RESERVED_CONCURRENCY.maximum,
        description="how many invocations may run at once, which are kept free in the account for this function; more are "
        "throttled. With streaming, for each of the two functions. 0 switches it off; as many as the account has unless given",
        examples=[20],
    )
    vpc: FunctionVpcSettings | None = Field(
        default=None, description="a network of yours that the function is in"
    )
    versions: VersionSettings = Field(
        default=VersionSettings(),
        description="which code answers: published versions and their alias",
    )
    statements: Statements = Field(
        default_factory=list,
        description="further IAM statements for the function's role, as in a policy document (Effect, Action, Resource, "
        "Condition)",
    )
    tracing: bool = Field(
        default=True,
        description="whether X-Ray traces a sample of the invocations, which is billed by the trace",
    )
    metrics: bool = Field(
        default=True,
        description="whether tokens, times, retries and failures become metrics of CloudWatch, under the project's name; about "
        "a dozen custom metrics, which are billed by the month",
    )
    log_retention_days: Annotated[int, AfterValidator(check_log_retention)] = Field(
        default=30, description="how long CloudWatch keeps the logs"
    )
    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field(
        default="INFO", description="least severe log record that is kept"
    )
