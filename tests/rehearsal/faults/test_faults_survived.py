"""What a rehearsal takes for a good end under faults, and what not."""

import json
from typing import Any

import pytest

from rehearsal import faults_survived
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.faults_survived import MOST_ASKED, Survival, is_error_of_contract
from rehearsal.local_account import LocalAccount
from rehearsal.transcript import (
    BatchUnfinishedError,
    FunctionAnsweredError,
    LinesFailedError,
    Step,
    StepFailedError,
    Transcript,
)
from tests.rehearsal.tenant import Tenant

PLAN = FaultPlan.of("throttle=1")
ANSWERED = {"status": 200, "text": "a fox", "warnings": []}


class Account(LocalAccount):
    """One whose faults the test makes up."""

    def __init__(self, url: str = "http://none", region: str = "us-east-1") -> None:
        super().__init__(url, region)
        self.came: list[dict[str, Any]] = []

    def injections(self) -> list[dict[str, Any]]:
        return self.came

    def strike(self, fault: str, service: str = "sagemaker-runtime", request_id: str = "r") -> None:
        name, _, kind = fault.partition(":")
        struck = {"service": service, "request_id": request_id}
        self.came.append({"fault": name, "kind": kind or None, "struck": struck})


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults_survived, "shortened", lambda _: 0)


def survival(account: Account, **transcript: Any) -> Survival:
    return Survival(account, PLAN, Transcript("dev", "x", **transcript))


def error(kind: str, status: int = 503, *, retryable: bool = True, **more: Any) -> dict[str, Any]:
    entry = {"type": kind, "message": "m", "retryable": retryable, "request_id": "r"}
    return {"status": status, "error": entry, **more}


def refused(reply: dict[str, Any]) -> FunctionAnsweredError:
    return FunctionAnsweredError("refused", reply["status"], reply)


class Asked:
    """Answers one after another; the last for good."""

    def __init__(self, account: Account, *answers: dict[str, Any] | StepFailedError) -> None:
        self.times = 0
        self.fault = "throttle"
        self._account = account
        self._answers = list(answers)

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        self._account.strike(self.fault)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, StepFailedError):
            raise answer
        return answer


def test_a_retryable_error_is_asked_about_again(account: Account) -> None:
    asked = Asked(account, error("endpoint_throttled", 429), ANSWERED)

    assert survival(account).ask(asked) == ANSWERED
    assert asked.times == 2


def test_a_retryable_error_that_stays_is_the_answer_in_the_end(account: Account) -> None:
    asked = Asked(account, refused(error("endpoint_throttled", 429)))

    with pytest.raises(FunctionAnsweredError):
        survival(account).ask(asked)

    assert asked.times == MOST_ASKED


def test_what_is_not_retryable_is_not_asked_about_again(account: Account) -> None:
    asked = Asked(account, error("model_rejected_request", 422, retryable=False))

    survival(account).ask(asked)

    assert asked.times == 1


def test_without_faults_nothing_is_asked_again(account: Account) -> None:
    asked = Asked(account, error("endpoint_throttled", 429))

    Survival(account, FaultPlan(), Transcript("dev", "x")).ask(asked)

    assert asked.times == 1


def test_a_function_that_was_killed_is_asked_again(account: Account) -> None:
    asked = Asked(account, StepFailedError("Runtime.ExitError"), ANSWERED)
    asked.fault = "function-killed:asking"

    assert survival(account).ask(asked) == ANSWERED


def test_a_function_that_is_killed_each_time_is_said_to_be(account: Account) -> None:
    asked = Asked(account, StepFailedError("Runtime.ExitError"))
    asked.fault = "function-killed:asking"
    caller = survival(account)

    with pytest.raises(StepFailedError) as caught:
        caller.ask(asked)

    assert caller.excuse(caught.value) == "no answer: the function was killed each of the 4 times"


def test_a_function_that_fails_without_being_killed_is_no_survival(account: Account) -> None:
    asked = Asked(account, StepFailedError("Task timed out"))
    caller = survival(account)

    with pytest.raises(StepFailedError) as caught:
        caller.ask(asked)

    assert asked.times == 1
    assert caller.excuse(caught.value) is None


def test_an_error_that_a_fault_explains_is_what_came_of_it(account: Account) -> None:
    account.strike("model-error:500")
    reply = error("model_failed", 502, text="a f", finish_reason="error")

    assert survival(account).excuse(refused(reply)) == (
        "answered 502 model_failed (retryable, with 3 characters of text): m"
    )


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        ("throttle", error("model_failed", 502)),
        ("throttle", error("internal", 500)),
        ("model-error:400", error("model_failed", 502)),
        ("throttle", error("endpoint_throttled", 429, text="a f")),
        ("throttle", error("endpoint_throttled", 200)),
        ("throttle", {"status": 429, "error": {"type": "endpoint_throttled"}}),
        ("throttle", {"status": 429}),
    ],
)
def test_an_error_that_no_fault_explains_or_outside_the_contract_fails(
    account: Account, fault: str, reply: dict[str, Any]
) -> None:
    account.strike(fault)

    assert survival(account).excuse(refused(reply)) is None


def test_a_step_that_nothing_struck_has_no_excuse(account: Account) -> None:
    assert survival(account).excuse(refused(error("endpoint_throttled", 429))) is None


def test_an_answer_without_a_text_has_no_excuse(account: Account) -> None:
    account.strike("throttle")

    assert survival(account).excuse(StepFailedError("answered, but with no text")) is None


def test_lines_that_failed_are_counted_if_faults_explain_them(account: Account) -> None:
    account.strike("model-error:400")
    line = error("model_rejected_request", 422)
    entries = [{"reply": {"text": "a"}, "error": None}, {"reply": None, "error": line["error"]}]

    came_of_it = survival(account).excuse(LinesFailedError("1 of 2", entries))

    assert came_of_it == "1 of 2 prompts answered; 1 x model_rejected_request"
    entries[1]["error"] = {**line["error"], "type": "internal"}
    assert survival(account).excuse(LinesFailedError("1 of 2", entries)) is None


def test_a_batch_may_wait_in_its_queue_but_not_be_gone(tenant: Tenant) -> None:
    account = Account(tenant.url)
    account.strike("function-killed:asking")
    sqs = tenant.client("sqs")
    url = sqs.create_queue(QueueName="waiting")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:waiting"
    caller = survival(account, exports={"inputs_queue_arn": arn})

    assert caller.excuse(BatchUnfinishedError("no result")) is None
    sqs.send_message(QueueUrl=url, MessageBody="one")
    assert caller.excuse(BatchUnfinishedError("no result")) == (
        "not finished; its message waits: 1 in the queue"
    )


def test_a_record_may_only_be_missing_with_a_warning_when_s3_was_struck(account: Account) -> None:
    reply = {"record": None, "warnings": ["not stored"]}
    caller = survival(account)

    assert caller.lost_record(reply) is None
    account.strike("s3-unavailable:SlowDown", "s3")
    assert caller.lost_record(reply) == "could not be stored, and the reply says so: not stored"
    assert caller.lost_record({"record": None, "warnings": []}) is None
    assert caller.lost_record({"record": "s3://b/r", "warnings": ["x"]}) is None


def test_a_failed_request_has_a_record_unless_s3_was_struck(tenant: Tenant) -> None:
    account = Account(tenant.url)
    reply = error("endpoint_throttled", 429)
    caller = survival(account, reply=reply)
    kept = tenant.bucket({"records/dt=1/r.json": json.dumps({"error": reply["error"]})})
    other = tenant.bucket({"records/dt=1/r.json": json.dumps({"error": {"type": "internal"}})})
    none = tenant.bucket()

    assert caller.record_of_failure(kept) == f"s3://{kept}/records/dt=1/r.json tells of the failure"
    with pytest.raises(StepFailedError, match="tells of another end"):
        caller.record_of_failure(other)
    with pytest.raises(StepFailedError, match="no record of the failed request r was stored"):
        caller.record_of_failure(none)
    account.strike("s3-slow", "s3")
    assert caller.record_of_failure(none) == "none: S3 did not take it"


def test_a_killed_function_leaves_no_record(account: Account) -> None:
    assert survival(account).record_of_failure("any") == (
        "none: the function was killed before it could answer"
    )


def test_each_step_that_was_struck_is_noted_with_its_own_faults(account: Account) -> None:
    transcript = Transcript("dev", "x")
    caller = Survival(account, PLAN, transcript)
    caller.ask(Asked(account, error("endpoint_throttled", 429), {**ANSWERED, "warnings": ["w"]}))

    caller.note(Step("invoke", "5 characters", 0.1))
    transcript.record = {"attempts": 3}
    caller.note(Step("record", "s3://b/r", 0.1))
    account.strike("s3-slow", "s3")
    caller.note(Step("batch", "3 prompts", 0.1))

    first, second = transcript.outcomes
    assert (first.step, first.struck, first.asked, first.attempts) == (
        *("invoke", {"throttle": 2}),
        *(2, 3),
    )
    assert first.came_of_it == "5 characters; w"
    assert (second.step, second.struck, second.asked) == ("batch", {"s3-slow": 1}, 0)
    assert transcript.faults == {"throttle": 2, "s3-slow": 1}
    assert transcript.injections == account.came


def test_an_error_of_the_contract_is_known_by_its_form() -> None:
    assert is_error_of_contract(429, error("endpoint_throttled", 429))
    assert not is_error_of_contract(429, [])
