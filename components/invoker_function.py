"""The Lambda function in front of the endpoint, with the role it runs under."""

from collections.abc import Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
from pulumi_aws import cloudwatch, lambda_

from components import iam
from components.modes import REALTIME
from components.roles import grant, service_role

HANDLERS_FOLDER = Path(__file__).resolve().parent.parent / "handlers"
HANDLER = "handlers.invoke_model.handler"
RUNTIME = "python3.13"  # supported until June 2029
# SageMaker gives a real-time reply 60 seconds; the rest is for the record and the reply.
DEFAULT_TIMEOUT_SECONDS = 75
DEFAULT_MEMORY_MIB = 512
DEFAULT_LOG_RETENTION_DAYS = 30
DEFAULT_LOG_LEVEL = "INFO"


class InvokerFunctionArgs(TypedDict):
    """What an InvokerFunction needs."""

    endpoint_name: pulumi.Input[str]
    """Name of the endpoint to invoke."""

    bucket_name: pulumi.Input[str]
    """Name of the bucket that keeps the records."""

    contract: pulumi.Input[str]
    """Payload contract of the serving container: `pipelines`, `openai-chat`, `tgi`, `lmi` or `tei`."""

    model_uri: pulumi.Input[str]
    """Where the model in service comes from, such as its S3 URI; written to every record."""

    mode: NotRequired[str]
    """Mode of the endpoint, which decides how it is invoked: `realtime`, `serverless`, `async` or
    `scale-to-zero`. Default `realtime`."""

    inference_component_name: NotRequired[pulumi.Input[str] | None]
    """Inference component to invoke on the endpoint. Default none."""

    timeout_seconds: NotRequired[pulumi.Input[int]]
    """Longest one invocation may run, 1 to 900 seconds. Default 75."""

    memory_mib: NotRequired[pulumi.Input[int]]
    """Memory, 128 to 10,240 MiB; CPU grows with it. Default 512."""

    log_retention_days: NotRequired[pulumi.Input[int]]
    """Days to keep the function's logs; one of CloudWatch's fixed values. Default 30."""

    log_level: NotRequired[pulumi.Input[str]]
    """Least severe level of the function's own log lines: DEBUG, INFO, WARN or ERROR. Default INFO."""

    permissions_boundary_arn: NotRequired[pulumi.Input[str] | None]
    """Policy that bounds the function's role."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them."""


class InvokerFunction(pulumi.ComponentResource):
    """Role, log group and function; the code is this project's `handlers/`, as it lies.

    The function may write its own logs and nothing else: whoever owns the endpoint and the bucket
    grants the rest (`endpoint.grant_invoke`, `bucket.grant_write_records`).

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    function_name: pulumi.Output[str]
    """Name of the function."""

    function_arn: pulumi.Output[str]
    """ARN of the function."""

    role_name: pulumi.Output[str]
    """Name of the function's role, to grant permissions to."""

    log_group_name: pulumi.Output[str]
    """Name of the function's log group."""

    def __init__(
        self, name: str, args: InvokerFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("genai:index:InvokerFunction", name, {**args}, opts)
        tags = args.get("tags")

        log_group = cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
            retention_in_days=args.get("log_retention_days", DEFAULT_LOG_RETENTION_DAYS),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        role = service_role(
            f"{name}-role",
            "lambda.amazonaws.com",
            description="Runs the function in front of the endpoint",
            permissions_boundary_arn=args.get("permissions_boundary_arn"),
            tags=tags,
            parent=self,
        )
        write_logs = grant(
            f"{name}-write-logs", role.name, log_group.arn, iam.write_logs, parent=self
        )
        function = lambda_.Function(
            f"{name}-function",
            description=pulumi.Output.concat("Invokes the endpoint ", args["endpoint_name"]),
            role=role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler=HANDLER,
            code=handlers_archive(),
            timeout=args.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS),
            memory_size=args.get("memory_mib", DEFAULT_MEMORY_MIB),
            environment={"variables": _variables(args)},
            logging_config={
                "log_format": "JSON",
                "application_log_level": args.get("log_level", DEFAULT_LOG_LEVEL),
                "system_log_level": "WARN",
                "log_group": log_group.name,
            },
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[write_logs]),
        )

        self.function_name = function.name
        self.function_arn = function.arn
        self.role_name = role.name
        self.log_group_name = log_group.name
        self.register_outputs(
            {
                "function_name": self.function_name,
                "function_arn": self.function_arn,
                "role_name": self.role_name,
                "log_group_name": self.log_group_name,
            }
        )


def _variables(args: InvokerFunctionArgs) -> dict[str, pulumi.Input[str]]:
    variables = {
        "GENAI_ENDPOINT_NAME": args["endpoint_name"],
        "GENAI_BUCKET_NAME": args["bucket_name"],
        "GENAI_CONTRACT": args["contract"],
        "GENAI_MODEL_URI": args["model_uri"],
    }
    mode = args.get("mode", REALTIME)
    if mode != REALTIME:
        variables["GENAI_MODE"] = mode
    component_name = args.get("inference_component_name")
    if component_name is not None:
        variables["GENAI_INFERENCE_COMPONENT_NAME"] = component_name
    return variables


def handlers_archive() -> pulumi.AssetArchive:
    """Return the function's code: named files, so that nothing but a changed source changes it."""
    return pulumi.AssetArchive(
        {
            f"{HANDLERS_FOLDER.name}/{path.name}": pulumi.FileAsset(str(path))
            for path in sorted(HANDLERS_FOLDER.glob("*.py"))
        }
    )
