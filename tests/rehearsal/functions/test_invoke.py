"""Lambda's Invoke: real archives under the real runtime client."""

import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.tenant import (
    REGION,
    WRITE_LOGS,
    Tenant,
    allow,
    document,
    poll,
    trust,
    unique,
    zipped,
)

ECHO = "def handler(event, context): return event\n"
ENVIRONMENT = "import os\ndef handler(event, context): return dict(os.environ)\n"
PROCESS = "import os\ndef handler(event, context): return os.getpid()\n"


def refusal(action: Callable[[], Any]) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        action()
    answer: Any = caught.value.response
    error = answer["Error"]
    return error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(scope="module")
def echo(tenant: Tenant) -> str:
    return tenant.function(ECHO)


@pytest.mark.parametrize(
    "event", [{}, {"a": [1, None, True]}, [1], "text", 3.5, None, {"word": "Grüße 東京"}]
)
def test_the_event_comes_and_the_result_goes_as_json(tenant: Tenant, echo: str, event: Any) -> None:
    answer = tenant.client("lambda").invoke(FunctionName=echo, Payload=json.dumps(event))

    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert "LogResult" not in answer
    assert json.loads(answer["Payload"].read()) == event


def test_no_payload_is_an_empty_event(tenant: Tenant, echo: str) -> None:
    assert json.loads(tenant.client("lambda").invoke(FunctionName=echo)["Payload"].read()) == {}


def test_a_function_is_found_by_name_arn_and_partial_arn(tenant: Tenant, echo: str) -> None:
    for name in (
        echo,
        f"{echo}:$LATEST",
        f"123456789012:function:{echo}",
        f"arn:aws:lambda:{REGION}:123456789012:function:{echo}",
    ):
        assert tenant.call(name, {"by": name})["Payload"] == {"by": name}


def test_a_function_that_is_not_there(tenant: Tenant, echo: str) -> None:
    arn = f"arn:aws:lambda:{REGION}:123456789012:function"

    assert refusal(lambda: tenant.call("nobody")) == (
        "ResourceNotFoundException",
        f"Function not found: {arn}:nobody",
        404,
    )
    code, message, _ = refusal(lambda: tenant.call(echo, Qualifier="7"))
    assert (code, message) == ("ResourceNotFoundException", f"Function not found: {arn}:{echo}:7")
    abroad = Tenant(tenant.url, "eu-west-1")
    assert refusal(lambda: abroad.call(echo))[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("payload", [b"{", b"text", b"{'a': 1}", b"\xff"])
def test_a_payload_that_is_no_json(tenant: Tenant, echo: str, payload: bytes) -> None:
    code, message, status = refusal(
        lambda: tenant.client("lambda").invoke(FunctionName=echo, Payload=payload)
    )

    assert (code, status) == ("InvalidRequestContentException", 400)
    assert message.startswith("Could not parse request body into json: ")


@pytest.mark.parametrize(
    ("kind", "limit"), [("RequestResponse", 6 * 1024 * 1024), ("Event", 1024 * 1024)]
)
def test_a_payload_that_is_too_large(tenant: Tenant, echo: str, kind: str, limit: int) -> None:
    payload = b'"' + b"x" * (limit - 1) + b'"'

    code, message, status = refusal(
        lambda: tenant.client("lambda").invoke(
            FunctionName=echo, Payload=payload, InvocationType=kind
        )
    )

    assert (code, status) == ("RequestTooLargeException", 413)
    assert f"smaller than {limit} bytes for the {kind} invocation type" in message


def test_a_result_that_is_too_large_is_the_functions_error(tenant: Tenant) -> None:
    function = tenant.function("def handler(event, context): return 'x' * event['size']\n")

    fine = tenant.call(function, {"size": 5_000_000})
    large = tenant.call(function, {"size": 7_000_000})

    assert len(fine["Payload"]) == 5_000_000
    assert large["FunctionError"] == "Unhandled"
    assert large["Payload"]["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_dry_run_runs_nothing(tenant: Tenant, tmp_path: Path) -> None:
    note = tmp_path / "ran"
    function = tenant.function(f"open({str(note)!r}, 'w')\n" + ECHO)

    answer = tenant.client("lambda").invoke(FunctionName=function, InvocationType="DryRun")

    assert answer["StatusCode"] == 204
    assert answer["Payload"].read() == b""
    assert not note.exists()


def test_an_event_is_accepted_at_once_and_runs_later(tenant: Tenant, tmp_path: Path) -> None:
    note = tmp_path / "ran"
    code = "def handler(event, context): open(event['note'], 'w').write(context.function_name)\n"
    function = tenant.function(code)

    answer = tenant.client("lambda").invoke(
        FunctionName=function,
        InvocationType="Event",
        Payload=json.dumps({"note": str(note)}),
    )

    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""
    assert poll(lambda: note.exists() and note.read_text(), "the event ran") == function


def test_the_context_tells_what_was_registered(tenant: Tenant) -> None:
    code = (
        "def handler(event, context):\n"
        "    return {\n"
        "        'name': context.function_name, 'arn': context.invoked_function_arn,\n"
        "        'memory': context.memory_limit_in_mb, 'version': context.function_version,\n"
        "        'remaining': context.get_remaining_time_in_millis(),\n"
        "        'group': context.log_group_name, 'id': context.aws_request_id,\n"
        "    }\n"
    )
    function = tenant.function(code, Timeout=17, MemorySize=256)

    told = tenant.call(function)["Payload"]

    assert told["name"] == function
    assert told["arn"] == f"arn:aws:lambda:{REGION}:123456789012:function:{function}"
    assert (told["memory"], told["version"]) == ("256", "$LATEST")
    assert 16_000 < told["remaining"] <= 17_000
    assert told["group"] == f"/aws/lambda/{function}"
    assert len(told["id"]) == 36


# What the function's process is given

LAMBDAS_OWN = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "_HANDLER",
    "_X_AMZN_TRACE_ID", "LANG", "PATH", "TZ",
}  # fmt: skip
OF_THIS_MACHINE = {"AWS_ENDPOINT_URL", "HOME", "PYTHONDONTWRITEBYTECODE", "LC_CTYPE"}


def test_the_environment_is_what_was_registered_and_lambdas_own(tenant: Tenant) -> None:
    function = tenant.function(ENVIRONMENT, Environment={"Variables": {"MINE": "1", "ALSO": ""}})

    found = tenant.call(function)["Payload"]

    assert {name: found.pop(name) for name in ("MINE", "ALSO")} == {"MINE": "1", "ALSO": ""}
    assert set(found) >= LAMBDAS_OWN
    assert set(found) <= LAMBDAS_OWN | OF_THIS_MACHINE
    assert found["AWS_ENDPOINT_URL"] == tenant.url
    assert found["AWS_REGION"] == REGION
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert found["_HANDLER"] == "app.handler"


def test_lambdas_own_variables_cannot_be_registered(tenant: Tenant) -> None:
    mine = {"AWS_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "other", "MINE": "1"}

    code, message, _ = refusal(
        lambda: tenant.function(ENVIRONMENT, Environment={"Variables": mine})
    )

    assert code == "InvalidParameterValueException"
    assert message.endswith(
        "Reserved keys used in this request: AWS_LAMBDA_FUNCTION_NAME, AWS_REGION"
    )


def test_where_the_account_is_cannot_be_registered_otherwise(tenant: Tenant) -> None:
    elsewhere = {"AWS_ENDPOINT_URL": "http://example.com"}
    function = tenant.function(ENVIRONMENT, Environment={"Variables": elsewhere})

    assert tenant.call(function)["Payload"]["AWS_ENDPOINT_URL"] == tenant.url


def test_the_functions_own_boto3_acts_as_its_role(tenant: Tenant) -> None:
    bucket = tenant.bucket({"in/a": "hello"})
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    s3 = boto3.client('s3')\n"
        "    who = boto3.client('sts').get_caller_identity()['Arn']\n"
        "    read = s3.get_object(Bucket=event['bucket'], Key=event['key'])['Body'].read().decode()\n"
        "    return [who, read]\n"
    )
    role = tenant.role(
        trust("lambda"), WRITE_LOGS, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/in/*")
    )
    function = tenant.function(code, role_arn=role, Timeout=20)

    who, read = tenant.call(function, {"bucket": bucket, "key": "in/a"})["Payload"]
    denied = tenant.call(function, {"bucket": bucket, "key": "out/a"})

    name = role.rpartition("/")[2]
    assert who.startswith(f"arn:aws:sts::123456789012:assumed-role/{name}/")
    assert read == "hello"
    assert denied["FunctionError"] == "Unhandled"
    assert "not authorized to perform: s3:GetObject" in denied["Payload"]["errorMessage"]


def test_a_function_may_invoke_another_that_it_has_leave_for(tenant: Tenant, echo: str) -> None:
    code = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        "    answer = boto3.client('lambda').invoke(FunctionName=event, Payload=json.dumps('hi'))\n"
        "    return json.loads(answer['Payload'].read())\n"
    )
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:{echo}"
    function = tenant.function(code, allow("lambda:InvokeFunction", arn), Timeout=20)

    assert tenant.call(function, echo)["Payload"] == "hi"
    assert "(AccessDeniedException)" in tenant.call(function, function)["Payload"]["errorMessage"]


def test_the_archive_is_unpacked_with_its_folders(tenant: Tenant) -> None:
    archive = zipped({
        "pkg/__init__.py": "",
        "pkg/words.txt": "from a file",
        "pkg/deep/entry.py": (
            "import pathlib\n"
            "TEXT = (pathlib.Path(__file__).parent.parent / 'words.txt').read_text()\n"
            "def run(event, context): return TEXT\n"
        ),
    })  # fmt: skip
    function = tenant.function(archive, Handler="pkg.deep.entry.run")

    assert tenant.call(function)["Payload"] == "from a file"


def test_code_may_come_from_s3(tenant: Tenant) -> None:
    bucket = tenant.bucket({"code.zip": zipped({"app.py": ECHO})})
    name = unique("function")
    tenant.client("lambda").create_function(
        FunctionName=name,
        Role=tenant.role(trust("lambda")),
        Runtime="python3.13",
        Handler="app.handler",
        Code={"S3Bucket": bucket, "S3Key": "code.zip"},
    )

    assert tenant.call(name, 1)["Payload"] == 1


# Warm, cold, changed


def test_an_environment_is_used_again(tenant: Tenant) -> None:
    function = tenant.function(PROCESS)

    assert len({tenant.call(function)["Payload"] for _ in range(3)}) == 1


def test_an_environment_that_raised_is_used_again(tenant: Tenant) -> None:
    function = tenant.function(
        "import os\ndef handler(event, context): return os.getpid() // event\n"
    )
    pid = tenant.call(function, 1)["Payload"]

    assert tenant.call(function, 0)["FunctionError"] == "Unhandled"
    assert tenant.call(function, 1)["Payload"] == pid


def test_invocations_at_once_run_side_by_side(tenant: Tenant, tmp_path: Path) -> None:
    """None of the eight can end before all eight have begun."""
    code = (
        "import os, time\n"
        "def handler(event, context):\n"
        "    open(f\"{event['folder']}/{event['index']}\", 'w').close()\n"
        "    while len(os.listdir(event['folder'])) < 8: time.sleep(0.01)\n"
        "    return os.getpid()\n"
    )
    function = tenant.function(code, Timeout=30)
    pids: list[int] = []

    def call(index: int) -> None:
        pids.append(tenant.call(function, {"folder": str(tmp_path), "index": index})["Payload"])

    threads = [threading.Thread(target=call, args=[index]) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(pids)) == 8
    again = tenant.call(function, {"folder": str(tmp_path), "index": 0})["Payload"]
    assert again in pids


def test_updated_code_runs_from_the_next_invocation(tenant: Tenant) -> None:
    function = tenant.function("def handler(event, context): return 'old'\n")
    assert tenant.call(function)["Payload"] == "old"

    new = zipped({"app.py": "def handler(event, context): return 'new'\n"})
    tenant.client("lambda").update_function_code(FunctionName=function, ZipFile=new)

    assert tenant.call(function)["Payload"] == "new"


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"Environment": {"Variables": {"MINE": "new"}}}, "MINE", "new"),
        ({"MemorySize": 512}, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ({"Handler": "app.other"}, "_HANDLER", "app.other"),
        ({"Runtime": "python3.12"}, "AWS_EXECUTION_ENV", "AWS_Lambda_python3.12"),
        ({"LoggingConfig": {"LogFormat": "JSON"}}, "AWS_LAMBDA_LOG_FORMAT", "JSON"),
        (
            {"LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "WARN"}},
            "AWS_LAMBDA_LOG_LEVEL",
            "WARNING",
        ),
        ({"LoggingConfig": {"LogGroup": "/mine"}}, "AWS_LAMBDA_LOG_GROUP_NAME", "/mine"),
    ],
)
def test_an_updated_configuration_counts_from_the_next_invocation(
    tenant: Tenant, change: dict[str, Any], name: str, value: str
) -> None:
    function = tenant.function(
        ENVIRONMENT + "other = handler\n", Environment={"Variables": {"MINE": "old"}}
    )
    assert tenant.call(function)["Payload"].get(name) != value

    tenant.client("lambda").update_function_configuration(FunctionName=function, **change)

    assert tenant.call(function)["Payload"][name] == value


def test_a_new_role_counts_from_the_next_invocation(tenant: Tenant) -> None:
    code = (
        "import boto3\ndef handler(e, c): return boto3.client('sts').get_caller_identity()['Arn']\n"
    )
    function = tenant.function(code, Timeout=20)
    tenant.call(function)
    role = tenant.role(trust("lambda"))

    tenant.client("lambda").update_function_configuration(FunctionName=function, Role=role)

    assert f"/{role.rpartition('/')[2]}/" in tenant.call(function)["Payload"]


def test_a_second_function_of_the_name_is_refused_and_changes_nothing(tenant: Tenant) -> None:
    function = tenant.function(ENVIRONMENT)
    role = tenant.role(trust("lambda"))

    code, _, _ = refusal(
        lambda: tenant.client("lambda").create_function(
            FunctionName=function,
            Role=role,
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": zipped({"app.py": ECHO})},
            LoggingConfig={"LogFormat": "JSON"},
        )
    )

    assert code == "ResourceConflictException"
    assert tenant.call(function)["Payload"]["AWS_LAMBDA_LOG_FORMAT"] == "Text"


def test_a_deleted_function_is_gone_and_its_name_is_free(tenant: Tenant) -> None:
    function = tenant.function("def handler(event, context): return 'old'\n")
    tenant.call(function)
    tenant.client("lambda").delete_function(FunctionName=function)
    assert refusal(lambda: tenant.call(function))[0] == "ResourceNotFoundException"

    tenant.client("lambda").create_function(
        FunctionName=function,
        Role=tenant.role(trust("lambda")),
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": zipped({"app.py": "def handler(event, context): return 'new'\n"})},
    )

    assert tenant.call(function)["Payload"] == "new"


def test_a_published_version_keeps_its_code(tenant: Tenant) -> None:
    function = tenant.function("def handler(event, context): return context.function_version\n")
    client = tenant.client("lambda")
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    new = zipped({"app.py": "def handler(event, context): return 'new'\n"})
    client.update_function_code(FunctionName=function, ZipFile=new)

    for name in (f"{function}:{version}", f"{function}:live"):
        answer = tenant.call(name)
        assert (answer["Payload"], answer["ExecutedVersion"]) == (version, version)
    assert tenant.call(function, Qualifier=version)["Payload"] == version
    assert tenant.call(function)["Payload"] == "new"


def test_a_role_whose_policy_changes_needs_no_new_environment(tenant: Tenant) -> None:
    bucket = tenant.bucket({"k": "v"})
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('s3').get_object(Bucket=event, Key='k')['Body'].read().decode()\n"
    )
    role = tenant.role(trust("lambda"))
    function = tenant.function(code, role_arn=role, Timeout=20)
    assert "AccessDenied" in tenant.call(function, bucket)["Payload"]["errorMessage"]

    tenant.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="more",
        PolicyDocument=document(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")),
    )

    assert tenant.call(function, bucket)["Payload"] == "v"


# Logs

TALKATIVE = """
import logging, sys
logger = logging.getLogger()
def handler(event, context):
    print("printed")
    print("to stderr", file=sys.stderr)
    logger.warning("warned")
    logger.info("informed")
    sys.stdout.write("unfinished")
"""


def test_the_log_holds_what_the_function_wrote_when_invoke_returns(tenant: Tenant) -> None:
    function = tenant.function(TALKATIVE)

    tenant.call(function)

    log = tenant.log_of(f"/aws/lambda/{function}")
    assert log[:2] == ["printed", "to stderr"]
    assert log[2].startswith("[WARNING]\t")
    assert log[2].endswith("\twarned")
    assert log[3:] == ["unfinished"]


def test_json_logging_is_as_it_was_configured(tenant: Tenant) -> None:
    group = unique("/aws/lambda/shared")
    tenant.client("logs").create_log_group(logGroupName=group)
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": group}
    function = tenant.function(TALKATIVE, LoggingConfig=logging)

    tenant.call(function)

    log = tenant.log_of(group)
    assert tenant.log_of(f"/aws/lambda/{function}") == []
    record = json.loads(log[2])
    assert (record["level"], record["message"]) == ("WARNING", "warned")
    assert "requestId" in record


def test_a_log_stream_is_named_as_lambda_names_it(tenant: Tenant) -> None:
    function = tenant.function(TALKATIVE)
    tenant.call(function)

    streams = tenant.client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{function}")

    (stream,) = streams["logStreams"]
    assert stream["logStreamName"].startswith(f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]")


def test_the_tail_of_the_log_is_given_on_request(tenant: Tenant) -> None:
    code = "def handler(event, context):\n    for i in range(event): print(f'line {i}')\n"
    function = tenant.function(code)

    def tail(lines: int) -> list[str]:
        answer = tenant.call(function, lines, LogType="Tail")
        told = base64.b64decode(answer["LogResult"])
        assert len(told) <= 4096
        return told.decode().splitlines()

    assert [line.split()[0] for line in tail(2)] == [
        *("INIT_START", "START", "line", "line", "END", "REPORT"),
    ]
    assert tail(1)[1] == "line 0"  # not what an earlier invocation wrote
    many = tail(2000)
    assert many[-3] == "line 1999"
    assert len(many) > 100
    assert len(tenant.log_of(f"/aws/lambda/{function}")) == 2003


def test_a_traceback_is_one_event(tenant: Tenant) -> None:
    function = tenant.function("def handler(event, context): raise ValueError('one')\n")

    tenant.call(function)

    (event,) = tenant.log_of(f"/aws/lambda/{function}")
    lines = event.splitlines()
    assert lines[0] == "[ERROR] ValueError: one"
    assert lines[1] == "Traceback (most recent call last):"


def test_a_role_that_may_not_log_loses_the_log_and_nothing_else(tenant: Tenant) -> None:
    function = tenant.function(TALKATIVE, allow("s3:GetObject", "*"))

    answer = tenant.call(function, LogType="Tail")

    assert "FunctionError" not in answer
    assert b"printed" in base64.b64decode(answer["LogResult"])
    assert tenant.log_of(f"/aws/lambda/{function}") == []


def test_a_function_can_be_reached_from_another_process_with_the_urls_environment(
    tenant: Tenant, echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": tenant.url,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)

    answer = boto3.Session().client("lambda").invoke(FunctionName=echo, Payload='"hi"')

    assert answer["Payload"].read() == b'"hi"'
