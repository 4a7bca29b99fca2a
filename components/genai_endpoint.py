"""A generative model on a SageMaker endpoint, in any of four modes, with the role it runs under."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import pulumi
import pulumi_aws as aws
from pulumi_aws import cloudwatch, sagemaker

from components import iam
from components.endpoint.args import DEFAULT_LOG_RETENTION_DAYS, GenAIEndpointArgs
from components.endpoint.arns import sagemaker_arn
from components.endpoint.checks import check
from components.endpoint.configuration import make_configuration
from components.endpoint.container import with_secrets_marked
from components.endpoint.execution_role import make_execution_role
from components.endpoint.hosted_endpoint import HostedEndpoint, make_endpoint
from components.endpoint.inference_component import component_name, make_inference_component
from components.endpoint.models import make_models
from components.endpoint.notifications import Topics, make_topics
from components.endpoint.rollback_alarms import make_rollback_alarms
from components.endpoint.scaling import make_scaling
from components.endpoint.watched import watched_endpoint
from components.modes import ASYNC, MAIN_VARIANT, REALTIME, SCALE_TO_ZERO, SERVERLESS
from components.roles import grant_document
from components.vpc_endpoints import VpcEndpoints
from components.watching.args import WatchedEndpointArgs

# Where SageMaker hosting writes a container's output; the names are AWS's, not ours to choose.
ENDPOINT_LOG_GROUP_PREFIX = "/aws/sagemaker/Endpoints/"
COMPONENT_LOG_GROUP_PREFIX = "/aws/sagemaker/InferenceComponents/"


class _Hosted(NamedTuple):
    """What is billed, as far as callers may name it; known once it exists."""

    endpoint_name: pulumi.Output[str]
    endpoint_arn: pulumi.Output[str]
    configuration_name: pulumi.Output[str]
    inference_component_name: pulumi.Output[str]


class EndpointNames(TypedDict):
    """What other components ask an endpoint by, under the names of their arguments."""

    endpoint_name: pulumi.Output[str]
    inference_component_name: pulumi.Output[str]


class GenAIEndpoint(pulumi.ComponentResource):
    """Execution role, Model, EndpointConfiguration and Endpoint, and what the mode adds to them.

    Only the endpoint and what is named after it (log group, rollback alarms, inference component) have
    fixed names. A changed model, image, environment or instance type becomes a new Model and a new
    EndpointConfiguration under new names, and the endpoint is updated in place: the old fleet answers
    until the new one is in service.

    **An update forgets what scaling did.** SageMaker returns every variant to `initial_instance_count`
    when the endpoint moves to a new configuration, so a fleet that had grown to ten instances serves the
    same load with one. Set `retain_scaled_capacity` (before the first deployment), or update at quiet times.

    **A variant that scales keeps its instance type.** SageMaker refuses an update that changes it while the
    variant is registered for scaling (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html):
    deploy once without `scaling`, then with the new type and `scaling` again.

    **Another mode is another endpoint.** SageMaker cannot update one into it, so the endpoint is deleted and
    made again under the same name; nobody answers in between, and a preview shows the replacement.

    The execution role may read this model, pull this image, write this endpoint's logs and publish
    SageMaker's metrics, and what the features in use need; nothing else.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    endpoint_name: pulumi.Output[str]
    """Name of the endpoint; known only once the endpoint exists, or at once if it is not enabled."""

    endpoint_arn: pulumi.Output[str]
    """ARN of the endpoint, or the one it would have."""

    model_name: pulumi.Output[str]
    """Name of the SageMaker model in service; new whenever the model, image or environment changes."""

    endpoint_configuration_name: pulumi.Output[str]
    """Name of the endpoint configuration in service; empty if the endpoint is not enabled."""

    execution_role_arn: pulumi.Output[str]
    """ARN of the role that the container runs under."""

    inference_component_name: pulumi.Output[str]
    """Name to send along with each request; empty unless scale-to-zero, or if the endpoint is not enabled."""

    success_topic_arn: pulumi.Output[str]
    """Topic that is told of asynchronous results; empty if there is none."""

    error_topic_arn: pulumi.Output[str]
    """Topic that is told of asynchronous failures; empty if there is none."""

    model_bucket_policy: pulumi.Output[str]
    """JSON of the bucket policy that the owner of the model's bucket has to attach; empty if the bucket is this
    account's. Where a key of theirs encrypts the model, its policy must allow the role `kms:Decrypt` as well."""

    def __init__(
        self, name: str, args: GenAIEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        check(name, args)
        args = with_secrets_marked(args)
        super().__init__("genai:index:GenAIEndpoint", name, {**args}, opts)
        self._name = name
        self._args = args
        enabled = args.get("enabled", True)

        log_group = cloudwatch.LogGroup(
            f"{name}-container-logs",
            name=_log_group_name(args),
            retention_in_days=args.get("log_retention_days", DEFAULT_LOG_RETENTION_DAYS),
            kms_key_id=args.get("log_kms_key_arn"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._log_group_name = log_group.name
        topics = make_topics(name, args, self) if enabled else Topics()
        alarms = make_rollback_alarms(name, args, self) if enabled else []
        role = make_execution_role(
            name, args, log_group=log_group, topics=topics, alarms=alarms, parent=self
        )
        ways_out = self._ways_out_of_the_vpc() if enabled else []
        models = make_models(name, args, role.arn, after=[*role.policies, *ways_out], parent=self)
        if enabled:
            configuration = make_configuration(
                name, args, models, role_arn=role.arn, topics=topics, parent=self
            )
            endpoint = make_endpoint(
                name,
                args,
                configuration,
                alarms=alarms,
                # SageMaker would make the log group itself, without retention, on its first line.
                after=[log_group, *role.policies],
                parent=self,
            )
            hosted = self._scale(endpoint, configuration, models[MAIN_VARIANT])
        else:
            hosted = self._not_hosted()

        self.endpoint_name = hosted.endpoint_name
        self.endpoint_arn = hosted.endpoint_arn
        self.model_name = models[MAIN_VARIANT].name
        self.endpoint_configuration_name = hosted.configuration_name
        self.execution_role_arn = role.arn
        self.inference_component_name = hosted.inference_component_name
        self.success_topic_arn = _known_or_empty(topics.success)
        self.error_topic_arn = _known_or_empty(topics.error)
        self.model_bucket_policy = self._policy_for_the_model_bucket(role.arn)
        self.register_outputs(
            {
                "endpoint_name": self.endpoint_name,
                "endpoint_arn": self.endpoint_arn,
                "model_name": self.model_name,
                "endpoint_configuration_name": self.endpoint_configuration_name,
                "execution_role_arn": self.execution_role_arn,
                "inference_component_name": self.inference_component_name,
                "success_topic_arn": self.success_topic_arn,
                "error_topic_arn": self.error_topic_arn,
                "model_bucket_policy": self.model_bucket_policy,
            }
        )

    def grant_invoke(self, grantee: str, role_name: pulumi.Input[str]) -> None:
        """Let a role invoke this endpoint the way its mode is invoked, and no other endpoint.

        In mode async that includes reading results that a key of their own encrypts.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.
        """
        mode = self._args.get("mode", REALTIME)
        if mode == SCALE_TO_ZERO:
            component_arn = sagemaker_arn("inference-component", component_name(self._args), self)
            document = pulumi.Output.all(self.endpoint_arn, component_arn).apply(
                lambda arns: iam.document(iam.invoke_inference_component(*arns))
            )
        elif mode == ASYNC:
            result_key_arn = self._args.get("async_output_kms_key_arn")
            document = pulumi.Output.all(self.endpoint_arn, result_key_arn).apply(
                lambda arns: _invoke_async(*arns)
            )
        else:
            invoke = iam.invoke_serverless_endpoint if mode == SERVERLESS else iam.invoke_endpoint
            document = self.endpoint_arn.apply(lambda arn: iam.document(invoke(arn)))
        grant_document(f"{self._name}-{grantee}-invoke", role_name, document, parent=self)

    def names(self) -> EndpointNames:
        """Return what a component that asks or watches this endpoint takes: names known once it exists."""
        return {
            "endpoint_name": self.endpoint_name,
            "inference_component_name": self.inference_component_name,
        }

    def watched(self) -> WatchedEndpointArgs:
        """Tell what an `Observability` has to know of this endpoint."""
        return watched_endpoint(self._args, self._log_group_name)

    def exports(self) -> Mapping[str, pulumi.Output[str]]:
        """Return what a stack tells of this endpoint."""
        told = {"endpoint_name": self.endpoint_name, "endpoint_arn": self.endpoint_arn}
        if self._args.get("model_bucket_owner") is not None:
            told["model_bucket_policy"] = self.model_bucket_policy
        return told

    def _ways_out_of_the_vpc(self) -> list[pulumi.Resource]:
        """What must be there before a container starts in subnets without a way to the Internet."""
        vpc = self._args.get("vpc")
        ways_out = vpc.get("endpoints") if vpc else None
        if not vpc or not ways_out:
            return []
        return [
            VpcEndpoints(
                f"{self._name}-vpc",
                {
                    "vpc_id": ways_out["vpc_id"],
                    "subnet_ids": vpc["subnet_ids"],
                    "security_group_ids": vpc["security_group_ids"],
                    "route_table_ids": ways_out["route_table_ids"],
                    "tags": self._args.get("tags", {}),
                },
                pulumi.ResourceOptions(parent=self),
            )
        ]

    def _scale(
        self,
        endpoint: HostedEndpoint,
        configuration: sagemaker.EndpointConfiguration,
        model: sagemaker.Model,
    ) -> _Hosted:
        scaled, hosted_component = endpoint.resource, _known_or_empty(None)
        component = self._args.get("inference_component")
        if component:
            scaled = make_inference_component(
                self._name,
                self._args,
                component,
                model,
                endpoint=endpoint.resource,
                parent=self,
            )
            hosted_component = component_name(self._args)
        make_scaling(self._name, self._args, scaled=scaled, parent=self)
        return _Hosted(endpoint.name, endpoint.arn, configuration.name, hosted_component)

    def _not_hosted(self) -> _Hosted:
        endpoint_name = self._args["endpoint_name"]
        return _Hosted(
            pulumi.Output.from_input(endpoint_name),
            sagemaker_arn("endpoint", endpoint_name, self),
            _known_or_empty(None),
            _known_or_empty(None),
        )

    def _policy_for_the_model_bucket(self, role_arn: pulumi.Output[str]) -> pulumi.Output[str]:
        model_uri = self._args.get("model_uri")
        if model_uri is None or self._args.get("model_bucket_owner") is None:
            return _known_or_empty(None)
        within = pulumi.InvokeOutputOptions(parent=self)
        partition = aws.get_partition_output(opts=within).partition
        return pulumi.Output.json_dumps(
            pulumi.Output.all(partition, model_uri, role_arn).apply(
                lambda known: iam.share_model(*known)
            )
        )


def _invoke_async(endpoint_arn: str, result_key_arn: str | None) -> dict[str, Any]:
    invoke = iam.invoke_endpoint_async(endpoint_arn)
    return (
        iam.document(invoke, iam.decrypt_with([result_key_arn]))
        if result_key_arn
        else iam.document(invoke)
    )


def _known_or_empty(value: pulumi.Input[str] | None) -> pulumi.Output[str]:
    return pulumi.Output.from_input("" if value is None else value)


def _log_group_name(args: GenAIEndpointArgs) -> pulumi.Output[str]:
    if args.get("mode") == SCALE_TO_ZERO:
        return pulumi.Output.concat(COMPONENT_LOG_GROUP_PREFIX, component_name(args))
    return pulumi.Output.concat(ENDPOINT_LOG_GROUP_PREFIX, args["endpoint_name"])
