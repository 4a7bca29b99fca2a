"""A whole rehearsal of the dev stack under faults."""

import pytest

from rehearsal import faults_survived
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.rehearse import rehearse
from tests.rehearsal.front_door.stacks import PROJECT_DIR

pytestmark = pytest.mark.matrix

PROMPT = "It was a fine morning, and the young lady"


def test_the_transcript_tells_what_came_of_the_faults() -> None:
    plan = FaultPlan.of("function-killed:asking=1x", "throttle=2x", "s3-slow=50ms")

    transcript = rehearse(PROJECT_DIR, "dev", PROMPT, faults=plan)

    assert transcript.failure is None
    invoked = transcript.outcomes[0]
    assert (invoked.step, invoked.asked, invoked.attempts) == ("invoke", 2, 3)
    assert invoked.struck == {"function-killed:asking": 1, "throttle": 2, "s3-slow": 1}
    assert transcript.said
    assert sum(transcript.faults.values()) == len(transcript.injections)


def test_an_end_that_no_fault_may_have_fails_the_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults_survived, "_ENDS", {})
    plan = FaultPlan.of("model-error:400=1")

    transcript = rehearse(PROJECT_DIR, "dev", PROMPT, faults=plan)

    assert transcript.failure is not None
    assert transcript.failure.step == "invoke"
    assert "model_rejected_request" in transcript.failure.cause
    assert transcript.faults == {"model-error:400": 1}
    assert transcript.outcomes[0].came_of_it.startswith("failed: ")
