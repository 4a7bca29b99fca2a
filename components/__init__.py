"""The component library: the only place that knows the AWS provider."""

from components.artifact import ArtifactError
from components.genai_endpoint import GenAIEndpoint, GenAIEndpointArgs
from components.invoker_function import InvokerFunction, InvokerFunctionArgs
from components.model_bucket import ModelBucket, ModelBucketArgs

__all__ = [
    "ArtifactError",
    "GenAIEndpoint",
    "GenAIEndpointArgs",
    "InvokerFunction",
    "InvokerFunctionArgs",
    "ModelBucket",
    "ModelBucketArgs",
]
