"""What a stack says of its function, and what that means for the component."""

from pathlib import Path
from typing import Any

from settings.component_args import InvokerArgs, endpoint_args, invoker_args
from tests.settings.stacks import parse, right_but

TEMPLATE = {
    "request": {"prompt": "<<prompt>>", "options": {"max": "<<max_new_tokens>>"}},
    "text": "choices[0].text",
    "finishReason": "choices[0].finish_reason",
}


def invoked(said: dict[str, Any], project_dir: Path) -> InvokerArgs:
    return invoker_args(parse(right_but({"genai:invoker": said}), project_dir))


def test_a_template_goes_to_the_function_under_the_names_that_it_reads(project_dir: Path) -> None:
    args = invoked({"contract": "template", "template": TEMPLATE}, project_dir)

    assert args["contract"] == "template"
    assert args["template"] == {
        "request": TEMPLATE["request"],
        "text": "choices[0].text",
        "finish_reason": "choices[0].finish_reason",
    }


def test_every_path_of_a_template_has_its_name(project_dir: Path) -> None:
    paths = ("finishReason", "promptTokens", "completionTokens", "streamText")
    template = {**TEMPLATE, **dict.fromkeys(paths, "a.b")}

    args = invoked({"contract": "template", "template": template}, project_dir)

    assert args["template"] == {
        "request": TEMPLATE["request"],
        "text": "choices[0].text",
        **dict.fromkeys(
            ("finish_reason", "prompt_tokens", "completion_tokens", "stream_text"), "a.b"
        ),
    }


def test_what_a_request_leaves_empty_stays_in_it(project_dir: Path) -> None:
    request = {"prompt": "<<prompt>>", "stop": None, "adapters": []}

    args = invoked(
        {"contract": "template", "template": {"request": request, "text": "text"}}, project_dir
    )

    assert args["template"] == {"request": request, "text": "text"}


def test_retries_are_taken(project_dir: Path) -> None:
    args = invoked({"retries": {"attempts": 5, "afterTimeout": True}}, project_dir)

    assert (args["attempts"], args["repeat_after_timeout"]) == (5, True)


def test_callers_reach_the_function_as_the_stack_says(project_dir: Path) -> None:
    layer = "arn:aws:lambda:us-east-1:123456789012:layer:web-adapter:1"
    said = {"url": "iam", "streaming": True, "httpApi": True, "adapterLayerArn": layer}

    args = invoked(said, project_dir)

    assert (args["function_url"], args["streaming"], args["http_api"]) == (True, True, True)
    assert args["adapter_layer_arn"] == layer


def test_what_is_taken_out_of_records_goes_to_the_function_in_full(project_dir: Path) -> None:
    redact = ["card-number", {"pattern": "PRJ-[0-9]+"}, {"pattern": "Bob", "replacement": "B."}]

    args = invoked({"records": {"keep": "full", "redact": redact}}, project_dir)

    card_number, *own = args["redaction"]
    assert card_number["replacement"] == "[card-number]"
    assert own == [
        {"pattern": "PRJ-[0-9]+", "replacement": "[redacted]"},
        {"pattern": "Bob", "replacement": "B."},
    ]


def test_inputs_are_switched_on_with_their_defaults(project_dir: Path) -> None:
    args = invoked({"inputs": {"enabled": True}}, project_dir)

    assert args["inputs"] == {
        "max_concurrency": 2,
        "max_receives": 10,
        "workers": 8,
        "paused": False,
    }


def test_files_wait_in_the_queue_while_the_endpoint_is_switched_off(project_dir: Path) -> None:
    off = {"genai:endpoint.enabled": False, "genai:invoker": {"inputs": {"enabled": True}}}
    inputs = invoker_args(parse(right_but(off), project_dir))["inputs"]

    assert inputs is not None
    assert inputs["paused"] is True


def test_keys_of_ones_own_go_to_what_they_encrypt(project_dir: Path) -> None:
    keys = {
        f"{use}Arn": f"arn:aws:kms:us-east-1:123456789012:key/{use}"
        for use in ("function", "queue", "logs")
    }
    settings = parse(right_but({"genai:keys": keys}), project_dir)
    args = invoker_args(settings)

    assert args["environment_kms_key_arn"] == keys["functionArn"]
    assert args["queue_kms_key_arn"] == keys["queueArn"]
    assert args["log_kms_key_arn"] == keys["logsArn"]
    assert endpoint_args(settings)["log_kms_key_arn"] == keys["logsArn"]


def test_inputs_that_are_switched_off_are_none_whatever_else_is_said(project_dir: Path) -> None:
    assert invoked({"inputs": {"enabled": False, "workers": 2}}, project_dir)["inputs"] is None


def test_requests_that_nobody_waits_for_are_kept_as_the_stack_says(project_dir: Path) -> None:
    said = {"asynchronous": {"retries": 2, "maxAgeSeconds": 60, "onFailure": False}}

    args = invoked(said, project_dir)

    assert args["asynchronous"] == {"retries": 2, "max_age_seconds": 60, "on_failure": False}


def test_a_network_of_one_s_own_is_taken(project_dir: Path) -> None:
    vpc = {"subnetIds": ["subnet-0a1b2c3d"], "securityGroupIds": ["sg-0a1b2c3d"]}

    args = invoked({"vpc": vpc}, project_dir)

    assert args["vpc"] == {
        "subnet_ids": ["subnet-0a1b2c3d"],
        "security_group_ids": ["sg-0a1b2c3d"],
    }


def test_a_previous_version_keeps_its_share(project_dir: Path) -> None:
    args = invoked({"versions": {"previousVersion": 7, "previousPercent": 90}}, project_dir)

    assert args["alias"] == {"previous_version": "7", "previous_percent": 90}


def test_without_versions_there_is_no_alias(project_dir: Path) -> None:
    assert invoked({"versions": {"publish": False}}, project_dir)["alias"] is None


def test_what_is_kept_and_measured_can_be_switched_off(project_dir: Path) -> None:
    said = {
        "records": {"keep": "off"},
        "clientTokens": False,
        "tracing": False,
        "metrics": False,
        "reservedConcurrency": 0,
    }

    args = invoked(said, project_dir)

    assert (args["records"], args["client_tokens"], args["tracing"]) == ("off", False, False)
    assert args["metrics_namespace"] is None
    assert args["reserved_concurrency"] == 0


def test_further_statements_are_taken(project_dir: Path) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}

    assert invoked({"statements": [statement]}, project_dir)["extra_statements"] == [statement]


def test_a_limit_of_tokens_is_taken(project_dir: Path) -> None:
    assert invoked({"maxNewTokens": 1}, project_dir)["max_new_tokens"] == 1
