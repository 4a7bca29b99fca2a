"""Faults of calls: how each looks to a client, whom it strikes, and that nothing is done before it."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError

from rehearsal.account.faults import containers
from rehearsal.account.faults.injector import Injector
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.local_account import LocalAccount, local_account
from tests.rehearsal.tenant import EXECUTION, REGION, Tenant, allow, deny, tar_gz, trust

CALLS = 150
EVERYTHING = allow(["s3:*", "sagemaker:*"], "*")
# A model that answers how often it was asked, in pieces.
COUNTING = {
    "code/inference.py": (
        "asked = []\n"
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    asked.append(1)\n"
        "    return (piece for piece in [b'asked ', str(len(asked)).encode(), b' times'])\n"
    )
}


class Caller:
    """A role with every right, an endpoint and a bucket."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.endpoint = tenant.serve(COUNTING)
        self.bucket = tenant.bucket({"known": b"x"})
        self.role = tenant.role(trust("lambda"), EVERYTHING)
        self.runtime = tenant.client_as(self.role, "sagemaker-runtime")
        self.s3 = tenant.client_as(self.role, "s3")

    def ask(self, client: Any = None) -> str:
        client = client or self.runtime
        answer = client.invoke_endpoint(EndpointName=self.endpoint, Body=b"{}")
        return answer["Body"].read().decode()

    def stream(self) -> Iterator[bytes]:
        answer = self.runtime.invoke_endpoint_with_response_stream(
            EndpointName=self.endpoint, Body=b"{}"
        )
        with contextlib.closing(answer["Body"]) as events:
            for event in events:
                yield event["PayloadPart"]["Bytes"]

    def store(self, key: str = "new") -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"x")

    def times_asked(self) -> int:
        """By the administrator, whom nothing strikes; this asks once more."""
        return int(self.ask(self.tenant.client("sagemaker-runtime")).split()[1]) - 1


@pytest.fixture(scope="module")
def caller(tenant: Tenant) -> Caller:
    return Caller(tenant)


def error(call: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response


def outcomes(call: Any) -> Counter[str]:
    """What came of many calls, by error code; `done` for those that succeeded."""
    found = Counter[str]()
    for _ in range(CALLS):
        try:
            call()
        except ClientError as refused:
            found[refused.response["Error"]["Code"]] += 1
        except ConnectionClosedError:
            found["ConnectionReset"] += 1
        else:
            found["done"] += 1
    return found


@pytest.mark.fact("§2 Errors: ThrottlingException is HTTP 400, ModelNotReadyException 429")
@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("throttle=1x", "ThrottlingException", 400),
        ("server-error:ServiceUnavailable=1x", "ServiceUnavailable", 503),
        ("server-error:InternalFailure=1x", "InternalFailure", 500),
        ("not-ready=1x", "ModelNotReadyException", 429),
        ("access-denied=1x", "AccessDeniedException", 403),
        ("clock-skew=1x", "InvalidSignatureException", 403),
    ],
)
def test_errors_of_the_runtime_come_before_the_model_is_asked(
    account: LocalAccount, caller: Caller, fault: str, code: str, status: int
) -> None:
    before = caller.times_asked()
    account.inject(fault)

    refused = error(caller.ask)

    assert refused["Error"]["Code"] == code
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caller.times_asked() == before + 1
    assert caller.ask().startswith("asked ")


@pytest.mark.fact("§2 Errors: a ModelError is HTTP 424 with the container's own status and words")
@pytest.mark.parametrize("status", [500, 503, 400, 422])
def test_a_model_error_has_the_shape_of_a_real_one(
    account: LocalAccount, caller: Caller, status: int
) -> None:
    account.inject(f"model-error:{status}=1x")

    refused = error(caller.ask)

    assert refused["Error"]["Code"] == "ModelError"
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert refused["OriginalStatusCode"] == status
    assert refused["OriginalMessage"].endswith("(a fault that was asked for)")
    assert f"log-group:/aws/sagemaker/Endpoints/{caller.endpoint}:" in refused["LogStreamArn"]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("s3-unavailable:SlowDown=1x", "SlowDown", 503),
        ("s3-unavailable:InternalError=1x", "InternalError", 500),
        ("access-denied=1x", "AccessDenied", 403),
        ("clock-skew=1x", "RequestTimeTooSkewed", 403),
    ],
)
def test_errors_of_s3_come_before_anything_is_stored(
    account: LocalAccount, caller: Caller, fault: str, code: str, status: int
) -> None:
    account.inject(fault)

    refused = error(lambda: caller.store(fault))

    assert (refused["Error"]["Code"], refused["ResponseMetadata"]["HTTPStatusCode"]) == (
        code,
        status,
    )
    assert caller.s3.list_objects_v2(Bucket=caller.bucket, Prefix=fault)["KeyCount"] == 0


def test_what_is_denied_is_named_as_iam_names_it(account: LocalAccount, caller: Caller) -> None:
    account.inject("access-denied=1x")

    message = error(caller.ask)["Error"]["Message"]

    name = caller.role.rpartition("/")[2]
    assert f":assumed-role/{name}/tests is not authorized to perform: sagemaker:Invoke" in message
    assert message.endswith(
        f"endpoint/{caller.endpoint} with an explicit deny in an identity-based policy"
    )


def test_a_connection_is_cut_before_the_work_or_after_it(
    account: LocalAccount, caller: Caller
) -> None:
    before = caller.times_asked()
    for kind, asked in (("before", 1), ("after", 2)):
        account.inject(f"cut-connection:{kind}=1x")
        with pytest.raises(ConnectionClosedError):
            caller.ask()
        before += asked
        assert caller.times_asked() == before


def test_s3_cuts_before_it_stores_or_after(account: LocalAccount, caller: Caller) -> None:
    for kind, count in (("cut-before", 0), ("cut-after", 1)):
        account.inject(f"s3-unavailable:{kind}=1x")
        with pytest.raises(ConnectionClosedError):
            caller.store(kind)
        found = caller.s3.list_objects_v2(Bucket=caller.bucket, Prefix=kind)
        assert found["KeyCount"] == count


def test_a_stream_ends_between_two_messages(account: LocalAccount, caller: Caller) -> None:
    whole = list(caller.stream())
    account.inject("cut-stream:between=1x")

    assert list(caller.stream()) == whole[:1]
    assert len(whole) > 1


@pytest.mark.fact("§2 Errors: a stream's ModelStreamError has the ErrorCode StreamBroken")
def test_a_stream_ends_with_an_error_event(account: LocalAccount, caller: Caller) -> None:
    account.inject("cut-stream:error-event=1x")
    heard: list[bytes] = []

    with pytest.raises(EventStreamError) as caught:
        heard.extend(caller.stream())

    assert caught.value.response["Error"]["Code"] == "ModelStreamError"
    assert heard == [b"asked "]


def test_a_stream_ends_within_a_message(account: LocalAccount, caller: Caller) -> None:
    """botocore says nothing of the half that it has."""
    account.inject("cut-stream:within=1x")

    assert list(caller.stream()) == [b"asked "]


def test_slow_ones_answer_all_the_same(account: LocalAccount, caller: Caller) -> None:
    account.inject("slow=20ms@1x", "s3-slow=20ms@1x")

    assert caller.ask().endswith(" times")
    caller.store()

    assert [each["fault"] for each in account.injections()] == ["slow", "s3-slow"]


@pytest.mark.fact("§2 Size and time limits: a real-time request ends after 60 s")
def test_a_model_that_is_slower_than_sagemaker_waits_is_a_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this process, which serves no request: as for one that has waited in a queue."""
    slow = Injector()
    slow.follow(FaultPlan.of("slow=10ms"))
    monkeypatch.setattr(containers, "injector", slow)

    with pytest.raises(TimeoutError):
        containers.hold_back("group", {"X-Amzn-SageMaker-Inference-Id": "one"}, 0.01)
    containers.hold_back("group", {"X-Amzn-SageMaker-Inference-Id": "two"}, 0.02)

    assert [each["struck"]["request_id"] for each in slow.injections()] == ["one", "two"]


def test_each_fault_is_noted_with_whom_it_struck(account: LocalAccount, caller: Caller) -> None:
    account.inject("throttle=1x", "s3-unavailable:SlowDown=1x")

    error(caller.ask)
    error(lambda: caller.store("noted"))

    of_endpoint, of_s3 = account.injections()
    assert of_endpoint["at"] < of_s3["at"]
    assert (of_endpoint["fault"], of_endpoint["kind"]) == ("throttle", None)
    assert of_endpoint["struck"] == {
        "service": "sagemaker-runtime",
        "action": "InvokeEndpoint",
        "subject": caller.endpoint,
        "request_id": None,
    }
    assert (of_s3["fault"], of_s3["kind"]) == ("s3-unavailable", "SlowDown")
    assert of_s3["struck"]["service"] == "s3"
    assert of_s3["struck"]["action"] == "PutObject"
    assert of_s3["struck"]["subject"] == f"{caller.bucket}/noted"


def test_a_share_of_all_calls_fails_and_no_container_hears_of_those(
    account: LocalAccount, caller: Caller
) -> None:
    before = caller.times_asked()
    account.inject("all=30%", seed=4)

    asked, stored = outcomes(caller.ask), outcomes(caller.store)

    assert asked.keys() == {
        "done",
        "ThrottlingException",
        "ServiceUnavailable",
        "InternalFailure",
        "ModelNotReadyException",
        "ConnectionReset",
    }
    assert stored.keys() == {"done", "SlowDown", "InternalError"}
    for found in (asked, stored):
        assert 0.15 < 1 - found["done"] / CALLS < 0.45
    services = Counter(each["struck"]["service"] for each in account.injections())
    assert services == {
        "sagemaker-runtime": CALLS - asked["done"],
        "s3": CALLS - stored["done"],
    }
    assert caller.times_asked() == before + 1 + asked["done"]


def test_neither_the_administrator_nor_sagemaker_is_struck(
    account: LocalAccount, tenant: Tenant
) -> None:
    """SageMaker reads the model with a role of its own."""
    account.inject(
        *(f"{fault}=1" for fault in ("access-denied", "throttle", "s3-unavailable", "model-error")),
        *("s3-slow=1s", "slow=1s"),
    )
    bucket = tenant.bucket({"m/model.tar.gz": tar_gz(COUNTING)})
    role = tenant.role(trust("sagemaker"), *EXECUTION)

    endpoint = tenant.serve(f"s3://{bucket}/m/model.tar.gz", role)
    answer = tenant.client("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=b"{}")

    assert answer["Body"].read() == b"asked 1 times"
    assert account.injections() == []


def test_who_has_no_right_hears_that_and_no_fault(account: LocalAccount, tenant: Tenant) -> None:
    account.inject("throttle=1")
    role = tenant.role(trust("lambda"), EVERYTHING, deny("sagemaker:InvokeEndpoint", "*"))
    runtime = tenant.client_as(role, "sagemaker-runtime")

    refused = error(lambda: runtime.invoke_endpoint(EndpointName="any", Body=b"{}"))

    assert refused["Error"]["Code"] == "AccessDeniedException"
    assert account.injections() == []


def test_there_are_no_faults_unless_asked_for(account: LocalAccount, caller: Caller) -> None:
    assert outcomes(caller.store) == {"done": CALLS}
    assert account.injections() == []


def test_an_account_may_be_started_with_faults() -> None:
    with local_account(REGION, faults=FaultPlan.of("s3-unavailable:SlowDown=1x")) as faulty:
        tenant = Tenant(faulty.url)
        bucket = tenant.bucket()
        s3 = tenant.client_as(tenant.role(trust("lambda"), EVERYTHING), "s3")

        assert error(lambda: s3.list_objects_v2(Bucket=bucket))["Error"]["Code"] == "SlowDown"
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        assert len(faulty.injections()) == 1
