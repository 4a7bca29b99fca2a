"""What goes with an event: the client's context and the trace."""

import base64
import json
from typing import Any

import pytest

from tests.rehearsal.tenant import Tenant, refusal

TELLING = """
import os
def handler(event, context):
    client = context.client_context
    return [client and client.custom, os.environ["_X_AMZN_TRACE_ID"]]
"""


@pytest.mark.fact("§12 Runtime API: Lambda-Runtime-Client-Context is what the caller gave")
def test_the_clients_context_comes_through(tenant: Tenant) -> None:
    function = tenant.function(TELLING)
    given = base64.b64encode(json.dumps({"custom": {"word": "Grüße"}}).encode()).decode()

    assert tenant.call(function, ClientContext=given)["Payload"][0] == {"word": "Grüße"}
    assert tenant.call(function)["Payload"][0] is None


@pytest.mark.parametrize("given", ["no base64!", base64.b64encode(b"no JSON").decode()])
def test_a_context_that_cannot_be_read_is_refused(tenant: Tenant, given: str) -> None:
    function = tenant.function(TELLING)

    assert refusal(lambda: tenant.call(function, ClientContext=given)) == (
        "InvalidRequestContentException",
        "Client context must be a valid Base64-encoded JSON object.",
    )


@pytest.mark.fact("§12 Runtime API: Lambda-Runtime-Trace-Id is the request's X-Amzn-Trace-Id")
def test_the_trace_goes_on(tenant: Tenant) -> None:
    function, client = tenant.function(TELLING), Tenant(tenant.url).client("lambda")
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

    def add_trace(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = trace

    client.meta.events.register("before-call.lambda.Invoke", add_trace)

    answer = client.invoke(FunctionName=function)

    assert json.loads(answer["Payload"].read())[1] == trace
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"] == trace


def test_a_kind_of_invocation_that_there_is_not_is_refused(tenant: Tenant) -> None:
    function = tenant.function(TELLING)

    assert refusal(lambda: tenant.call(function, InvocationType="Later")) == (
        "InvalidParameterValueException",
        "Unsupported invocation type Later",
    )
