"""How callers reach the function: URL, streams, HTTP API. Rules GA811 to GA829."""

from collections.abc import Iterator

from settings import limits
from settings.arns import arn_region
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.network import partition_of
from settings.rules.rule import rule

_STREAMING = "invoker.streaming"
_LAYER = "invoker.adapterLayerArn"
# `streams` of handlers/contracts/; a test holds the two together.
WITHOUT_STREAMS = frozenset({"tei", "input-text"})
_WHOLE = "remove streaming: whole answers need no adapter"


@rule(811)
def streaming_has_a_url(draft: Draft) -> Iterator[Finding]:
    """Only a function URL passes on a stream: an HTTP API and a direct invocation give the answer as a whole."""
    if draft.value(_STREAMING, bool) and draft.value("invoker.url", str) == "none":
        yield Finding(
            draft.key(_STREAMING),
            "is true, and there is no URL that could stream",
            "add url: iam",
        )


@rule(812)
def streaming_endpoint_answers_at_once(draft: Draft) -> Iterator[Finding]:
    """An endpoint of the mode async writes its answers to S3 when they are whole; there is nothing to stream.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
    """
    if draft.value(_STREAMING, bool) and draft.mode == "async":
        yield Finding(
            draft.key(_STREAMING),
            "is true, and an endpoint of the mode async has no streams",
            "remove it, or choose the mode realtime",
        )


@rule(813)
def streaming_contract_has_streams(draft: Draft) -> Iterator[Finding]:
    """A container that answers as a whole, or whose stream nobody can read, is not made to stream by the function."""
    if not draft.value(_STREAMING, bool) or draft.contract is None:
        return
    if draft.contract in WITHOUT_STREAMS:
        message = f"is true, and a container of the contract {draft.contract} answers as a whole"
        yield Finding(draft.key(_STREAMING), message, _WHOLE)
    template = draft.group("invoker.template")
    if (
        draft.contract == "template"
        and template
        and not draft.is_said("invoker.template.streamText")
    ):
        yield Finding(
            draft.key(_STREAMING),
            "is true, and invoker.template does not say where a streamed line has its text",
            "add streamText to the template, such as streamText: choices[0].text, or remove streaming",
        )


@rule(814)
def streaming_function_is_in_no_network(draft: Draft) -> Iterator[Finding]:
    """Function URLs do not stream in a VPC.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html, VPC compatibility
    """
    if draft.value(_STREAMING, bool) and draft.is_said("invoker.vpc"):
        yield Finding(
            draft.key(_STREAMING),
            "is true, and the URL of a function in a VPC does not stream",
            "remove streaming, or remove invoker.vpc",
        )


@rule(815)
def adapter_is_published(draft: Draft) -> Iterator[Finding]:
    """AWS publishes the Lambda Web Adapter for arm64 in its commercial Regions; elsewhere it has to be a layer of yours.

    https://github.com/aws/aws-lambda-web-adapter/blob/main/.github/workflows/prod.json (read 2026-11-25)
    """
    if not draft.value(_STREAMING, bool) or draft.is_said(_LAYER) or draft.region is None:
        return
    if partition_of(draft.region) != "aws":
        yield Finding(
            draft.key(_LAYER),
            f"is missing: the Lambda Web Adapter is not published for arm64 in {draft.region}",
            "publish a layer with it in your account and name it, or remove streaming",
        )


@rule(816)
def adapter_is_in_the_region(draft: Draft) -> Iterator[Finding]:
    """Lambda takes a layer from the function's own Region only."""
    arn = draft.value(_LAYER, str)
    # A layer by AWS itself (awslayer) names no Region.
    if arn and draft.region and arn_region(arn) not in {"", draft.region}:
        yield Finding(
            draft.key(_LAYER),
            f"lies in {arn_region(arn)}, and the stack in {draft.region}",
            f"name a layer of {draft.region}, or remove it for the one that AWS publishes there",
        )


@rule(817)
def adapter_is_used(draft: Draft) -> Iterator[Finding]:
    """The adapter is there to stream, and does nothing else."""
    if draft.value(_LAYER, str) and draft.value(_STREAMING, bool) is False:
        yield Finding(
            draft.key(_LAYER),
            "names the Lambda Web Adapter, and streaming is not true",
            "add url: iam and streaming: true, or remove it",
        )


@rule(821)
def http_api_hears_the_answer(draft: Draft) -> Iterator[Finding]:
    """An HTTP API gives up after 30 seconds, while the function goes on and the model is paid for.

    Where a URL or inputs may need the longer time, the caller of the HTTP API has to know. That quota cannot be raised:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html (read 2026-11-25)
    """
    timeout = draft.value("invoker.timeoutSeconds", int)
    if not draft.value("invoker.httpApi", bool) or timeout is None or draft.mode in {None, "async"}:
        return
    others = draft.value("invoker.url", str), draft.value("invoker.inputs.enabled", bool)
    if timeout > limits.HTTP_API_SECONDS and others == ("none", False):
        yield Finding(
            draft.key("invoker.timeoutSeconds"),
            f"is {timeout}, and the HTTP API stops waiting after {limits.HTTP_API_SECONDS} seconds: later answers reach nobody",
            f"write timeoutSeconds: {limits.HTTP_API_SECONDS - 1}; or add url: iam, which waits for the function, for slow requests",
        )
