"""How many invocations may run, and what can be set aside for whom: limits are of each Region."""

import contextlib
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.account.functions import concurrency
from rehearsal.account.functions.function_lookup import Target
from rehearsal.account.wire_errors import AwsError
from rehearsal.local_account import LocalAccount
from tests.rehearsal.tenant import Tenant, poll, refusal

ECHO = "import os\ndef handler(event, context): return os.getpid()\n"


@pytest.fixture
def abroad(account: LocalAccount) -> Tenant:
    """A Region where no other test reserves anything."""
    return Tenant(account.url, "eu-north-1")


def target(name: str) -> Target:
    function: Any = SimpleNamespace(function_name=name)
    return Target(function, f"arn:aws:lambda:eu-north-1:123456789012:function:{name}", "eu-north-1")


def reserve(tenant: Tenant, function: str, count: int) -> None:
    tenant.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=count
    )


@pytest.mark.fact("§6 Limits: default concurrency 1,000/Region; 100 of it cannot be reserved")
def test_the_last_hundred_cannot_be_reserved(abroad: Tenant) -> None:
    first, second = abroad.function(ECHO), abroad.function(ECHO)
    client = abroad.client("lambda")
    reserve(abroad, first, 600)

    assert refusal(lambda: reserve(abroad, second, 301)) == (
        "InvalidParameterValueException",
        (
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100]."
        ),
    )
    reserve(abroad, second, 300)
    reserve(abroad, first, 500)  # its own reservation is replaced, not added to
    limits = client.get_account_settings()["AccountLimit"]
    assert (limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]) == (1000, 200)
    for function in (first, second):
        client.delete_function_concurrency(FunctionName=function)
    assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000


@pytest.mark.fact("§6 Concurrency: reserved_concurrent_executions 0 turns a function off")
def test_a_throttled_call_says_why_and_when_to_come_again(tenant: Tenant) -> None:
    function = tenant.function(ECHO)
    reserve(tenant, function, 0)

    with pytest.raises(ClientError) as caught:
        tenant.call(function)

    answer: Any = caught.value.response
    assert answer["Error"]["Code"] == "TooManyRequestsException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"


@pytest.mark.fact("§6 Limits: what is not reserved shares the rest of 1,000")
def test_functions_without_a_reservation_share_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred at once, without a hundred processes."""
    monkeypatch.setattr(concurrency, "reservations", lambda _region: {"greedy": 900})
    places = concurrency.Concurrency()

    with contextlib.ExitStack() as held:
        for _ in range(100):
            held.enter_context(places.taken(target("other")))
        with pytest.raises(AwsError) as caught, places.taken(target("another")):
            pass
        assert caught.value.members["Reason"] == "ConcurrentInvocationLimitExceeded"
        with places.taken(target("greedy")) as running:
            assert running == 1
    with places.taken(target("another")) as running:
        assert running == 1


@pytest.mark.fact("§6 Concurrency: idle environments are reused and do not pile up")
def test_a_burst_leaves_a_bounded_number_of_environments(tenant: Tenant, tmp_path: Path) -> None:
    code = (
        "import os, pathlib, time\n"
        "def handler(event, context):\n"
        "    folder = pathlib.Path(event['folder'])\n"
        "    (folder / str(os.getpid())).touch()\n"
        "    while len(list(folder.iterdir())) < 20: time.sleep(0.01)\n"
    )
    function = tenant.function(code, Timeout=60)
    event = {"folder": str(tmp_path)}
    threads = [threading.Thread(target=tenant.call, args=[function, event]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    started = [int(note.name) for note in tmp_path.iterdir()]
    alive = poll(
        lambda: [pid for pid in started if Path(f"/proc/{pid}").exists()] or None, "some are kept"
    )
    assert len(started) == 20
    poll(
        lambda: sum(Path(f"/proc/{pid}").exists() for pid in started) <= 16,
        f"no more than 16 of {len(alive)} are kept",
    )
