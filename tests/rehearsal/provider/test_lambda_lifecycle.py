"""What the real provider asks of Lambda for our resources, in its order: create, wait, read, update, delete.

Read in hashicorp/terraform-provider-aws, internal/service/lambda, November 2026 (the stored versions may be
older than the provider in use): function.go at 0156d84e6bb4, permission.go at 04592f03e5d8, alias.go at
1265e5841c0f, function_url.go at d4fcde866d03, function_event_invoke_config.go at 21d93134c7c7,
provisioned_concurrency_config.go at 33e0ec6ac131, event_source_mapping.go at 6c6ae512efa8.
"""

import json
from typing import Any

import pytest

from tests.rehearsal.queues import TAKE_MESSAGES, Queue
from tests.rehearsal.tenant import (
    REGION,
    WRITE_LOGS,
    Tenant,
    allow,
    poll,
    refusal,
    trust,
    unique,
    zipped,
)

ECHO = "def handler(event, context): return event\n"
ARN = f"arn:aws:lambda:{REGION}:123456789012:function"
SEND = allow("sqs:SendMessage", "arn:aws:sqs:*:*:*")
GONE = "ResourceNotFoundException"


@pytest.fixture(scope="module")
def role(tenant: Tenant) -> str:
    return tenant.role(trust("lambda"), WRITE_LOGS, TAKE_MESSAGES, SEND)


@pytest.fixture
def client(tenant: Tenant) -> Any:
    return tenant.client("lambda")


@pytest.fixture
def function(tenant: Tenant, role: str) -> str:
    return tenant.function(ECHO, role_arn=role)


def read_function(client: Any, name: str) -> dict[str, Any]:
    """What the provider reads of a function, as it makes its state of it."""
    found = client.get_function(FunctionName=name)
    latest = client.list_versions_by_function(FunctionName=name, MaxItems=10000)["Versions"][-1]
    signing = client.get_function_code_signing_config(FunctionName=name)
    return {
        **{key: found["Configuration"].get(key) for key in (
            "Architectures", "DeadLetterConfig", "Description", "Environment", "EphemeralStorage",
            "Handler", "KMSKeyArn", "LoggingConfig", "MemorySize", "PackageType", "Role", "Runtime",
            "SnapStart", "Timeout", "TracingConfig", "CodeSha256", "FunctionArn",
        )},
        "reserved": found.get("Concurrency", {}).get("ReservedConcurrentExecutions", -1),
        "tags": found.get("Tags", {}),
        "version": latest["Version"],
        "qualified_arn": latest["FunctionArn"],
        "signing": signing.get("CodeSigningConfigArn"),
        "has_code": "Code" in found,
    }  # fmt: skip


@pytest.fixture
def given(tenant: Tenant) -> dict[str, Any]:
    """All that a function can be given, as far as it is played."""
    return {
        "Description": "answers",
        "MemorySize": 256,
        "Timeout": 20,
        "Architectures": ["arm64"],
        "DeadLetterConfig": {"TargetArn": Queue(tenant).arn},
        "Environment": {"Variables": {"MINE": "1"}},
        "EphemeralStorage": {"Size": 1024},
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "DEBUG",
            "SystemLogLevel": "WARN",
            "LogGroup": "/mine",
        },
        "KMSKeyArn": tenant.client("kms").create_key()["KeyMetadata"]["Arn"],
        "SnapStart": {"ApplyOn": "PublishedVersions"},
        "TracingConfig": {"Mode": "Active"},
    }


@pytest.fixture
def created(client: Any, role: str, given: dict[str, Any]) -> str:
    """A function with a version, created as the provider does it."""
    name = unique("function")
    answer = client.create_function(
        FunctionName=name,
        Code={"ZipFile": zipped({"app.py": ECHO})},
        Handler="app.handler",
        Runtime="python3.13",
        Role=role,
        Publish=True,
        Tags={"project": "genai"},
        **given,
    )
    assert answer["State"] == "Pending"
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    return name


@pytest.mark.fact("§7 Function: what is given at creation is read, or previews differ for ever")
def test_a_function_reads_as_it_was_created(
    client: Any, created: str, given: dict[str, Any]
) -> None:
    state = read_function(client, created)

    assert state.pop("SnapStart") == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    del given["SnapStart"]
    assert {key: state[key] for key in given} == given
    assert state["reserved"] == 0
    assert state["tags"] == {"project": "genai"}
    assert (state["version"], state["qualified_arn"]) == ("1", f"{ARN}:{created}:1")
    assert state["has_code"]
    assert state["signing"] is None
    of_version = client.get_function(FunctionName=created, Qualifier="1")
    assert of_version["Configuration"]["SnapStart"]["OptimizationStatus"] == "On"
    assert "Concurrency" not in of_version
    reserved = client.get_function_concurrency(FunctionName=created)
    assert reserved["ReservedConcurrentExecutions"] == 0


@pytest.mark.fact("§7 Function: each change is read again; what was published stays as it was")
def test_a_function_is_updated_and_published(
    client: Any, created: str, given: dict[str, Any]
) -> None:
    before = read_function(client, created)
    changes: dict[str, Any] = {
        "Description": "answers well",
        "Environment": {"Variables": {}},
        "EphemeralStorage": {"Size": 512},
        "LoggingConfig": {"LogFormat": "Text"},
        "DeadLetterConfig": {"TargetArn": ""},
        "KMSKeyArn": "",
        "TracingConfig": {"Mode": "PassThrough"},
        "SnapStart": {"ApplyOn": "None"},
        "Timeout": 30,
    }

    updated = client.update_function_configuration(FunctionName=created, **changes)

    assert updated["LastUpdateStatus"] == "InProgress"
    client.get_waiter("function_updated_v2").wait(FunctionName=created)
    code = zipped({"app.py": f"# new\n{ECHO}"})
    client.update_function_code(FunctionName=created, ZipFile=code, Architectures=["x86_64"])
    client.get_waiter("function_updated_v2").wait(FunctionName=created)
    client.delete_function_concurrency(FunctionName=created)
    version = client.publish_version(FunctionName=created)
    configuration = client.get_function_configuration(
        FunctionName=version["FunctionArn"], Qualifier=version["Version"]
    )
    assert configuration["LastUpdateStatus"] == "Successful"
    client.tag_resource(Resource=f"{ARN}:{created}", Tags={"stage": "dev"})
    client.untag_resource(Resource=f"{ARN}:{created}", TagKeys=["project"])

    changed = read_function(client, created)
    assert changed["CodeSha256"] != before["CodeSha256"]
    assert changed == {
        **before,
        **changes,
        "Environment": None,
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{created}"},
        "DeadLetterConfig": None,
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "Architectures": ["x86_64"],
        "CodeSha256": changed["CodeSha256"],
        "reserved": -1,
        "tags": {"stage": "dev"},
        "version": "2",
        "qualified_arn": f"{ARN}:{created}:2",
    }
    first = client.get_function_configuration(FunctionName=created, Qualifier="1")
    assert first["LoggingConfig"] == given["LoggingConfig"]
    assert first["DeadLetterConfig"] == given["DeadLetterConfig"]


@pytest.mark.fact("§7 Function: one that is gone is ResourceNotFoundException")
def test_a_deleted_function_is_found_no_more(client: Any, created: str) -> None:
    client.delete_function(FunctionName=created)

    assert refusal(lambda: client.get_function(FunctionName=created)) == (
        GONE,
        f"Function not found: {ARN}:{created}",
    )
    for again in (client.delete_function, client.list_versions_by_function):
        assert refusal(lambda again=again: again(FunctionName=created))[0] == GONE


@pytest.mark.fact("§7 Function: defaults are read as the provider expects them")
def test_a_plain_function_reads_as_the_providers_defaults(client: Any, function: str) -> None:
    state = read_function(client, function)

    assert state["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function}"}
    assert state["TracingConfig"] == {"Mode": "PassThrough"}
    assert (state["MemorySize"], state["Timeout"], state["PackageType"]) == (128, 3, "Zip")
    assert (state["EphemeralStorage"], state["Architectures"]) == ({"Size": 512}, ["x86_64"])
    assert (state["version"], state["qualified_arn"]) == ("$LATEST", f"{ARN}:{function}:$LATEST")
    assert state["reserved"] == -1
    assert client.get_runtime_management_config(FunctionName=function)["UpdateRuntimeOn"] == "Auto"
    assert client.get_function_recursion_config(FunctionName=function)["RecursiveLoop"] == (
        "Terminate"
    )


@pytest.mark.fact("§7 Function: JSON logging has levels even when none are given")
def test_json_logging_reads_with_its_levels(tenant: Tenant, client: Any, role: str) -> None:
    function = tenant.function(ECHO, role_arn=role, LoggingConfig={"LogFormat": "JSON"})

    assert read_function(client, function)["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
        "LogGroup": f"/aws/lambda/{function}",
    }


@pytest.mark.fact("§7 Function: runtime management and recursion are kept as they are put")
def test_what_is_put_about_runtimes_and_loops_is_read(client: Any, function: str) -> None:
    client.put_runtime_management_config(FunctionName=function, UpdateRuntimeOn="FunctionUpdate")
    client.put_function_recursion_config(FunctionName=function, RecursiveLoop="Allow")

    updates = client.get_runtime_management_config(FunctionName=function)
    assert updates["UpdateRuntimeOn"] == "FunctionUpdate"
    assert updates["FunctionArn"] == f"{ARN}:{function}"
    assert client.get_function_recursion_config(FunctionName=function)["RecursiveLoop"] == "Allow"
    assert (
        refusal(
            lambda: client.put_function_recursion_config(
                FunctionName=function, RecursiveLoop="Never"
            )
        )[0]
        == "ValidationException"
    )


@pytest.mark.fact("§7 Alias: function_version, routing_config weights")
def test_an_alias_is_created_read_moved_and_deleted(client: Any, function: str) -> None:
    first = client.publish_version(FunctionName=function)["Version"]
    client.update_function_configuration(FunctionName=function, Description="second")
    second = client.publish_version(FunctionName=function)["Version"]
    named = {"FunctionName": function, "Name": "live"}

    created = client.create_alias(**named, FunctionVersion=first, Description="", RoutingConfig={})

    assert created["AliasArn"] == f"{ARN}:{function}:live"
    found = client.get_alias(**named)
    assert (found["FunctionVersion"], found["Description"]) == (first, "")
    assert not found.get("RoutingConfig", {}).get("AdditionalVersionWeights")
    assert refusal(lambda: client.create_alias(**named, FunctionVersion=first)) == (
        "ResourceConflictException",
        f"Alias already exists: {ARN}:{function}:live",
    )
    weights = {"AdditionalVersionWeights": {first: 0.25}}
    client.update_alias(**named, FunctionVersion=second, Description="x", RoutingConfig=weights)
    moved = client.get_alias(**named)
    assert (moved["FunctionVersion"], moved["RoutingConfig"]) == (second, weights)
    client.update_alias(**named, FunctionVersion=second, RoutingConfig={})
    assert not client.get_alias(**named).get("RoutingConfig", {})

    client.delete_alias(**named)
    code, message = refusal(lambda: client.get_alias(**named))
    assert (code, message) == (GONE, f"Cannot find alias arn: {ARN}:{function}:live")


@pytest.mark.fact(
    "§7 Permission: read by its statement's id; conditions are spelled as AWS spells them"
)
def test_a_permission_is_added_found_and_removed(client: Any, function: str) -> None:
    asked = {"FunctionName": function, "StatementId": "genai-url"}

    client.add_permission(
        **asked,
        Action="lambda:InvokeFunctionUrl",
        Principal="123456789012",
        FunctionUrlAuthType="AWS_IAM",
    )

    policy = client.get_policy(FunctionName=function)
    (statement,) = json.loads(policy["Policy"])["Statement"]
    assert statement["Sid"] == "genai-url"
    assert statement["Resource"] == f"{ARN}:{function}"
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert statement["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    client.remove_permission(**asked)
    assert refusal(lambda: client.get_policy(FunctionName=function))[0] == GONE
    assert refusal(lambda: client.remove_permission(**asked))[0] == GONE


@pytest.mark.fact("§7 FunctionUrl: of a function or an alias, gone with it")
def test_a_url_is_created_read_updated_and_gone_with_its_alias(client: Any, function: str) -> None:
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    of_alias = {"FunctionName": function, "Qualifier": "live"}
    assert refusal(lambda: client.get_function_url_config(**of_alias))[0] == GONE

    created = client.create_function_url_config(
        **of_alias, AuthType="AWS_IAM", InvokeMode="BUFFERED"
    )

    found = client.get_function_url_config(**of_alias)
    assert found["FunctionUrl"] == created["FunctionUrl"]
    assert (found["FunctionArn"], found["InvokeMode"]) == (f"{ARN}:{function}:live", "BUFFERED")
    assert refusal(lambda: client.create_function_url_config(**of_alias, AuthType="NONE"))[0] == (
        "ResourceConflictException"
    )
    client.update_function_url_config(**of_alias, AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    changed = client.get_function_url_config(**of_alias)
    assert (changed["AuthType"], changed["InvokeMode"]) == ("NONE", "RESPONSE_STREAM")
    client.delete_alias(FunctionName=function, Name="live")
    assert client.list_function_url_configs(FunctionName=function)["FunctionUrlConfigs"] == []


@pytest.mark.fact("§7 FunctionEventInvokeConfig: put, read, put again, deleted")
def test_an_event_invoke_config_lives_and_goes_with_its_function(
    tenant: Tenant, client: Any, function: str
) -> None:
    queue = Queue(tenant)
    destinations = {"OnFailure": {"Destination": queue.arn}}

    client.put_function_event_invoke_config(
        FunctionName=function, MaximumRetryAttempts=1, DestinationConfig=destinations
    )

    found = client.get_function_event_invoke_config(FunctionName=function)
    assert found["DestinationConfig"] == destinations
    assert found["MaximumRetryAttempts"] == 1
    client.put_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=90)
    again = client.get_function_event_invoke_config(FunctionName=function)
    assert again["MaximumEventAgeInSeconds"] == 90
    assert "Destination" not in again.get("DestinationConfig", {}).get("OnFailure", {})
    client.delete_function(FunctionName=function)
    code, _ = refusal(lambda: client.get_function_event_invoke_config(FunctionName=function))
    assert code == GONE


@pytest.mark.fact(
    "§7 EventSourceMapping: states Creating, Enabled, Updating, Disabled, Deleting, then none"
)
def test_a_mapping_is_created_read_tagged_disabled_and_deleted(
    tenant: Tenant, client: Any, function: str
) -> None:
    queue = Queue(tenant)
    created = client.create_event_source_mapping(
        EventSourceArn=queue.arn,
        FunctionName=f"{ARN}:{function}",
        BatchSize=5,
        Enabled=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
        Tags={"project": "genai"},
    )
    uuid = created["UUID"]
    assert created["State"] == "Creating"

    def state() -> str:
        return client.get_event_source_mapping(UUID=uuid)["State"]

    poll(lambda: state() == "Enabled", "the mapping is enabled")
    found = client.get_event_source_mapping(UUID=uuid)
    assert (found["FunctionArn"], found["EventSourceArn"]) == (f"{ARN}:{function}", queue.arn)
    assert (found["BatchSize"], found["MaximumBatchingWindowInSeconds"]) == (5, 0)
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert found["ScalingConfig"] == {"MaximumConcurrency": 2}
    arn = found["EventSourceMappingArn"]
    assert client.list_tags(Resource=arn)["Tags"] == {"project": "genai"}
    client.tag_resource(Resource=arn, Tags={"stage": "dev"})
    client.untag_resource(Resource=arn, TagKeys=["project"])
    assert client.list_tags(Resource=arn)["Tags"] == {"stage": "dev"}

    changed = client.update_event_source_mapping(
        UUID=uuid, Enabled=False, BatchSize=6, ScalingConfig={}
    )
    assert changed["State"] in {"Updating", "Disabling"}
    poll(lambda: state() == "Disabled", "the mapping is disabled")
    found = client.get_event_source_mapping(UUID=uuid)
    assert found["BatchSize"] == 6
    assert "ScalingConfig" not in found

    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert refusal(state)[0] == GONE


@pytest.mark.fact(
    "§7 ProvisionedConcurrencyConfig: IN_PROGRESS, then READY; missing has a code of its own"
)
def test_provisioned_concurrency_is_put_awaited_read_and_deleted(
    client: Any, function: str
) -> None:
    version = client.publish_version(FunctionName=function)["Version"]
    asked = {"FunctionName": function, "Qualifier": version}
    client.put_provisioned_concurrency_config(**asked, ProvisionedConcurrentExecutions=1)

    def config() -> dict[str, Any]:
        return client.get_provisioned_concurrency_config(**asked)

    poll(lambda: config()["Status"] == "READY", "it is ready")
    assert config()["AllocatedProvisionedConcurrentExecutions"] == 1
    client.delete_provisioned_concurrency_config(**asked)
    assert refusal(config)[0] == "ProvisionedConcurrencyConfigNotFoundException"


@pytest.mark.fact("§7 LayerVersion: published, read and deleted")
def test_a_layer_is_published_read_and_deleted(client: Any) -> None:
    name = unique("layer")

    published = client.publish_layer_version(
        LayerName=name,
        Content={"ZipFile": zipped({"python/a.py": ""})},
        CompatibleRuntimes=["python3.13"],
    )

    asked = {"LayerName": name, "VersionNumber": published["Version"]}
    assert client.get_layer_version(**asked)["LayerVersionArn"] == published["LayerVersionArn"]
    client.delete_layer_version(**asked)
    assert refusal(lambda: client.get_layer_version(**asked))[0] == GONE
