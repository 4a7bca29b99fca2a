"""What each option of the function makes, and what it permits."""

import json
from typing import Any

import pulumi
import pytest

from components import InvokerFunction, ModelBucket
from components.invoker.web_adapter import published_layer
from rehearsal.program import ProgramRun
from tests.components.configurations import ADAPTER_LAYER, KEYS, invoker_run_of, invoker_with
from tests.harness import deploy, inputs_of, policy_of, statements_of

ACCOUNT = "123456789012"
WHOLE_ACCOUNT = f"arn:aws:iam::{ACCOUNT}:root"
FUNCTION_ARN = "arn:mock:aws:lambda/function:Function:f-function"
ALIAS_ARN = "arn:mock:aws:lambda/alias:Alias:f-alias"
SUCCESS_TOPIC, ERROR_TOPIC = (f"arn:aws:sns:us-east-1:{ACCOUNT}:{told}" for told in ("good", "bad"))
QUEUE_ARN = "arn:mock:aws:sqs/queue:Queue:{}"


def named(run: ProgramRun, name: str) -> dict[str, Any]:
    (found,) = [r for r in run.registrations if r.name == name]
    return inputs_of(found)


def policy(run: ProgramRun, name: str) -> dict[str, Any]:
    (found,) = [r for r in run.registrations if r.name == name]
    return policy_of(found)


def outputs(run: ProgramRun) -> dict[str, Any]:
    return run.outputs_of["genai:index:InvokerFunction::f"]


def added_by(configuration: str) -> set[str]:
    plain, added = invoker_run_of("plain"), invoker_run_of(configuration)
    return {r.name for r in added.registrations} - {r.name for r in plain.registrations}


@pytest.mark.parametrize(
    ("configuration", "resources"),
    [
        ("url", {"f-url", "f-url-permission", "f-url-invoke-permission"}),
        (
            "http-api",
            {
                "f-api",
                "f-api-integration",
                "f-api-logs",
                "f-api-permission",
                "f-api-route",
                "f-api-stage",
            },
        ),
        (
            "inputs",
            {
                "f-dead-letters",
                "f-dead-letters-policy",
                "f-inputs",
                "f-inputs-mapping",
                "f-inputs-policy",
                "f-redrive-allow",
                "f-take-messages",
            },
        ),
        (
            "failed-events",
            {"f-failed-events", "f-failed-events-policy", "f-send-failed-events"},
        ),
        ("retried-events", set()),
        ("alias", {"f-alias"}),
        ("vpc", {"f-run-in-vpc"}),
        ("additions", {"f-additions"}),
        ("careful", set()),
    ],
)
def test_an_option_makes_what_it_needs_and_nothing_else(
    configuration: str, resources: set[str]
) -> None:
    assert added_by(configuration) == resources


def test_streaming_adds_a_function_to_the_url_and_leaves_the_first_alone() -> None:
    assert added_by("streaming") == added_by("url") | {"f-streaming"}
    assert named(invoker_run_of("streaming"), "f-function") == named(
        invoker_run_of("plain"), "f-function"
    )


def test_an_option_that_is_off_has_an_empty_output() -> None:
    empty = {name for name, value in outputs(invoker_run_of("plain")).items() if value == ""}

    assert empty == {
        "alias_name",
        "dead_letter_queue_arn",
        "dead_letter_queue_url",
        "failed_events_queue_arn",
        "failed_events_queue_url",
        "function_url",
        "http_api_url",
        "queue_arn",
    }
    assert "" not in outputs(invoker_run_of("everything")).values()


def test_the_url_takes_signed_requests_of_this_account() -> None:
    run = invoker_run_of("url")

    assert named(run, "f-url") == {
        "functionName": "f-function",
        "authorizationType": "AWS_IAM",
        "invokeMode": "BUFFERED",
    }
    assert named(run, "f-url-permission") == {
        "function": "f-function",
        "action": "lambda:InvokeFunctionUrl",
        "principal": WHOLE_ACCOUNT,
        "functionUrlAuthType": "AWS_IAM",
    }
    assert named(run, "f-url-invoke-permission") == {
        "function": "f-function",
        "action": "lambda:InvokeFunction",
        "principal": WHOLE_ACCOUNT,
        "invokedViaFunctionUrl": True,
    }
    assert outputs(run)["function_url"] == "https://f-url.example/"


def test_the_streaming_function_is_the_same_code_behind_the_adapter() -> None:
    run = invoker_run_of("streaming")

    plain, streaming = named(run, "f-function"), named(run, "f-streaming")
    assert {key for key in streaming if streaming[key] != plain.get(key)} == {
        "code",  # with the web server
        "handler",
        "environment",
        "layers",
    }
    assert streaming["handler"] == "handlers/web/start.sh"
    assert streaming["layers"] == [
        "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:30"
    ]
    assert streaming["environment"]["variables"] == {
        **plain["environment"]["variables"],
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
        "AWS_LWA_INVOKE_MODE": "response_stream",
        "AWS_LWA_PORT": "8080",
        "AWS_LWA_READINESS_CHECK_PATH": "/ready",
    }


def test_only_the_url_leads_to_the_streaming_function() -> None:
    run = invoker_run_of("everything")

    at_streaming = [
        r.name
        for r in run.registrations
        if "f-streaming" in str(inputs_of(r)) and r.name != "f-streaming"
    ]
    assert sorted(at_streaming) == [
        "f-streaming-alias",
        "f-url",
        "f-url-invoke-permission",
        "f-url-permission",
    ]
    assert named(run, "f-url")["invokeMode"] == "RESPONSE_STREAM"
    assert named(run, "f-url")["qualifier"] == "live"


def test_an_adapter_of_ones_own_takes_its_place() -> None:
    assert named(invoker_run_of("everything"), "f-streaming")["layers"] == [ADAPTER_LAYER]


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_where_no_adapter_is_published_one_has_to_be_named(partition: str, region: str) -> None:
    with pytest.raises(
        ValueError,
        match=f"published in {region}; name a layer version of your own in adapter_layer_arn",
    ):
        published_layer(partition, region)


def test_the_api_has_one_route_that_iam_guards() -> None:
    run = invoker_run_of("http-api")

    assert named(run, "f-api")["protocolType"] == "HTTP"
    assert named(run, "f-api-integration") == {
        "apiId": "f-api-id",
        "integrationType": "AWS_PROXY",
        "integrationMethod": "POST",
        "integrationUri": "arn:mock:invoke:f-function",
        "payloadFormatVersion": "2.0",
        "timeoutMilliseconds": 30_000,
    }
    assert named(run, "f-api-route") == {
        "apiId": "f-api-id",
        "routeKey": "$default",
        "authorizationType": "AWS_IAM",
        "target": "integrations/f-api-integration-id",
    }
    assert named(run, "f-api-permission") == {
        "function": "f-function",
        "action": "lambda:InvokeFunction",
        "principal": "apigateway.amazonaws.com",
        "sourceArn": "arn:aws:execute-api:us-east-1:123456789012:f-api/*/$default",
    }
    assert outputs(run)["http_api_url"] == "https://f-api.execute-api.us-east-1.amazonaws.com"


def test_the_api_logs_who_called_and_nothing_of_what_was_said() -> None:
    settings = named(invoker_run_of("http-api"), "f-api-stage")["accessLogSettings"]

    logged = json.loads(settings["format"])
    assert settings["destinationArn"] == "arn:mock:aws:cloudwatch/logGroup:LogGroup:f-api-logs"
    assert {"$context.requestId", "$context.identity.userArn", "$context.status"} <= {
        *logged.values()
    }
    assert [v for v in logged.values() if "request.body" in v or "querystring" in v] == []


def test_the_bucket_may_tell_the_queue_and_no_other_bucket_or_account_may() -> None:
    _, allow = policy(invoker_run_of("inputs"), "f-inputs-policy")["Statement"]

    assert allow == {
        "Sid": "ReceiveNotifications",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE_ARN.format("f-inputs"),
        "Condition": {
            "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::genai-bucket"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
    }


def test_a_message_stays_hidden_for_six_runs_and_ends_in_the_dead_letters() -> None:
    usual, chosen = invoker_run_of("inputs"), invoker_run_of("inputs-chosen")

    assert named(usual, "f-inputs")["visibilityTimeoutSeconds"] == 6 * 75
    assert named(chosen, "f-inputs")["visibilityTimeoutSeconds"] == 6 * 600
    assert json.loads(named(usual, "f-inputs")["redrivePolicy"]) == {
        "deadLetterTargetArn": QUEUE_ARN.format("f-dead-letters"),
        "maxReceiveCount": 10,
    }
    assert json.loads(named(chosen, "f-inputs")["redrivePolicy"])["maxReceiveCount"] == 3
    assert named(usual, "f-dead-letters")["messageRetentionSeconds"] == 14 * 24 * 3600


def test_only_the_queue_of_inputs_may_leave_its_dead_letters_there() -> None:
    redrive = named(invoker_run_of("inputs"), "f-redrive-allow")

    assert redrive["queueUrl"].endswith("/f-dead-letters")
    assert json.loads(redrive["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [QUEUE_ARN.format("f-inputs")],
    }


@pytest.mark.parametrize(("configuration", "concurrency"), [("inputs", 2), ("inputs-chosen", 20)])
def test_the_queue_runs_the_function_with_one_message_and_so_often_at_once(
    configuration: str, concurrency: int
) -> None:
    mapping = named(invoker_run_of(configuration), "f-inputs-mapping")

    assert mapping["eventSourceArn"] == QUEUE_ARN.format("f-inputs")
    assert mapping["functionName"] == FUNCTION_ARN
    assert mapping["batchSize"] == 1
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["scalingConfig"] == {"maximumConcurrency": concurrency}


@pytest.mark.parametrize(
    ("options", "takes"),
    [
        ({"inputs": {}}, True),
        ({"inputs": {}, "reserved_concurrency": 5}, True),
        ({"inputs": {}, "reserved_concurrency": 0}, False),
        ({"inputs": {"paused": True}}, False),
    ],
)
def test_messages_stay_in_the_queue_while_no_run_could_succeed(
    options: dict[str, Any], *, takes: bool
) -> None:
    run = deploy(lambda: InvokerFunction("f", invoker_with(**options)))

    assert named(run, "f-inputs-mapping")["enabled"] is takes


def test_keys_of_ones_own_encrypt_environment_queues_and_logs() -> None:
    run = invoker_run_of("keys")

    assert named(run, "f-function")["kmsKeyArn"] == KEYS["function"]
    queues = [inputs_of(queue) for queue in run.all("aws:sqs/queue:Queue")]
    assert [queue["kmsMasterKeyId"] for queue in queues] == 3 * [KEYS["queue"]]
    assert not any("sqsManagedSseEnabled" in queue for queue in queues)
    logs = [inputs_of(group) for group in run.all("aws:cloudwatch/logGroup:LogGroup")]
    assert [group["kmsKeyId"] for group in logs] == 2 * [KEYS["logs"]]


@pytest.mark.parametrize(
    ("of_policy", "key", "actions"),
    [
        ("f-decrypt-environment", "function", "kms:Decrypt"),
        ("f-take-messages", "queue", "kms:Decrypt"),
        ("f-send-failed-events", "queue", ["kms:Decrypt", "kms:GenerateDataKey"]),
    ],
)
def test_the_function_may_use_those_keys_for_what_they_encrypt(
    of_policy: str, key: str, actions: str | list[str]
) -> None:
    *_, use = policy(invoker_run_of("keys"), of_policy)["Statement"]

    assert use["Action"] == actions
    assert use["Resource"] in (KEYS[key], [KEYS[key]])


def test_without_such_keys_the_queues_have_sqs_s_own_and_no_key_is_permitted() -> None:
    run = invoker_run_of("everything")

    queues = [inputs_of(queue) for queue in run.all("aws:sqs/queue:Queue")]
    assert [queue["sqsManagedSseEnabled"] for queue in queues] == 3 * [True]
    policies = run.all("aws:iam/rolePolicy:RolePolicy")
    assert policies
    assert [p.name for p in policies if "kms:" in inputs_of(p)["policy"]] == []


def test_the_function_may_take_from_its_queue_before_lambda_is_told_to() -> None:
    run = invoker_run_of("inputs")

    (mapping,) = run.all("aws:lambda/eventSourceMapping:EventSourceMapping")
    (taking,) = policy(run, "f-take-messages")["Statement"]
    assert any(urn.endswith("::f-take-messages") for urn in mapping.dependencies)
    assert taking["Resource"] == QUEUE_ARN.format("f-inputs")
    assert taking["Action"] == [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    ]


def test_the_arn_of_a_queue_is_known_once_its_policy_stands() -> None:
    def program() -> None:
        invoker = InvokerFunction("f", invoker_with(inputs={}))
        ModelBucket("m", {}).notify_inputs(invoker.queue_arn)

    run = deploy(program)

    notification = run.only("aws:s3/bucketNotification:BucketNotification")
    assert any(urn.endswith("::f-inputs-policy") for urn in notification.dependencies)


def test_the_bucket_tells_of_no_object_before_the_function_may_read_it() -> None:
    def program() -> None:
        InvokerFunction("f", invoker_with(inputs={})).use_bucket(ModelBucket("m", {}))

    notification = deploy(program).only("aws:s3/bucketNotification:BucketNotification")
    assert any(urn.endswith("::m-invoker-run-inputs") for urn in notification.dependencies)


def test_no_failed_event_is_run_again_unless_asked() -> None:
    """Lambda's own default is two more runs: two more generations."""
    assert named(invoker_run_of("plain"), "f-async") == {
        "functionName": "f-function",
        "maximumRetryAttempts": 0,
        "maximumEventAgeInSeconds": 21_600,
    }
    assert named(invoker_run_of("retried-events"), "f-async") == {
        "functionName": "f-function",
        "maximumRetryAttempts": 2,
        "maximumEventAgeInSeconds": 300,
    }


def test_events_that_failed_for_good_are_kept() -> None:
    run = invoker_run_of("failed-events")

    arn = QUEUE_ARN.format("f-failed-events")
    (sending,) = policy(run, "f-send-failed-events")["Statement"]
    (config,) = run.all("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
    assert inputs_of(config)["destinationConfig"] == {"onFailure": {"destination": arn}}
    assert any(urn.endswith("::f-send-failed-events") for urn in config.dependencies)
    assert (sending["Action"], sending["Resource"]) == ("sqs:SendMessage", arn)


def test_the_alias_leads_to_the_newest_version() -> None:
    run = invoker_run_of("alias")

    assert named(run, "f-function")["publish"]
    assert named(run, "f-alias") == {
        "name": "live",
        "description": "The version that callers reach",
        "functionName": "f-function",
        "functionVersion": "7",
    }
    assert outputs(run)["alias_name"] == "live"
    assert outputs(run)["function_name"] == "f-function"


def test_a_share_of_the_calls_may_stay_with_the_version_from_before() -> None:
    alias = named(invoker_run_of("alias-rollout"), "f-alias")

    assert alias["routingConfig"] == {"additionalVersionWeights": {"6": 0.9}}
    assert alias["functionVersion"] == "7"


def test_everything_leads_to_the_alias_where_there_is_one() -> None:
    run = deploy(
        lambda: InvokerFunction(
            "f",
            invoker_with(alias={}, function_url=True, http_api=True, inputs={}, asynchronous={}),
        )
    )

    qualified = {r.name for r in run.registrations if inputs_of(r).get("qualifier") == "live"}
    assert qualified == {
        "f-async",
        "f-api-permission",
        "f-url",
        "f-url-invoke-permission",
        "f-url-permission",
    }
    assert named(run, "f-inputs-mapping")["functionName"] == ALIAS_ARN
    assert named(run, "f-api-integration")["integrationUri"] == "arn:mock:invoke:f-alias"


def test_reserved_runs_are_set_aside_even_if_they_are_none() -> None:
    chosen = invoker_run_of("inputs-chosen")
    stopped = deploy(lambda: InvokerFunction("f", invoker_with(reserved_concurrency=0)))

    assert named(chosen, "f-function")["reservedConcurrentExecutions"] == 40
    assert named(stopped, "f-function")["reservedConcurrentExecutions"] == 0


def test_in_a_vpc_lambda_may_make_the_functions_interfaces_before_it_makes_the_function() -> None:
    run = invoker_run_of("vpc")

    function = run.only("aws:lambda/function:Function")
    assert inputs_of(function)["vpcConfig"] == {
        "subnetIds": ["subnet-1"],
        "securityGroupIds": ["sg-1"],
    }
    assert any(urn.endswith("::f-run-in-vpc") for urn in function.dependencies)


def test_statements_of_ones_own_are_a_policy_of_their_own() -> None:
    (policy_,) = [r for r in invoker_run_of("additions").registrations if r.name == "f-additions"]

    assert [s["Sid"] for s in statements_of(policy_)] == ["LookUp"]


@pytest.mark.parametrize(
    ("options", "grants"),
    [
        ({}, ["write-records", "claim-requests"]),
        ({"records": "metadata"}, ["write-records", "claim-requests"]),
        ({"records": "off"}, ["claim-requests"]),
        ({"client_tokens": False}, ["write-records"]),
        ({"client_tokens": False, "asynchronous": {}}, ["write-records"]),
        (
            {"client_tokens": False, "asynchronous": {"retries": 1}},
            ["write-records", "claim-requests"],
        ),
        ({"mode": "async"}, ["write-records", "claim-requests", "use-async-requests"]),
        (
            {"inputs": {}, "client_tokens": False},
            ["write-records", "claim-requests", "run-inputs"],
        ),
        ({"records": "off", "client_tokens": False}, []),
    ],
)
def test_it_uses_its_bucket_for_what_the_options_keep_there(
    options: dict[str, Any], grants: list[str]
) -> None:
    def program() -> None:
        bucket = ModelBucket("m", {})
        InvokerFunction("f", invoker_with(**options)).use_bucket(bucket)

    run = deploy(program)

    granted = [
        p.name
        for p in run.all("aws:iam/rolePolicy:RolePolicy")
        if inputs_of(p)["role"] == "f-role" and p.name.startswith("m-")
    ]
    notified = run.all("aws:s3/bucketNotification:BucketNotification")
    # In any order: registrations run side by side.
    assert sorted(granted) == sorted(f"m-invoker-{grant}" for grant in grants)
    assert len(notified) == ("inputs" in options)


def test_the_ways_in_are_those_there_are() -> None:
    def ways(options: dict[str, Any]) -> dict[str, Any]:
        def program() -> None:
            for name, way_in in InvokerFunction("f", invoker_with(**options)).ways_in().items():
                pulumi.export(name, way_in)

        return deploy(program).exports

    assert ways({}) == {}
    assert ways(
        {
            "alias": {},
            "function_url": True,
            "http_api": True,
            "inputs": {},
            "asynchronous": {},
        }
    ) == {
        "function_alias": "live",
        "function_url": "https://f-url.example/",
        "http_api_url": "https://f-api.execute-api.us-east-1.amazonaws.com",
        "inputs_uri": "s3://genai-bucket/inputs/",
        "inputs_queue_arn": QUEUE_ARN.format("f-inputs"),
        "dead_letter_queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/f-dead-letters",
        "failed_events_queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/f-failed-events",
    }


def completing(**options: Any) -> ProgramRun:
    def program() -> None:
        invoker = InvokerFunction("f", invoker_with(mode="async", **options))
        invoker.complete_records(ModelBucket("m", {}), SUCCESS_TOPIC, ERROR_TOPIC)

    return deploy(program)


def test_an_endpoints_topics_call_the_function_where_callers_reach_it() -> None:
    run = completing(alias={})

    subscription = named(run, "f-success-subscription")
    assert subscription == {"topic": SUCCESS_TOPIC, "protocol": "lambda", "endpoint": ALIAS_ARN}
    assert named(run, "f-error-subscription")["topic"] == ERROR_TOPIC
    assert named(run, "f-error-permission") == {
        "action": "lambda:InvokeFunction",
        "function": "f-function",
        "qualifier": "live",
        "principal": "sns.amazonaws.com",
        "sourceArn": ERROR_TOPIC,
    }


def test_who_completes_records_may_read_them_and_no_more() -> None:
    read, listed = statements_of(
        next(r for r in completing().registrations if r.name == "m-invoker-read-records")
    )

    assert (read["Action"], read["Resource"]) == (
        "s3:GetObject",
        ["arn:mock:aws:s3/bucket:Bucket:m-bucket/records/*"],
    )
    assert (listed["Action"], listed["Condition"]) == (
        "s3:ListBucket",
        {"StringLikeIfExists": {"s3:prefix": ["records/*"]}},
    )


def test_where_no_records_are_kept_none_is_completed() -> None:
    names = {r.name for r in completing(records="off").registrations}

    assert not {name for name in names if "subscription" in name or "read-records" in name}
    assert "f-function" in names
