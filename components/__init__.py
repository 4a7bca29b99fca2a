"""The component library: the only place that knows the AWS provider."""

from components.artifact import ArtifactError
from components.cost_guard import CostGuard, CostGuardArgs, CostGuardArgsError
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.checks import EndpointArgsError
from components.genai_endpoint import GenAIEndpoint
from components.invoker.args import InvokerFunctionArgs
from components.invoker.checks import InvokerArgsError
from components.invoker_function import InvokerFunction
from components.model_bucket import ModelBucket, ModelBucketArgs
from components.observability import Observability
from components.vpc_endpoints import VpcEndpoints, VpcEndpointsArgs
from components.watching.args import ObservabilityArgs
from components.watching.checks import ObservabilityArgsError

__all__ = [
    "ArtifactError",
    "CostGuard",
    "CostGuardArgs",
    "CostGuardArgsError",
    "EndpointArgsError",
    "GenAIEndpoint",
    "GenAIEndpointArgs",
    "InvokerArgsError",
    "InvokerFunction",
    "InvokerFunctionArgs",
    "ModelBucket",
    "ModelBucketArgs",
    "Observability",
    "ObservabilityArgs",
    "ObservabilityArgsError",
    "VpcEndpoints",
    "VpcEndpointsArgs",
]
