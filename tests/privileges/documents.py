"""The policy documents that the program registers for a case, with ARNs as AWS writes them and no account behind."""

import functools
import json
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.mocks import MockResourceArgs

from rehearsal.least_privilege import TRUST_POLICY
from rehearsal.program import ProgramRun, run_program
from tests.harness import ACCOUNT_ID, REGION, EchoMocks, inputs_of
from tests.privileges.cases import CASES, PROJECT_DIR, STACK
from tests.privileges.lasting_names import lasting

FUNCTION, EXECUTION = "genai-role", "genai-execution"
ROLES = {FUNCTION: "the function's role", EXECUTION: "the execution role"}
Document = Mapping[str, Any]
Statement = Mapping[str, Any]
_IN_REGION = f"{REGION}:{ACCOUNT_ID}"
_ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": f"arn:aws:logs:{_IN_REGION}:log-group:{{name}}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": f"arn:aws:cloudwatch:{_IN_REGION}:alarm:{{name}}",
    "aws:iam/role:Role": f"arn:aws:iam::{ACCOUNT_ID}:role/{{name}}",
    "aws:lambda/function:Function": f"arn:aws:lambda:{_IN_REGION}:function:{{name}}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:sagemaker/endpoint:Endpoint": f"arn:aws:sagemaker:{_IN_REGION}:endpoint/{{name}}",
    "aws:sns/topic:Topic": f"arn:aws:sns:{_IN_REGION}:{{name}}",
    "aws:sqs/queue:Queue": f"arn:aws:sqs:{_IN_REGION}:{{name}}",
}


class _ArnMocks(EchoMocks):
    """Answer as AWS would name things: the program's documents can then be held against real calls."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        identity, outputs = super().new_resource(args)
        if args.custom and args.typ in _ARNS:
            name = args.inputs.get("name", args.inputs.get("bucket", args.name))
            outputs["arn"] = _ARNS[args.typ].format(name=name)
        return identity, outputs


@dataclass(frozen=True)
class Granted:
    """One statement of a role."""

    case: str
    role: str
    """Logical name: `FUNCTION` or `EXECUTION`."""
    policy: str
    """Logical name, or `TRUST_POLICY`."""
    statement: Statement

    @property
    def sid(self) -> str:
        """Its own id; the one of a trust policy has none."""
        return self.statement.get("Sid", self.policy)

    @property
    def actions(self) -> list[str]:
        """What it allows."""
        return listed(self.statement["Action"])

    def __str__(self) -> str:
        return f"{self.case}: {self.role} {self.policy}/{self.sid}"


@functools.cache
def program(case: str) -> ProgramRun:
    """Run the program once with a case's settings."""
    return run_program(
        lambda: runpy.run_path(str(PROJECT_DIR / "__main__.py"), run_name="__main__"),
        _ArnMocks(),
        project="genai",
        stack=STACK,
        config=CASES[case].config,
    )


@functools.cache
def policies(case: str) -> Mapping[str, Mapping[str, Document]]:
    """Return each role's policies by name, by role, the trust policy among them."""
    run = program(case)
    roles: dict[str, dict[str, Document]] = {}
    for role in run.all("aws:iam/role:Role"):
        assumed = inputs_of(role)["assumeRolePolicy"]
        roles[role.name] = {TRUST_POLICY: json.loads(lasting(assumed))}
    for policy in run.all("aws:iam/rolePolicy:RolePolicy"):
        inputs = inputs_of(policy)
        roles[inputs["role"]][policy.name] = json.loads(lasting(inputs["policy"]))
    return roles


def granted(case: str) -> Iterator[Granted]:
    """Every statement of every role of a case."""
    for role, documents in policies(case).items():
        for policy, document in documents.items():
            for statement in document["Statement"]:
                yield Granted(case, role, policy, statement)


def resource_policies(case: str) -> Mapping[str, Document]:
    """Return the policies of buckets, queues and topics, by the logical name of what carries each."""
    types = {
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:sns/topicPolicy:TopicPolicy",
    }
    return {
        made.name: json.loads(lasting(inputs_of(made)["policy"]))
        for made in program(case).registrations
        if made.type in types
    }


def listed(value: Any) -> list[str]:
    """One text or several, as policies have both."""
    return list(value) if isinstance(value, list) else [value]
