"""What a deployed function answers with."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.aws import clients
from handlers.contracts import contract_named
from handlers.endpoint.modes import ASYNC
from handlers.endpoint.retries import Retries
from handlers.environment import Environment, read_environment
from handlers.generator import Generator
from handlers.storage.bucket import Bucket

if TYPE_CHECKING:
    # As every import inside a function here: a plain request needs none of them, and each would make
    # the function's start longer.
    from handlers.aws.sqs import SQS
    from handlers.batch.runner import BatchRunner
    from handlers.endpoint.async_endpoint import AsyncModelEndpoint
    from handlers.endpoint.model_endpoint import ModelEndpoint
    from handlers.storage.results import Results


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts that requests are answered with. What a plain one does not need is made on use."""

    generator: Generator
    results: "Callable[[], Results]"
    """Finds what became of requests that were accepted for later."""


@dataclass(frozen=True, kw_only=True)
class EventServices(Services):
    """The parts that events of every kind are answered with."""

    batch_runner: "Callable[[], BatchRunner]"
    """Answers objects full of requests."""
    queues: "Callable[[], SQS]"
    """Tells a queue when to bring a message again."""


def services_for(variables: Mapping[str, str]) -> Services:
    """What the deployment described by the environment's `variables` answers requests with.

    Raises ConfigurationError naming every variable that is missing or wrong.
    """
    environment = read_environment(variables)
    bucket = Bucket(environment.bucket_name, clients.s3)
    return services_around(
        Generator(
            environment=environment,
            contract=contract_named(environment.contract, environment.template),
            endpoint=_endpoint(environment, bucket),
            bucket=bucket,
        )
    )


def services_around(generator: Generator) -> Services:
    """What a function with this generator answers requests with."""
    return Services(generator=generator, results=functools.cache(lambda: _results(generator)))


def _endpoint(environment: Environment, bucket: Bucket) -> "ModelEndpoint | AsyncModelEndpoint":
    name, runtime = environment.endpoint_name, clients.sagemaker_runtime()
    retries = Retries(
        attempts=environment.attempts,
        repeats_after_timeout=environment.repeats_after_timeout,
    )
    if environment.mode is ASYNC:
        from handlers.endpoint.async_endpoint import (  # noqa: PLC0415 - see the imports' top
            AsyncModelEndpoint,
        )

        return AsyncModelEndpoint(name, runtime, bucket, retries)
    from handlers.endpoint.model_endpoint import ModelEndpoint  # noqa: PLC0415 - see above

    return ModelEndpoint(name, runtime, environment.inference_component_name, retries)


def _results(generator: Generator) -> "Results":
    from handlers.storage.results import Results  # noqa: PLC0415 - see above

    return Results(generator.environment, generator.contract, generator.bucket)
