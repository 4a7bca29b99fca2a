"""Read the record of a request, and hold it against the reply and against what the stack keeps."""

import json
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.local_account import LocalAccount
from rehearsal.transcript import StepFailedError

Members = dict[str, Any]


class RecordKeeping:
    """What a deployed function was told to keep."""

    def __init__(self, account: LocalAccount, function: str) -> None:
        described = account.client("lambda").get_function_configuration(FunctionName=function)
        variables = described.get("Environment", {}).get("Variables", {})
        self._account = account
        self.keeps_records: bool = variables.get("GENAI_RECORDS") != "off"
        self._keeps_texts: bool = variables.get("GENAI_RECORDS", "full") == "full"
        self._redacts: bool = bool(variables.get("GENAI_REDACT"))

    def record_of(self, reply: Members, bucket: str) -> tuple[str, Members]:
        """Return where the record of a reply lies, and the record.

        Raises:
            StepFailedError: there is none, it lies elsewhere, or it holds something else.
        """
        uri = reply.get("record")
        if not uri:
            warnings = "; ".join(reply.get("warnings", [])) or "the reply names none"
            raise StepFailedError(f"no record was written: {warnings}")
        found_bucket, _, key = uri.removeprefix("s3://").partition("/")
        if found_bucket != bucket:
            raise StepFailedError(f"the record went to {uri}, not to the stack's bucket")
        try:
            body = self._account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as failure:
            raise StepFailedError(f"{uri} cannot be read: {failure}") from failure
        record = json.loads(body)
        self._compare(record, reply, uri)
        return uri, record

    def refuse_a_record(self, reply: Members) -> None:
        """Raise a StepFailedError if a stack that keeps no records kept one."""
        if reply.get("record"):
            raise StepFailedError(f"the stack keeps no records, and {reply['record']} is one")

    def _compare(self, record: Members, reply: Members, uri: str) -> None:
        if "text" not in reply:
            if record.get("locations", {}).get("result") != reply["result"]:
                raise StepFailedError(f"{uri} names another result than the function answered")
            return
        kept = record.get("reply") or {}
        if not self._keeps_texts:
            if "text" in kept or kept.get("text_characters") != len(reply["text"]):
                raise StepFailedError(f"{uri} holds a text, or another length than the answer has")
        elif not self._redacts and kept.get("text") != reply["text"]:
            raise StepFailedError(f"{uri} holds another text than the function answered")
