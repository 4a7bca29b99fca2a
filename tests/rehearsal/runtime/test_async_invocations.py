"""InvokeEndpointAsync: input from S3, reply to S3, and a word to the topics."""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.queues import Queue as MessageQueue
from tests.rehearsal.tenant import (
    EXECUTION,
    REGION,
    Tenant,
    allow,
    on_instances,
    poll,
    refusal,
    trust,
    unique,
)

# Answers with what it is asked, in capitals, unless it is told to fail.
MODEL = {
    "code/inference.py": """
class Refusal(Exception):
    status_code = 422

def model_fn(model_dir): ...

def transform_fn(model, body, content_type, accept):
    if "refuse" in body: raise Refusal("no such luck")
    return body.upper(), accept
"""
}


class Queue:
    """An asynchronous endpoint with its bucket and topics."""

    def __init__(self, tenant: Tenant, *statements: Any, **output: Any) -> None:
        self.tenant = tenant
        self.bucket = tenant.bucket()
        role = tenant.role(trust("sagemaker"), *EXECUTION, *statements)
        config = {
            "OutputConfig": {"S3OutputPath": f"s3://{self.bucket}/async/results/", **output},
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 2},
        }
        variant = on_instances(tenant.model(MODEL, role))
        self.endpoint = tenant.in_service(tenant.configured(variant, AsyncInferenceConfig=config))

    def put(self, body: str) -> str:
        key = f"async/inputs/{unique('input')}"
        self.tenant.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def ask(self, **members: Any) -> dict[str, Any]:
        return self.tenant.client("sagemaker-runtime").invoke_endpoint_async(
            EndpointName=self.endpoint, **members
        )

    def read(self, uri: str) -> dict[str, Any]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        s3 = self.tenant.client("s3")

        def found() -> dict[str, Any] | None:
            try:
                return s3.get_object(Bucket=bucket, Key=key)
            except ClientError:
                return None

        answer = poll(found, f"{uri} is there")
        return {**answer, "Body": answer["Body"].read().decode()}

    def data_log(self) -> list[str]:
        return self.tenant.log_of(f"/aws/sagemaker/Endpoints/{self.endpoint}", "/data-log")


class Listener:
    """Topics, and a queue that keeps what they are told."""

    def __init__(self, tenant: Tenant) -> None:
        self._queue = MessageQueue(tenant)
        sns = tenant.client("sns")
        self.topics: dict[str, str] = {}
        for name in ("SuccessTopic", "ErrorTopic"):
            self.topics[name] = sns.create_topic(Name=unique("topic"))["TopicArn"]
            sns.subscribe(TopicArn=self.topics[name], Protocol="sqs", Endpoint=self._queue.arn)
        self._queue.let("sns", *self.topics.values())

    def next(self) -> tuple[str, dict[str, Any]]:
        """The topic that spoke, and what it said."""
        told = json.loads(self._queue.wait_for_message()["Body"])
        names = {arn: name for name, arn in self.topics.items()}
        return names[told["TopicArn"]], json.loads(told["Message"])


ALL_WRITES = allow("s3:PutObject", "arn:aws:s3:::*/async/*")


@pytest.fixture(scope="module")
def queue(tenant: Tenant) -> Queue:
    return Queue(tenant, ALL_WRITES)


def test_a_request_is_accepted_and_its_reply_is_written(queue: Queue) -> None:
    answer = queue.ask(
        InputLocation=queue.put('{"a": "b"}'),
        InferenceId="request-1",
        ContentType="application/json",
        Accept="application/json",
    )

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["InferenceId"] == "request-1"
    assert answer["OutputLocation"] == f"s3://{queue.bucket}/async/results/request-1.out"
    assert "FailureLocation" not in answer
    reply = queue.read(answer["OutputLocation"])
    assert (reply["Body"], reply["ContentType"]) == ('{"A": "B"}', "application/json")


def test_an_id_is_made_for_a_request_that_has_none(queue: Queue) -> None:
    answers = [queue.ask(InputLocation=queue.put("x")) for _ in range(2)]

    assert len({answer["InferenceId"] for answer in answers}) == 2
    for answer in answers:
        assert answer["OutputLocation"].endswith(f"/{answer['InferenceId']}.out")
        assert queue.read(answer["OutputLocation"])["Body"] == "X"


def test_folder_and_name_of_the_reply_may_be_chosen(queue: Queue) -> None:
    answer = queue.ask(
        InputLocation=queue.put("x"), S3OutputPathExtension="tenant-7/", Filename="reply.json"
    )

    assert answer["OutputLocation"] == f"s3://{queue.bucket}/async/results/tenant-7/reply.json"
    assert queue.read(answer["OutputLocation"])["Body"] == "X"


def test_a_small_input_may_come_with_the_request(queue: Queue) -> None:
    answer = queue.ask(Body=b"inline")

    assert queue.read(answer["OutputLocation"])["Body"] == "INLINE"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "Provide exactly one of InputLocation and Body."),
        ({"InputLocation": "s3://b/k", "Body": b"x"}, "Provide exactly one of InputLocation and Body."),
        ({"Body": b"x" * 128_001}, "Request body is larger than 128000 bytes."),
        ({"InputLocation": "elsewhere"}, "Member must satisfy regular expression pattern"),
        ({"InputLocation": "s3://b/k", "RequestTTLSeconds": 21601}, "less than or equal to 21600"),
        ({"InputLocation": "s3://b/k", "InferenceId": "x" * 65}, "less than or equal to 64"),
        ({"InputLocation": "s3://b/k", "Filename": "a/b"}, "Member must satisfy regular expression pattern"),
    ],
)  # fmt: skip
def test_a_request_that_is_wrong_is_refused_at_once(
    queue: Queue, members: dict[str, Any], message: str
) -> None:
    code, said = refusal(lambda: queue.ask(**members))

    assert code == "ValidationError"
    assert message in said


def test_an_endpoint_takes_either_kind_of_request_and_not_both(
    tenant: Tenant, queue: Queue
) -> None:
    runtime, realtime = tenant.client("sagemaker-runtime"), tenant.serve(MODEL)

    code, message = refusal(lambda: tenant.ask(queue.endpoint, {}))
    assert code == "ValidationError"
    assert message.endswith("takes InvokeEndpointAsync only.")

    code, message = refusal(
        lambda: runtime.invoke_endpoint_async(EndpointName=realtime, InputLocation="s3://b/k")
    )
    assert code == "ValidationError"
    assert message.endswith(
        "has no AsyncInferenceConfig and cannot be invoked with InvokeEndpointAsync."
    )


def test_what_the_container_refuses_is_written_to_the_failures(tenant: Tenant) -> None:
    bucket = tenant.bucket()
    queue = Queue(tenant, ALL_WRITES, S3FailurePath=f"s3://{bucket}/async/failures/")

    answer = queue.ask(InputLocation=queue.put("refuse"), InferenceId="bad")

    assert answer["FailureLocation"] == f"s3://{bucket}/async/failures/bad-error.out"
    assert "no such luck" in queue.read(answer["FailureLocation"])["Body"]
    assert refusal(lambda: _head(tenant, answer["OutputLocation"]))[0] == "404"


def test_an_input_that_is_not_there_is_a_failure(tenant: Tenant) -> None:
    queue = Queue(tenant, ALL_WRITES)
    missing = f"s3://{queue.bucket}/async/inputs/nothing"

    answer = queue.ask(InputLocation=missing, InferenceId="lost")

    lines = poll(queue.data_log, "the endpoint's log tells")
    assert f"lost: ClientError: Could not download the input {missing}." in lines[0]
    assert refusal(lambda: _head(tenant, answer["OutputLocation"]))[0] == "404"


def test_a_role_that_may_not_write_results_shows_in_the_log(tenant: Tenant) -> None:
    queue = Queue(tenant)

    answer = queue.ask(InputLocation=queue.put("x"))

    lines = poll(queue.data_log, "the endpoint's log tells")
    assert f"Could not upload {answer['OutputLocation']}." in lines[0]
    assert "is not authorized to perform: s3:PutObject" in lines[0]


def test_the_topics_are_told_of_success_and_failure(tenant: Tenant) -> None:
    listener = Listener(tenant)
    publish = allow("sns:Publish", list(listener.topics.values()))
    wanted = ["SUCCESS_NOTIFICATION_TOPIC"]
    topics = {**listener.topics, "IncludeInferenceResponseIn": wanted}
    queue = Queue(tenant, ALL_WRITES, publish, NotificationConfig=topics)
    location = queue.put("well")

    good = queue.ask(InputLocation=location, InferenceId="good", ContentType="text/csv")
    topic, told = listener.next()

    assert topic == "SuccessTopic"
    times = {told.pop("eventTime"), told.pop("receivedTime")}
    assert all(time.endswith("Z") for time in times)
    content_type = told["responseParameters"].pop("contentType")
    assert content_type == "application/json"
    assert told == {
        "awsRegion": REGION,
        "invocationStatus": "Completed",
        "requestParameters": {
            "contentType": "text/csv",
            "endpointName": queue.endpoint,
            "inputLocation": location,
        },
        "responseParameters": {"outputLocation": good["OutputLocation"]},
        "responseBody": {"content": base64.b64encode(b"WELL").decode(), "encoding": "BASE64"},
        "inferenceId": "good",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }

    queue.ask(InputLocation=queue.put("refuse"), InferenceId="bad")
    topic, told = listener.next()

    assert topic == "ErrorTopic"
    assert (told["invocationStatus"], told["inferenceId"]) == ("Failed", "bad")
    assert "Received client error (422)" in told["failureReason"]
    assert "responseParameters" not in told
    assert "responseBody" not in told


def test_a_role_that_may_not_publish_keeps_the_endpoint_from_coming_up(tenant: Tenant) -> None:
    topics = Listener(tenant).topics
    role = tenant.role(trust("sagemaker"), *EXECUTION, ALL_WRITES)
    output = {"S3OutputPath": "s3://b/async/results/", "NotificationConfig": topics}
    configuration = tenant.configured(
        on_instances(tenant.model(MODEL, role)), AsyncInferenceConfig={"OutputConfig": output}
    )

    found = tenant.settled(tenant.endpoint(configuration))

    assert found["EndpointStatus"] == "Failed"
    assert f"sns:Publish on resource: {topics['SuccessTopic']}" in found["FailureReason"]


def test_asking_needs_a_right_of_its_own(tenant: Tenant, queue: Queue) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/{queue.endpoint}"

    def ask(action: str) -> Any:
        role = tenant.role(trust("lambda"), allow(action, arn))
        runtime = tenant.client_as(role, "sagemaker-runtime")
        return runtime.invoke_endpoint_async(
            EndpointName=queue.endpoint, InputLocation=queue.put("x")
        )

    code, message = refusal(lambda: ask("sagemaker:InvokeEndpoint"))

    assert code == "AccessDeniedException"
    assert f"sagemaker:InvokeEndpointAsync on resource: {arn}" in message
    assert ask("sagemaker:InvokeEndpointAsync")["ResponseMetadata"]["HTTPStatusCode"] == 202


def test_an_update_loses_no_request(tenant: Tenant) -> None:
    queue = Queue(tenant, ALL_WRITES)
    before = [queue.ask(InputLocation=queue.put("x"))["OutputLocation"] for _ in range(10)]
    sagemaker = tenant.client("sagemaker")
    used = sagemaker.describe_endpoint(EndpointName=queue.endpoint)["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=used)
    new = tenant.configured(
        *config["ProductionVariants"], AsyncInferenceConfig=config["AsyncInferenceConfig"]
    )

    sagemaker.update_endpoint(EndpointName=queue.endpoint, EndpointConfigName=new)

    after = [queue.ask(InputLocation=queue.put("y"))["OutputLocation"] for _ in range(10)]
    assert tenant.settled(queue.endpoint)["EndpointStatus"] == "InService"
    assert {queue.read(uri)["Body"] for uri in before} == {"X"}
    assert {queue.read(uri)["Body"] for uri in after} == {"Y"}


def _head(tenant: Tenant, uri: str) -> Any:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return tenant.client("s3").head_object(Bucket=bucket, Key=key)
