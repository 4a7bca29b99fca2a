"""Every type of resource that can be deployed."""

from rehearsal.deployer import (
    alarms,
    apigateway,
    bucket_notification,
    budgets,
    cloud_control,
    ec2,
    function_settings,
    iam,
    inference_components,
    lambda_,
    logs,
    s3,
    sagemaker,
    scaling,
    sns,
    sqs,
)
from rehearsal.deployer.kind import Kind

KINDS: dict[str, Kind] = {
    **alarms.KINDS,
    **apigateway.KINDS,
    **bucket_notification.KINDS,
    **budgets.KINDS,
    **cloud_control.KINDS,
    **ec2.KINDS,
    **function_settings.KINDS,
    **iam.KINDS,
    **inference_components.KINDS,
    **lambda_.KINDS,
    **logs.KINDS,
    **s3.KINDS,
    **sagemaker.KINDS,
    **scaling.KINDS,
    **sns.KINDS,
    **sqs.KINDS,
}


def kind_of(resource_type: str) -> Kind:
    """Return how resources of a type are deployed.

    Raises:
        NotImplementedError: not at all, so far.
    """
    if resource_type not in KINDS:
        raise NotImplementedError(f"the rehearsal cannot create a {resource_type} yet")
    return KINDS[resource_type]
