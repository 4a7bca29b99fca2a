"""What every role may do, for people: `python -m tests.security_reference` writes docs/security.md.

The hand-written part is tests/security_page.md; the tables come from the documents that the program registers, and the
reasons from the docstrings of `components.iam`. A test fails when the file is stale.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from components import iam
from rehearsal.least_privilege import TRUST_POLICY
from tests.harness import ACCOUNT_ID, REGION
from tests.privileges import cases, known_secrets
from tests.privileges.cases import CASES
from tests.privileges.documents import (
    ROLES,
    Granted,
    Statement,
    granted,
    listed,
    resource_policies,
)
from tests.privileges.unused import STOOD_IN_FOR, UNUSED, UNUSED_RESOURCES

REFERENCE = Path("docs") / "security.md"
TEMPLATE = Path("tests") / "security_page.md"
_MAKERS: dict[str, Callable[..., Any]] = {
    TRUST_POLICY: iam.service_trust,
    "AlarmsPublish": iam.let_alarms_publish,
    "DecryptData": iam.decrypt_with,
    "EncryptData": iam.encrypt_with,
    "GrantVolumeKey": iam.use_volume_key,
    "DescribeVolumeKey": iam.use_volume_key,
    "JoinVpc": iam.join_vpc,
    "ListModel": iam.read_model,
    "ListObjects": iam.list_objects,
    "LogInToEcr": iam.pull_image,
    "Notify": iam.publish_to_topics,
    "PublishMetrics": iam.publish_endpoint_metrics,
    "PullImage": iam.pull_image,
    "PutObjects": iam.put_objects,
    "ReadModel": iam.read_model,
    "ReadObjectVersions": iam.read_object_versions,
    "ReadObjects": iam.read_objects,
    "ReceiveNotifications": iam.let_bucket_send,
    "RunInVpc": iam.run_in_vpc,
    "SendMessages": iam.send_messages,
    "SendTraces": iam.send_traces,
    "TakeMessages": iam.take_messages,
    "UploadObjects": iam.upload_objects,
    "UseBucketKey": iam.use_bucket_key,
    "UseQueueKey": iam.use_queue_key,
    "WatchRollbackAlarms": iam.describe_alarms,
    "WriteContainerLogs": iam.write_container_logs,
    "WriteLogs": iam.write_logs,
}
# Statements of one name that are made for different modes, by what they allow and on how much.
_INVOCATIONS: dict[tuple[tuple[str, ...], int], Callable[..., Any]] = {
    (("sagemaker:InvokeEndpoint",), 1): iam.invoke_serverless_endpoint,
    (("sagemaker:InvokeEndpointAsync",), 1): iam.invoke_endpoint_async,
    (("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"), 1): (
        iam.invoke_endpoint
    ),
    (("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"), 2): (
        iam.invoke_inference_component
    ),
}
_DENIALS = {
    "DenyInsecureTransport": "Refuse every request that is not made over TLS.",
    "DenyOldTls": "Refuse TLS before 1.2.",
}
_KEYS = {
    cases.BUCKET_KEY: "keys.bucketArn",
    cases.VOLUME_KEY: "keys.volumeArn",
    cases.RESULT_KEY: "keys.asyncOutputArn",
    cases.QUEUE_KEY: "keys.queueArn",
    cases.FUNCTION_KEY: "keys.functionArn",
    cases.CAPTURE_KEY: "keys.captureArn",
    cases.MODEL_KEY: "model.kmsKeyArn",
}
_NUMBERED = re.compile(r"\d+$")
_ALMOST_ALL = 0.7


def security_reference(root: Path) -> str:
    """Return the page as Markdown."""
    page = (root / TEMPLATE).read_text()
    for place, text in (
        ("cases", _table(("stack", "what it is"), ((f"`{k}`", c.told) for k, c in CASES.items()))),
        ("roles", "\n\n".join(map(_role, ROLES))),
        ("resources", _resources()),
        ("secrets", "\n".join(f"- {each}" for each in known_secrets.told())),
        ("unused", _unused()),
    ):
        page = page.replace(f"{{{{ {place} }}}}", text)
    return page


def why(statement: Statement, sid: str) -> str:
    """Return what a statement is for, in the words of what makes it.

    Raises:
        KeyError: nothing is known to make a statement of this name.
    """
    name = _NUMBERED.sub("", sid)
    if name in _DENIALS:
        return _DENIALS[name]
    made_by = (
        _INVOCATIONS[tuple(listed(statement["Action"])), len(listed(statement["Resource"]))]
        if name == "InvokeEndpoint"
        else _MAKERS[name]
    )
    return " ".join((inspect.getdoc(made_by) or "").partition("\n\n")[0].split())


def _role(role: str) -> str:
    rows: dict[tuple[str, ...], list[str]] = {}
    for case in CASES:
        for grant in granted(case):
            if grant.role == role:
                rows.setdefault(_row(grant), []).append(case)
    ordered = sorted(rows.items(), key=lambda row: (row[0][0] != TRUST_POLICY, row[0]))
    heads = ("statement", "actions", "on", "if", "why", "stacks")
    table = _table(heads, ((*row[1:], _stacks(found)) for row, found in ordered))
    title = ROLES[role].removeprefix("the ").capitalize()
    return f"### {title}\n\n{table}"


def _row(grant: Granted) -> tuple[str, ...]:
    statement = grant.statement
    return (
        grant.policy,
        grant.sid if grant.policy == TRUST_POLICY else f"{_plain(grant.policy)}: {grant.sid}",
        _lines(grant.actions),
        _lines(listed(statement.get("Resource", "the role itself"))),
        _condition(statement),
        why(statement, grant.sid),
    )


def _plain(policy: str) -> str:
    return policy.removeprefix("genai-").removeprefix("invoker-").replace("-", " ")


def _stacks(found: list[str]) -> str:
    missing = [case for case in CASES if case not in found]
    if not missing:
        return "all"
    if len(found) > _ALMOST_ALL * len(CASES):
        return f"all but {', '.join(missing)}"
    return ", ".join(found)


def _resources() -> str:
    rows: dict[tuple[str, ...], list[str]] = {}
    for case in CASES:
        for name, document in resource_policies(case).items():
            for statement in document["Statement"]:
                principal = statement["Principal"]
                row = (
                    f"{_plain(name)}: {statement['Sid']}",
                    f"{statement['Effect']} {'everyone' if principal == '*' else principal['Service']}",
                    _lines(listed(statement["Action"])),
                    _condition(statement),
                    why(statement, statement["Sid"]),
                )
                rows.setdefault(row, []).append(case)
    heads = ("policy and statement", "whom", "actions", "if", "why", "stacks")
    return _table(heads, ((*row, _stacks(found)) for row, found in sorted(rows.items())))


def _unused() -> str:
    rows = [(f"{each.policy or ''} {each.sid}", each.action, each.reason) for each in UNUSED]
    rows += [
        (sid, "the group's ARN without `:*`", why) for sid, (_, why) in UNUSED_RESOURCES.items()
    ]
    rows += [(" ".join(key), "s3:ListBucket", why) for key, why in STOOD_IN_FOR.items()]
    return _table(
        ("statement", "action", "why it is granted"),
        ((_plain(sid.strip()), action, why) for sid, action, why in rows),
    )


def _condition(statement: Statement) -> str:
    return "<br>".join(
        f"{key} {operator} {', '.join(map(_named, listed(value)))}"
        for operator, pairs in statement.get("Condition", {}).items()
        for key, value in pairs.items()
    )


def _lines(values: Iterable[str]) -> str:
    return "<br>".join(f"`{_named(value)}`" for value in values)


def _named(value: str) -> str:
    """An ARN as it is in any stack."""
    if value in _KEYS:
        return _KEYS[value]
    for told, name in ((ACCOUNT_ID, "ACCOUNT"), (REGION, "REGION"), ("0" * 16, "DIGEST")):
        value = value.replace(told, name)
    return value


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(_table_lines(list(heads), rows))


def _table_lines(heads: list[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def main() -> None:
    """Write the page."""
    root = Path(__file__).resolve().parent.parent
    (root / REFERENCE).write_text(security_reference(root))


if __name__ == "__main__":
    main()
