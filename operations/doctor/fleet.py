"""Would an update shrink a fleet that scaling has grown?"""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from operations.doctor.finding import Finding, Patient, Teller

_tell = Teller("fleet")


def check_fleet(patient: Patient) -> Iterator[Finding]:
    """Hold the instances that run now against those that an update starts with.

    UpdateEndpoint forgets what scaling reached unless it is told to keep it: RetainAllVariantProperties in
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
    """
    settings = patient.settings
    try:
        found = patient.clients.client("sagemaker").describe_endpoint(
            EndpointName=settings.endpoint_name
        )
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        yield _tell.ok(f"{settings.endpoint_name} is not deployed yet")
        return
    initial = settings.endpoint.instances.initial
    if reason := found.get("FailureReason"):
        yield _tell.problem(
            f"{settings.endpoint_name} is {found['EndpointStatus']}: {reason}",
            "genai explain tells what to do; an endpoint that failed can only be deleted",
        )
        return
    running = max(
        (each.get("DesiredInstanceCount") or 0 for each in found.get("ProductionVariants", [])),
        default=0,
    )
    if (
        running > initial
        and settings.capacity_bounds
        and not settings.endpoint.retain_scaled_capacity
    ):
        yield _tell.problem(
            f"{running} instances run, and an update starts over with {initial}",
            "set genai:endpoint.retainScaledCapacity to true, raise instances.initial, or update when it is quiet",
        )
        return
    yield _tell.ok(
        f"{settings.endpoint_name} is {found['EndpointStatus']}, an update starts with {initial} instances"
    )
