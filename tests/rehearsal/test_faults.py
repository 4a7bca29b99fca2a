"""Faults on purpose: some calls of roles fail, before anything is done, and are counted."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from rehearsal.account.faults import Faults
from rehearsal.local_account import LocalAccount, local_account
from tests.rehearsal.tenant import EXECUTION, REGION, Tenant, allow, tar_gz, trust

CALLS = 150
EVERYTHING = allow(["s3:*", "sagemaker:*"], "*")
# A model that answers how often it was asked.
COUNTING = {
    "code/inference.py": (
        "asked = []\n"
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    asked.append(1)\n"
        "    return str(len(asked))\n"
    )
}


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAccount]:
    with local_account(REGION, faults=Faults(percent=30, seed=4)) as running:
        yield running


@pytest.fixture(scope="module")
def faulty(account: LocalAccount) -> Tenant:
    return Tenant(account.url)


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


def test_calls_of_a_role_fail_as_often_as_asked_and_no_container_hears_of_those(
    account: LocalAccount, faulty: Tenant
) -> None:
    endpoint = faulty.serve(COUNTING)
    role = faulty.role(trust("lambda"), EVERYTHING)
    runtime, s3 = faulty.client_as(role, "sagemaker-runtime"), faulty.client_as(role, "s3")
    bucket = faulty.bucket({"known": b"x"})

    asked = outcomes(lambda: runtime.invoke_endpoint(EndpointName=endpoint, Body=b"{}"))
    stored = outcomes(lambda: s3.put_object(Bucket=bucket, Key="new", Body=b"x"))

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
    counted = {f"sagemaker {code}": count for code, count in asked.items() if code != "done"}
    counted |= {f"s3 {code}": count for code, count in stored.items() if code != "done"}
    assert account.faults() == counted
    answered = faulty.client("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=b"{}")
    assert int(answered["Body"].read()) == asked["done"] + 1


def test_neither_the_administrator_nor_sagemaker_is_struck(
    account: LocalAccount, faulty: Tenant
) -> None:
    """SageMaker reads the model with its own role: of so many objects, one would have failed."""
    before = account.faults()
    bucket = faulty.bucket({f"object-{number}": b"x" for number in range(40)})
    faulty.client("s3").put_object(Bucket=bucket, Key="m/model.tar.gz", Body=tar_gz(COUNTING))
    role = faulty.role(trust("sagemaker"), *EXECUTION)

    faulty.serve(f"s3://{bucket}/m/model.tar.gz", role)

    assert account.faults() == before


def test_there_are_no_faults_unless_asked_for(tenant: Tenant) -> None:
    bucket = tenant.bucket()
    s3 = tenant.client_as(tenant.role(trust("lambda"), EVERYTHING), "s3")

    stored = outcomes(lambda: s3.put_object(Bucket=bucket, Key="new", Body=b"x"))

    assert stored == {"done": CALLS}
    assert LocalAccount(tenant.url, REGION).faults() == {}


@pytest.mark.parametrize("faults", [Faults(10, 3), Faults(0.5, 0)])
def test_faults_are_told_to_the_accounts_process_as_text(faults: Faults) -> None:
    assert Faults.parse(str(faults)) == faults
