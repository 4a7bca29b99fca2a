"""Environments that are ready before anybody asks."""

from typing import Any

import pytest

from tests.rehearsal.tenant import Tenant, poll, refusal

KIND = (
    "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
)
LAMBDA = "lambda"


def published(tenant: Tenant, code: str, alias: str | None = None, **more: Any) -> dict[str, str]:
    function = tenant.function(code, **more)
    client = tenant.client(LAMBDA)
    version = client.publish_version(FunctionName=function)["Version"]
    if alias:
        client.create_alias(FunctionName=function, Name=alias, FunctionVersion=version)
    return {"FunctionName": function, "Qualifier": alias or version}


def provisioned(tenant: Tenant, asked: dict[str, str], count: int = 1) -> dict[str, Any]:
    return tenant.client(LAMBDA).put_provisioned_concurrency_config(
        **asked, ProvisionedConcurrentExecutions=count
    )


def settled(tenant: Tenant, asked: dict[str, str]) -> dict[str, Any]:
    def config() -> dict[str, Any] | None:
        found = tenant.client(LAMBDA).get_provisioned_concurrency_config(**asked)
        return None if found["Status"] == "IN_PROGRESS" else found

    return poll(config, "the environments are ready or will not be")


@pytest.mark.fact("§7 Lambda: ProvisionedConcurrencyConfig is of a version or an alias")
@pytest.mark.parametrize("alias", [None, "live"])
def test_environments_are_started_ahead(tenant: Tenant, alias: str | None) -> None:
    asked = published(tenant, "print('ready')\n" + KIND, alias)

    created = provisioned(tenant, asked, 2)

    assert created["Status"] == "IN_PROGRESS"
    assert created["RequestedProvisionedConcurrentExecutions"] == 2
    config = settled(tenant, asked)
    assert config["Status"] == "READY"
    assert config["AllocatedProvisionedConcurrentExecutions"] == 2
    answer = tenant.call(asked["FunctionName"], Qualifier=asked["Qualifier"])
    assert answer["Payload"] == "provisioned-concurrency"
    group = f"/aws/lambda/{asked['FunctionName']}"
    poll(lambda: tenant.log_of(group) == ["ready", "ready"], "both tell that they are ready")


def test_a_version_that_does_not_start_is_failed(tenant: Tenant) -> None:
    asked = published(tenant, "raise RuntimeError('no settings')\n")

    provisioned(tenant, asked)

    config = settled(tenant, asked)
    assert (config["Status"], config["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")


@pytest.mark.fact("§7 Lambda: ProvisionedConcurrencyConfig is gone with its alias, or when deleted")
def test_a_configuration_is_listed_and_deleted(tenant: Tenant) -> None:
    asked = published(tenant, KIND, "live")
    provisioned(tenant, asked)
    settled(tenant, asked)
    client = tenant.client(LAMBDA)
    function = asked["FunctionName"]

    (listed,) = client.list_provisioned_concurrency_configs(FunctionName=function)[
        "ProvisionedConcurrencyConfigs"
    ]
    assert listed["FunctionArn"].endswith(f":function:{function}:live")
    client.delete_provisioned_concurrency_config(**asked)

    code, message = refusal(lambda: client.get_provisioned_concurrency_config(**asked))
    assert code == "ProvisionedConcurrencyConfigNotFoundException"
    assert message.startswith("No Provisioned Concurrency Config found for this function")


def test_it_goes_where_the_alias_goes(tenant: Tenant) -> None:
    asked = published(tenant, KIND, "live")
    provisioned(tenant, asked)
    settled(tenant, asked)
    client, function = tenant.client(LAMBDA), asked["FunctionName"]
    client.update_function_configuration(FunctionName=function, Description="another")
    second = client.publish_version(FunctionName=function)["Version"]

    client.update_alias(FunctionName=function, Name="live", FunctionVersion=second)

    assert settled(tenant, asked)["Status"] == "READY"
    answer = tenant.call(function, Qualifier="live")
    assert (answer["ExecutedVersion"], answer["Payload"]) == (second, "provisioned-concurrency")


def test_what_cannot_be_provisioned_is_refused(tenant: Tenant) -> None:
    asked = published(tenant, KIND)
    client = tenant.client(LAMBDA)

    assert refusal(lambda: provisioned(tenant, {**asked, "Qualifier": "$LATEST"})) == (
        "InvalidParameterValueException",
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    )
    assert refusal(lambda: provisioned(tenant, asked, 901))[1].startswith(
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency"
    )
    client.put_function_concurrency(
        FunctionName=asked["FunctionName"], ReservedConcurrentExecutions=1
    )
    assert refusal(lambda: provisioned(tenant, asked, 2))[1] == (
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function"
    )
