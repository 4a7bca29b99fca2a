"""What the account says of what it does not play, and how its own command line is read."""

import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.local_account import local_account
from tests.rehearsal.tenant import REGION, Tenant, refusal

PROJECT_DIR = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("sns", "get_data_protection_policy", {"ResourceArn": "arn:aws:sns:us-east-1:1:t"}),
        (
            "logs",
            "put_log_group_deletion_protection",
            {"logGroupIdentifier": "g", "deletionProtectionEnabled": True},
        ),
    ],
)
def test_what_nobody_plays_is_refused_so_that_no_client_asks_again(
    tenant: Tenant, service: str, operation: str, arguments: dict[str, object]
) -> None:
    """The provider's SDK asks again after a 500, for minutes; not after a 501."""
    client = tenant.client(service)
    statuses: list[int] = []
    client.meta.events.register(
        f"response-received.{service}",
        lambda response_dict, **_: statuses.append(response_dict["status_code"]),
    )

    code, message = refusal(lambda: getattr(client, operation)(**arguments))

    assert code == "NotImplemented"
    assert message.startswith(f"the local account does not play this of {service}: ")
    assert operation in message
    assert statuses == [501]


def test_rest_apis_are_left_to_moto_which_is_not_installed_for_them(tenant: Tenant) -> None:
    """They are signed for the same service as HTTP APIs."""
    rest = refusal(lambda: tenant.client("apigateway").create_rest_api(name="rest"))
    http = tenant.client("apigatewayv2").create_api(Name="http", ProtocolType="HTTP")

    assert rest[0] == "NotImplemented"
    assert rest[1].startswith("the local account does not play this of apigateway: No module")
    assert http["ApiEndpoint"].startswith("http://127.0.0.1:")


def test_an_account_can_be_given_its_port_and_pace() -> None:
    with local_account(REGION) as free:
        port = int(free.url.rpartition(":")[2])

    with local_account(REGION, port=port, minute_seconds=0.05) as account:
        assert account.url == f"http://127.0.0.1:{port}"
        assert account.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--port=none"], "argument --port: invalid int value: 'none'"), (["--what"], "--what")],
)
def test_arguments_that_are_none_are_told(arguments: list[str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rehearsal.account", *arguments],
        cwd=PROJECT_DIR,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert told in done.stderr
