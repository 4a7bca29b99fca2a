"""What error replies say, held against botocore's parsers."""

import json
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.aws.service import ErrorReader, json_error, xml_error

Case = tuple[int, dict[str, str], bytes]


def model(service: str) -> Any:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


RUNTIME, STORAGE, QUEUES = model("sagemaker-runtime"), model("s3"), model("sqs")


def botocores(service: Any, operation: str, case: Case) -> tuple[str, str]:
    status, headers, body = case
    shape = service.operation_model(operation).output_shape
    parser: Any = create_parser(service.metadata["protocol"])
    parsed = parser.parse({"status_code": status, "headers": headers, "body": body}, shape)
    return parsed["Error"]["Code"], parsed["Error"].get("Message", "")


def ours(reader: ErrorReader, case: Case) -> tuple[str, str]:
    error = reader(*case)
    return error.code, error.message


JSON_CASES: list[Case] = [
    (424, {"x-amzn-errortype": "ModelError"}, b'{"Message": "m", "OriginalStatusCode": 400}'),
    (400, {"x-amzn-errortype": "ValidationError:http://internal/"}, b'{"message": "m"}'),
    (400, {}, b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "m"}'),
    (403, {}, b'{"code": "AccessDeniedException", "message": "m"}'),
    (403, {}, b'{"Code": "a#AccessDeniedException", "Message": "m"}'),
    (400, {}, b"{}"),
    (400, {"x-amzn-errortype": "ValidationError"}, b"not JSON"),
    (400, {"x-amzn-errortype": "ValidationError"}, b""),
    (429, {"x-amzn-errortype": "ModelNotReadyException"}, b'{"message": "a", "Message": "b"}'),
]


@pytest.mark.parametrize("case", JSON_CASES)
def test_errors_in_json_are_read_as_botocore_reads_them(case: Case) -> None:
    assert ours(json_error, case) == botocores(RUNTIME, "InvokeEndpoint", case)


@settings(deadline=None)
@given(
    st.sampled_from(["x-amzn-errortype", "other"]),
    st.text(st.sampled_from("aZ#:. "), min_size=1, max_size=10),
    st.dictionaries(
        st.sampled_from(["message", "Message", "__type", "code", "Code", "more"]),
        st.text(st.sampled_from("aZ#:. "), min_size=1, max_size=10),
    ),
)
def test_any_names_in_any_place_are_found_as_botocore_finds_them(
    header: str, value: str, members: dict[str, str]
) -> None:
    case = (400, {header: value}, json.dumps(members).encode())

    assert ours(json_error, case) == botocores(RUNTIME, "InvokeEndpoint", case)


def test_sqs_names_an_error_in_the_body() -> None:
    case = (400, {}, b'{"__type": "com.amazonaws.sqs#MessageNotInflight", "message": "m"}')

    assert ours(json_error, case) == ("MessageNotInflight", "m")
    assert ours(json_error, case) == botocores(QUEUES, "ChangeMessageVisibility", case)


def test_all_that_the_body_says_is_kept() -> None:
    error = json_error(424, {"x-amzn-errortype": "ModelError"}, b'{"OriginalStatusCode": 503}')

    assert error.members == {"OriginalStatusCode": 503}
    assert error.status == 424


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"[" * 100_000, b"\xff\xfe", b"null"])
@pytest.mark.parametrize("reader", [json_error, xml_error])
def test_a_body_of_any_kind_still_gives_an_error(reader: ErrorReader, body: bytes) -> None:
    assert reader(502, {}, body).code == "502"


@pytest.mark.parametrize("status", [403, 404, 412, 503])
def test_an_error_of_s3_is_read_as_botocore_reads_it(status: int) -> None:
    body = (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The &lt;key'
        b"&gt; does not exist.</Message><Key>k</Key><RequestId>1</RequestId></Error>"
    )
    case = (status, {}, body)

    assert ours(xml_error, case) == ("NoSuchKey", "The <key> does not exist.")
    assert ours(xml_error, case) == botocores(STORAGE, "PutObject", case)
    assert xml_error(*case).members["Key"] == "k"


@pytest.mark.parametrize("status", [301, 400, 403, 404, 412, 500, 503])
@pytest.mark.parametrize("body", [b"", b"<html>"])
def test_without_an_error_in_xml_the_status_is_the_code(status: int, body: bytes) -> None:
    case = (status, {}, body)

    assert ours(xml_error, case) == botocores(STORAGE, "HeadObject", case)


def test_a_status_without_a_name_is_a_code_all_the_same() -> None:
    assert ours(xml_error, (599, {}, b"")) == ("599", "")
