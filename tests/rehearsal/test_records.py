"""A record is held against the reply, and against what the stack keeps."""

import json
from typing import Any

import pytest

from rehearsal.local_account import LocalAccount
from rehearsal.records import RecordKeeping
from rehearsal.transcript import StepFailedError
from tests.rehearsal.tenant import Tenant

TEXT = "It was ü"


def keeping(account: LocalAccount, tenant: Tenant, **variables: str) -> RecordKeeping:
    code = "def handler(event, context): ...\n"
    return RecordKeeping(account, tenant.function(code, Environment={"Variables": variables}))


def stored(tenant: Tenant, record: Any) -> tuple[str, str]:
    """A bucket with a record, and the record's URI."""
    bucket = tenant.bucket({"records/r.json": json.dumps(record)})
    return bucket, f"s3://{bucket}/records/r.json"


@pytest.mark.parametrize(
    ("variables", "kept"),
    [
        ({}, {"text": TEXT}),
        ({"GENAI_RECORDS": "full"}, {"text": TEXT}),
        ({"GENAI_RECORDS": "metadata"}, {"text_characters": 8}),
        ({"GENAI_REDACT": '[{"pattern": "was", "replacement": "-"}]'}, {"text": "It - ü"}),
    ],
)
def test_a_record_holds_what_the_stack_keeps(
    account: LocalAccount, tenant: Tenant, variables: dict[str, str], kept: dict[str, Any]
) -> None:
    record = {"reply": kept}
    bucket, uri = stored(tenant, record)

    found = keeping(account, tenant, **variables).record_of({"text": TEXT, "record": uri}, bucket)

    assert found == (uri, record)


@pytest.mark.parametrize(
    ("variables", "kept", "said"),
    [
        ({}, {"text": "It"}, "holds another text than the function answered"),
        ({}, None, "holds another text than the function answered"),
        ({"GENAI_RECORDS": "metadata"}, {"text": TEXT}, "holds a text, or another length"),
        ({"GENAI_RECORDS": "metadata"}, {"text_characters": 7}, "holds a text, or another length"),
    ],
)
def test_a_record_that_holds_something_else_fails_the_step(
    account: LocalAccount,
    tenant: Tenant,
    variables: dict[str, str],
    kept: dict[str, Any] | None,
    said: str,
) -> None:
    bucket, uri = stored(tenant, {"reply": kept})

    with pytest.raises(StepFailedError, match=said):
        keeping(account, tenant, **variables).record_of({"text": TEXT, "record": uri}, bucket)


def test_an_accepted_request_is_recorded_with_where_its_result_will_lie(
    account: LocalAccount, tenant: Tenant
) -> None:
    bucket, uri = stored(tenant, {"locations": {"result": "s3://b/one"}})
    keeps = keeping(account, tenant)

    assert keeps.record_of({"result": "s3://b/one", "record": uri}, bucket)[0] == uri
    with pytest.raises(StepFailedError, match="names another result"):
        keeps.record_of({"result": "s3://b/two", "record": uri}, bucket)


def test_a_record_that_is_not_there_fails_the_step(account: LocalAccount, tenant: Tenant) -> None:
    keeps, bucket = keeping(account, tenant), tenant.bucket()

    for reply, said in (
        ({"record": None, "warnings": ["S3 said no"]}, "no record was written: S3 said no"),
        ({}, "no record was written: the reply names none"),
        ({"record": "s3://elsewhere/r"}, "went to s3://elsewhere/r, not to the stack's bucket"),
        ({"record": f"s3://{bucket}/r"}, f"s3://{bucket}/r cannot be read: "),
    ):
        with pytest.raises(StepFailedError, match=said):
            keeps.record_of({"text": TEXT, **reply}, bucket)


def test_a_stack_that_keeps_no_records_has_none(account: LocalAccount, tenant: Tenant) -> None:
    keeps = keeping(account, tenant, GENAI_RECORDS="off")

    assert not keeps.keeps_records
    keeps.refuse_a_record({"record": None})
    with pytest.raises(StepFailedError, match="keeps no records, and s3://b/r is one"):
        keeps.refuse_a_record({"record": "s3://b/r"})
