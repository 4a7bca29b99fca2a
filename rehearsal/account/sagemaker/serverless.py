"""What a serverless variant lets in: nothing while it is cold, and no more at once than it may take."""

import contextlib
import threading
import time
from collections.abc import Generator
from concurrent.futures import Executor

from rehearsal.account.sagemaker.fleet import Fleet, Variant
from rehearsal.account.sagemaker.model_host import FleetError
from rehearsal.account.sagemaker.runtime_metrics import VariantMetrics
from rehearsal.account.wire_errors import AwsError

MAX_BODY_BYTES = 4 * 1024 * 1024  # of a request as of a reply
_lock = threading.Lock()
_being_warmed: set[VariantMetrics] = set()


def admit(
    variant: Variant, fleet: Fleet, metrics: VariantMetrics, at_once: int, errands: Executor
) -> None:
    """Let one request pass, which is one of so many `at_once`; a variant that is cold warms up meanwhile.

    Raises:
        AwsError: `ThrottlingException` or `ModelNotReadyException`; the wording of both is ours.
    """
    limit = _max_concurrency(fleet, variant)
    if at_once > limit:
        raise AwsError(
            "ThrottlingException",
            f"Rate exceeded: variant {variant.name} of {metrics.endpoint} answers {limit} requests at once "
            "(MaxConcurrency).",
        )
    if variant.is_cold:
        errands.submit(_warm_up, variant, metrics)
        raise AwsError(
            "ModelNotReadyException",
            f"Model of variant {variant.name} of {metrics.endpoint} is not ready for inference requests. "
            "Try again later.",
            429,
        )


def _max_concurrency(fleet: Fleet, variant: Variant) -> int:
    (config,) = (
        members["ServerlessConfig"]
        for members in fleet.configuration["ProductionVariants"]
        if members["VariantName"] == variant.name
    )
    return config["MaxConcurrency"]


def _warm_up(variant: Variant, metrics: VariantMetrics) -> None:
    with _alone(metrics) as is_first:
        if not is_first or not variant.is_cold:
            return
        began = time.monotonic()
        # What keeps it from coming up is in its log; the next request makes it try again.
        with contextlib.suppress(FleetError):
            variant.warm_up()
            metrics.tell_since("ModelSetupTime", began)


@contextlib.contextmanager
def _alone(metrics: VariantMetrics) -> Generator[bool]:
    """Say whether nobody else is warming the variant up, and keep others from it for the length of a block."""
    with _lock:
        is_first = metrics not in _being_warmed
        _being_warmed.add(metrics)
    try:
        yield is_first
    finally:
        if is_first:
            with _lock:
                _being_warmed.discard(metrics)
