"""Answers for a program that nothing is deployed for: what AWS would decide is made up, in AWS's own forms."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from rehearsal.account.partitions import dns_suffix, partition_of

ACCOUNT_ID = "123456789012"
# What AWS names if the program does not, under the output that tells it.
_NAME_OUTPUTS = {"aws:s3/bucket:Bucket": "bucket", "aws:s3/bucketObjectv2:BucketObjectv2": "key"}
_ARNS: Mapping[str, str] = {
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:lambda/function:Function": "lambda:{region}:{account}:function:{name}",
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "s3:::{bucket}/{name}",
    "aws:sagemaker/endpoint:Endpoint": "sagemaker:{region}:{account}:endpoint/{name}",
    "aws:sns/topic:Topic": "sns:{region}:{account}:{name}",
    "aws:sqs/queue:Queue": "sqs:{region}:{account}:{name}",
}
_OTHER_ARN = "invented:{region}:{account}:{kind}/{name}"
# What else AWS decides, under the output that tells it.
_DECIDED: Mapping[str, Mapping[str, str]] = {
    "aws:apigatewayv2/api:Api": {
        "apiEndpoint": "https://{name}.execute-api.{region}.{suffix}",
        "executionArn": "arn:{partition}:execute-api:{region}:{account}:{name}",
    },
    "aws:lambda/alias:Alias": {"invokeArn": "arn:{partition}:apigateway:{region}:lambda:{name}"},
    "aws:lambda/function:Function": {
        "invokeArn": "arn:{partition}:apigateway:{region}:lambda:{name}",
        "version": "1",
    },
    "aws:lambda/functionUrl:FunctionUrl": {
        "functionUrl": "https://{name}.lambda-url.{region}.on.aws/"
    },
    "aws:sqs/queue:Queue": {"url": "https://sqs.{region}.{suffix}/{account}/{name}"},
}


class UnansweredDataSourceError(NotImplementedError):
    """The program asks AWS for something that nobody here can make up."""


class InventedAnswers(pulumi.runtime.Mocks):
    """Answers each resource with its inputs, a name and an ARN, and data sources about an account of nobody's.

    In a preview only what the program itself said is answered, as Pulumi does: the rest is not known.
    """

    def __init__(self, region: str, *, is_preview: bool = False) -> None:
        super().__init__()
        self._is_preview = is_preview
        self._place = {
            "region": region,
            "account": ACCOUNT_ID,
            "partition": partition_of(region),
            "suffix": dns_suffix(region),
        }
        self._data_sources = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT_ID},
            "aws:index/getPartition:getPartition": {"partition": self._place["partition"]},
            "aws:index/getRegion:getRegion": {"region": region},
            "aws:secretsmanager/getSecretVersion:getSecretVersion": {
                "secretString": "a secret of nobody's"
            },
        }

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Answer a resource."""
        if self._is_preview:
            return None, args.inputs
        if not args.custom:
            return f"{args.name}-id", args.inputs
        name_output = _NAME_OUTPUTS.get(args.typ, "name")
        name = args.inputs.get(name_output) or args.name
        known = {
            **self._place,
            "name": name,
            "kind": args.typ.rpartition(":")[2],
            "bucket": args.inputs.get("bucket", ""),
        }
        arn = f"arn:{self._place['partition']}:" + _ARNS.get(args.typ, _OTHER_ARN).format(**known)
        decided = {
            output: value.format(**known) for output, value in _DECIDED.get(args.typ, {}).items()
        }
        return f"{args.name}-id", {name_output: name, "arn": arn, **decided, **args.inputs}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        """Answer a data source.

        Raises:
            UnansweredDataSourceError: it is one that the project's program does not ask.
        """
        if args.token not in self._data_sources:
            raise UnansweredDataSourceError(
                f"there is no made-up answer for the data source {args.token}"
            )
        return self._data_sources[args.token], []
