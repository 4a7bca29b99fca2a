"""The Lambda function: an event with a prompt comes in, the model's text goes out.

To run it by hand, export the variables of `handlers.environment` and AWS credentials; `context`
needs no more than LambdaContext says.
"""

import os
from typing import Protocol

from handlers.answering import answer
from handlers.async_endpoint import AsyncModelEndpoint
from handlers.async_inputs import AsyncInputs
from handlers.bucket import Bucket
from handlers.clients import s3, sagemaker_runtime
from handlers.deadline import LONGEST_READ_TIMEOUT_SECONDS, Deadline
from handlers.environment import Environment, read_environment
from handlers.generation import Generator, Invocation
from handlers.model_endpoint import ModelEndpoint
from handlers.modes import ASYNC
from handlers.records import RecordStore


class LambdaContext(Protocol):
    """Lambda's context object, as far as it is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this run."""
        ...


def generator_for(environment: Environment) -> Generator:
    """What the deployment described by `environment` generates with."""
    bucket = Bucket(environment.bucket_name, s3)
    return Generator(
        contract=environment.contract,
        mode=environment.mode,
        endpoint=_endpoint(environment, bucket),
        records=RecordStore(bucket),
        model_uri=environment.model_uri,
    )


def _endpoint(environment: Environment, bucket: Bucket) -> ModelEndpoint | AsyncModelEndpoint:
    name = environment.endpoint_name
    if environment.mode is ASYNC:
        return AsyncModelEndpoint(name, sagemaker_runtime, AsyncInputs(bucket))
    return ModelEndpoint(name, sagemaker_runtime, environment.inference_component_name)


def handler(event: object, context: LambdaContext) -> dict[str, object]:
    """Answer one event. Never raises: what went wrong is in the reply, with its status."""
    invocation = Invocation(context.aws_request_id, Deadline(context.get_remaining_time_in_millis))
    return answer(event, invocation, _GENERATOR)


# At import, which is Lambda's init: a missing variable fails there, and not with every request.
_GENERATOR = generator_for(read_environment(os.environ))
# The first client loads the service's model, which every later one of another timeout shares.
sagemaker_runtime(LONGEST_READ_TIMEOUT_SECONDS)
