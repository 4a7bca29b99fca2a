"""An API Gateway HTTP API in front of the function, for callers who sign their requests."""

import json

import pulumi
from pulumi_aws import apigatewayv2, cloudwatch, lambda_

from components.invoker.args import DEFAULT_LOG_RETENTION_DAYS, InvokerFunctionArgs
from components.invoker.entrance import Entrance
from components.invoker.place import Place

# The longest that an HTTP API waits:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html (read 2026-11-25).
TIMEOUT_MILLISECONDS = 30_000
EVERY_ROUTE = "$default"
# API Gateway may write to groups under this prefix without an entry for each in the account's one log policy:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html (read 2026-11-25).
LOG_GROUP_PREFIX = "/aws/vendedlogs/"
# Who called, and how it ended; no header, query or body, which may hold a prompt.
ACCESS_LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "caller": "$context.identity.userArn",
        "sourceIp": "$context.identity.sourceIp",
        "method": "$context.httpMethod",
        "status": "$context.status",
        "latencyMilliseconds": "$context.responseLatency",
        "error": "$context.integrationErrorMessage",
    }
)


def make_http_api(
    name: str, args: InvokerFunctionArgs, entrance: Entrance, place: Place
) -> pulumi.Output[str] | None:
    """Register an API, if there is to be one, with one route for everything, which IAM guards; return its URL."""
    if not args.get("http_api"):
        return None
    child = pulumi.ResourceOptions(parent=place.parent)
    tags = args.get("tags")
    api = apigatewayv2.Api(
        f"{name}-api",
        protocol_type="HTTP",
        description=pulumi.Output.concat("Invokes the endpoint ", args["endpoint_name"]),
        tags=tags,
        opts=child,
    )
    integration = apigatewayv2.Integration(
        f"{name}-api-integration",
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_method="POST",
        integration_uri=entrance.invoke_arn,
        payload_format_version="2.0",
        timeout_milliseconds=TIMEOUT_MILLISECONDS,
        opts=child,
    )
    apigatewayv2.Route(
        f"{name}-api-route",
        api_id=api.id,
        route_key=EVERY_ROUTE,
        authorization_type="AWS_IAM",
        target=pulumi.Output.concat("integrations/", integration.id),
        opts=child,
    )
    log_group = cloudwatch.LogGroup(
        f"{name}-api-logs",
        name=f"{LOG_GROUP_PREFIX}{pulumi.get_project()}-{pulumi.get_stack()}-{name}-api",
        retention_in_days=args.get("log_retention_days", DEFAULT_LOG_RETENTION_DAYS),
        kms_key_id=args.get("log_kms_key_arn"),
        tags=tags,
        opts=child,
    )
    apigatewayv2.Stage(
        f"{name}-api-stage",
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        access_log_settings={"destination_arn": log_group.arn, "format": ACCESS_LOG_FORMAT},
        tags=tags,
        opts=child,
    )
    lambda_.Permission(
        f"{name}-api-permission",
        action="lambda:InvokeFunction",
        function=entrance.function_name,
        qualifier=entrance.qualifier,
        principal="apigateway.amazonaws.com",
        # No source account beside it: not every service sends one, and this ARN names the account.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
        source_arn=pulumi.Output.concat(api.execution_arn, "/*/", EVERY_ROUTE),
        opts=child,
    )
    return api.api_endpoint
