"""Stacks to look at: sound settings, and AWS as the tests let it answer."""

from pathlib import Path
from typing import Any

import boto3
from botocore.stub import Stubber

from operations.deployment import AwsClients
from operations.doctor.finding import Check, Finding, Patient
from settings import StackSettings, parse_settings

ACCOUNT = "123456789012"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/ada"


def settings_with(**sections: Any) -> StackSettings:
    """A small stack with these sections on top."""
    config: dict[str, Any] = {
        "aws:region": "us-east-1",
        "genai:model": {"source": "s3://my-models/tiny.tar.gz"},
        "genai:image": {"family": "huggingface"},
        "genai:endpoint": {"instanceType": "ml.m5.large"},
    }
    for name, members in sections.items():
        config[f"genai:{name}"] = {**config.get(f"genai:{name}", {}), **members}
    return parse_settings(
        config, project="genai", stack="dev", project_dir=Path(), source="Pulumi.dev.yaml"
    )


class StubbedClients(AwsClients):
    """Clients that answer what they were told, in that order, and fail for anything else."""

    def __init__(self) -> None:
        super().__init__("us-east-1")
        self._stubbed: dict[str, tuple[Any, Stubber]] = {}

    def client(self, service: str) -> Any:
        return self._of(service)[0]

    def answer(
        self, service: str, operation: str, response: dict[str, Any], **expected: Any
    ) -> None:
        self._of(service)[1].add_response(operation, response, expected or None)

    def refuse(self, service: str, operation: str, code: str, message: str = "no") -> None:
        self._of(service)[1].add_client_error(operation, code, message)

    def assert_all_asked(self) -> None:
        for _, stubber in self._stubbed.values():
            stubber.assert_no_pending_responses()

    def _of(self, service: str) -> tuple[Any, Stubber]:
        if service not in self._stubbed:
            client: Any = boto3.client(
                service,  # pyright: ignore[reportArgumentType, reportCallIssue] - any service name
                region_name=self.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            stubber = Stubber(client)
            stubber.activate()
            self._stubbed[service] = client, stubber
        return self._stubbed[service]


def found_by(
    check: Check, clients: AwsClients, settings: StackSettings, caller: str = CALLER
) -> list[Finding]:
    return list(check(Patient(settings, clients, ACCOUNT, caller)))


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    """Verdict and words of each finding."""
    return [(finding.verdict, finding.what) for finding in findings]
