"""ARNs made from their parts, for what does not exist yet or tells no ARN."""

import pulumi
import pulumi_aws as aws


def sagemaker_arn(
    kind: str, name: pulumi.Input[str], parent: pulumi.Resource
) -> pulumi.Output[str]:
    """ARN of a SageMaker resource of this account and Region, such as kind `endpoint`."""
    within = pulumi.InvokeOutputOptions(parent=parent)
    return pulumi.Output.format(
        "arn:{}:sagemaker:{}:{}:{}/{}",
        aws.get_partition_output(opts=within).partition,
        aws.get_region_output(opts=within).region,
        aws.get_caller_identity_output(opts=within).account_id,
        kind,
        name,
    )
