"""What leaves this machine when a topic is told something: nothing."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from rehearsal.account.messaging.topic_deliveries import is_on_this_machine
from tests.rehearsal.tenant import Tenant, poll, unique


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:8000/alarms", True),
        ("https://[::1]/alarms", True),
        ("https://events.example.com/alarms", False),
        ("https://localhost.example.com", False),
        ("https://10.0.0.1/", False),
        ("https://[broken", False),
        ("", False),
    ],
)
def test_only_a_loopback_address_is_on_this_machine(url: str, is_here: bool) -> None:  # noqa: FBT001 - of the table
    assert is_on_this_machine(url) is is_here


def test_a_url_of_this_machine_is_told_and_mail_and_the_world_are_not(tenant: Tenant) -> None:
    told: list[bytes] = []

    class Hears(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base class
            pass

    with HTTPServer(("127.0.0.1", 0), Hears) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sns = tenant.client("sns")
        topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
        here = f"http://127.0.0.1:{server.server_port}/"
        for protocol, endpoint in {
            "https": "https://no-such-host.invalid/alarms",
            "email": "oncall@example.com",
            "http": here,
        }.items():
            sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)

        sns.publish(TopicArn=topic, Message="it burns")

        poll(lambda: any(b"it burns" in body for body in told), "it is told")
        server.shutdown()
