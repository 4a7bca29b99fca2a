"""A stranger in the local account: plain boto3 against its URL, with names nobody else uses."""

import functools
import io
import json
import os
import sys
import tarfile
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.account.functions.platform_log import is_platforms

REGION = "us-east-1"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
WAIT_LIMIT_SECONDS = 20
UNDER_WAY = {"Creating", "Updating", "RollingBack"}
Statement = dict[str, Any]
Files = Mapping[str, str | bytes]


def allow(actions: str | list[str], resources: str | list[str], **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: str | list[str], resources: str | list[str], **more: Any) -> Statement:
    return {**allow(actions, resources, **more), "Effect": "Deny"}


def trust(service: str, **more: Any) -> Statement:
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


READ_MODELS = allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::*")
PULL_IMAGES = allow("ecr:*", "*")
WRITE_LOGS = allow("logs:*", "arn:aws:logs:*:*:log-group:*")
EXECUTION = (READ_MODELS, PULL_IMAGES, WRITE_LOGS)

ECHO = {
    "code/inference.py": (
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept): return body\n"
    )
}
"""A model that answers with what it is asked, and takes nothing to start."""


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def poll(wanted: Callable[[], Any], what: str) -> Any:
    """Ask again and again until the answer is truthy, and return it."""
    deadline = time.monotonic() + WAIT_LIMIT_SECONDS
    while not (answer := wanted()):
        assert time.monotonic() < deadline, f"still not so: {what}"
        time.sleep(0.02)
    return answer


def is_running(pid: int) -> bool:
    """Whether a process is there and not just waiting to be reaped."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # it has just gone, or this system has no /proc
        return sys.platform != "linux"
    return state != "Z"


def tar_gz(files: Files) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def zipped(files: Files) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = 0x20  # of DOS: a file, and not a word about its mode
            archive.writestr(member, content)
    return packed.getvalue()


def on_instances(model: str | None, name: str = "AllTraffic", **more: Any) -> dict[str, Any]:
    """A production variant on an instance."""
    return {
        "VariantName": name,
        **({"ModelName": model} if model else {}),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        **more,
    }


def refusal(action: Callable[[], Any]) -> tuple[str, str]:
    """Code and message of what the account refuses."""
    with pytest.raises(ClientError) as caught:
        action()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


class Tenant:
    """Clients and shortcuts; every resource has a name of its own."""

    def __init__(self, url: str, region: str = REGION) -> None:
        self.url = url
        self.region = region
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The administrator's client."""
        if service not in self._clients:
            keys = (ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY, None)
            self._clients[service] = self.client_with(service, *keys)
        return self._clients[service]

    def client_with(
        self, service: str, key: str, secret: str, token: str | None, **more: Any
    ) -> Any:
        retries = {"total_max_attempts": 1}
        return boto3.client(
            service,  # pyright: ignore[reportArgumentType, reportCallIssue] - any service name
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries=retries, max_pool_connections=50, **more),
        )

    def client_as(self, role_arn: str, service: str) -> Any:
        """A client with a role's own short-lived credentials."""
        keys = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="tests")
        keys = keys["Credentials"]
        return self.client_with(
            service, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        )

    def role(self, trusted: Statement, *statements: Statement) -> str:
        name = unique("role")
        iam = self.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted))
        if statements:
            iam.put_role_policy(
                RoleName=name, PolicyName="permissions", PolicyDocument=document(*statements)
            )
        return arn["Role"]["Arn"]

    @functools.cached_property
    def execution_role(self) -> str:
        """A role for any model, that no test changes."""
        return self.role(trust("sagemaker"), *EXECUTION)

    @functools.cached_property
    def function_role(self) -> str:
        """A role for functions that only log, that no test changes."""
        return self.role(trust("lambda"), WRITE_LOGS)

    def bucket(self, objects: Files | None = None) -> str:
        name = unique("bucket")
        self.client("s3").create_bucket(Bucket=name)
        for key, body in (objects or {}).items():
            self.client("s3").put_object(Bucket=name, Key=key, Body=body)
        return name

    def model(self, source: Files | bytes | str, role_arn: str | None = None, **more: Any) -> str:
        """Register a model: from files to pack, from an archive's bytes, or from a URI."""
        if not isinstance(source, str):
            packed = source if isinstance(source, bytes) else tar_gz(source)
            source = f"s3://{self.bucket({'model.tar.gz': packed})}/model.tar.gz"
        name = unique("model")
        self.client("sagemaker").create_model(
            ModelName=name,
            ExecutionRoleArn=role_arn or self.execution_role,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": source, **more},
        )
        return name

    def configuration(self, *models: str, **more: Any) -> str:
        """Register an endpoint configuration with a variant for each model, called `v0`, `v1` ..."""
        name = unique("configuration")
        self.client("sagemaker").create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": f"v{index}",
                    "ModelName": model,
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    **more,
                }
                for index, model in enumerate(models)
            ],
        )
        return name

    def configured(self, *variants: dict[str, Any], **members: Any) -> str:
        """Register an endpoint configuration as it is given."""
        name = unique("configuration")
        self.client("sagemaker").create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=list(variants), **members
        )
        return name

    def endpoint(self, configuration: str, **more: Any) -> str:
        """Create an endpoint and leave it at that."""
        name = unique("endpoint")
        self.client("sagemaker").create_endpoint(
            EndpointName=name, EndpointConfigName=configuration, **more
        )
        return name

    def in_service(self, configuration: str, **more: Any) -> str:
        """Create an endpoint and wait until it is in service."""
        endpoint = self.endpoint(configuration, **more)
        description = self.settled(endpoint)
        assert description["EndpointStatus"] == "InService", description.get("FailureReason")
        return endpoint

    def settled(self, endpoint: str) -> dict[str, Any]:
        """Wait until an endpoint is neither coming up nor changing, and describe it."""

        def description() -> dict[str, Any] | None:
            found = self.client("sagemaker").describe_endpoint(EndpointName=endpoint)
            return None if found["EndpointStatus"] in UNDER_WAY else found

        return poll(description, f"{endpoint} has settled")

    def serve(self, source: Files | bytes | str, role_arn: str | None = None) -> str:
        """Bring a model into service and return its endpoint's name."""
        return self.in_service(self.configuration(self.model(source, role_arn)))

    def failure_of(self, source: Files | bytes | str, role_arn: str | None = None) -> str:
        """Let an endpoint fail and return its reason."""
        description = self.settled(self.endpoint(self.configuration(self.model(source, role_arn))))
        assert description["EndpointStatus"] == "Failed"
        return description["FailureReason"]

    def place_for_components(self) -> str:
        """Bring an endpoint into service whose variant takes inference components."""
        return self.in_service(
            self.configured(on_instances(None), ExecutionRoleArn=self.execution_role)
        )

    def component(self, endpoint: str, copies: int = 1) -> str:
        """Place an echo on an endpoint, wait until it is in service, and return the component's name."""
        sagemaker, name = self.client("sagemaker"), unique("component")
        sagemaker.create_inference_component(
            InferenceComponentName=name,
            EndpointName=endpoint,
            VariantName="AllTraffic",
            Specification={
                "ModelName": self.model(ECHO),
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128},
            },
            RuntimeConfig={"CopyCount": copies},
        )

        def is_in_service() -> bool:
            found = sagemaker.describe_inference_component(InferenceComponentName=name)
            return found["InferenceComponentStatus"] == "InService"

        poll(is_in_service, f"{name} is in service")
        return name

    def ask(self, endpoint: str, body: Any, **more: Any) -> Any:
        """Invoke an endpoint with JSON and return the answer from JSON."""
        reply = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint,
            Body=json.dumps(body),
            ContentType="application/json",
            **more,
        )
        return json.loads(reply["Body"].read())

    def log_of(self, group: str, stream_suffix: str = "") -> list[str]:
        """What functions and containers wrote into a log group, without what Lambda says of each run."""
        return [line for line in self.whole_log_of(group, stream_suffix) if not is_platforms(line)]

    def whole_log_of(self, group: str, stream_suffix: str = "") -> list[str]:
        """The messages in a log group, oldest first; none if there is no such group."""
        logs = self.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [e["message"] for e in events if e["logStreamName"].endswith(stream_suffix)]

    def function(
        self, code: str | bytes, *statements: Statement, role_arn: str | None = None, **more: Any
    ) -> str:
        """Register a function from the source of `app.py`, or from an archive's bytes."""
        name = unique("function")
        own = self.role(trust("lambda"), *statements) if statements else self.function_role
        archive = code if isinstance(code, bytes) else zipped({"app.py": code})
        self.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
        self.client("lambda").create_function(
            FunctionName=name,
            Role=role_arn or own,
            Code={"ZipFile": archive},
            **{"Runtime": "python3.13", "Handler": "app.handler", **more},
        )
        return name

    def call(self, function: str, event: Any = None, **more: Any) -> dict[str, Any]:
        """Invoke a function and return the whole answer, its payload from JSON."""
        answer = self.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(event or {}), **more
        )
        payload = answer["Payload"].read()
        return {**answer, "Payload": json.loads(payload) if payload else None}
