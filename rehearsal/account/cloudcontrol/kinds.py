"""The kinds of resources that Cloud Control is played for: those that this project makes through it.

CloudFormation's own schemas are not at hand. What is written here follows from SageMaker's service model: a
kind's properties are the members of its Create and Update operations and what AWS adds; what Update does not
take cannot be changed in place.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rehearsal.account.service_model import service_model

Properties = dict[str, Any]
_JSON_TYPES = {"structure": "object", "map": "object", "list": "array"}


@dataclass(frozen=True)
class Kind:
    """One type of CloudFormation's, and how SageMaker's operations on it are called."""

    type_name: str
    member: str
    """How the operations and their members are called: `Endpoint` for CreateEndpoint and EndpointName."""
    read_only: tuple[str, ...] = ()
    """What AWS adds to the properties, besides the ARN."""
    write_only: tuple[str, ...] = ()
    """What steers an update and is told to nobody afterwards."""

    @property
    def name_property(self) -> str:
        """Where a resource's name is."""
        return f"{self.member}Name"

    @property
    def identifier_property(self) -> str:
        """Where its identifier is."""
        return f"{self.member}Arn"

    def accepted(self, operation: str, properties: Properties) -> Properties:
        """Return those of `properties` that `Create` or `Update` takes."""
        members = self._shape(operation).members
        return {key: value for key, value in properties.items() if key in members}

    @cached_property
    def schema(self) -> str:
        """What the registry tells of the kind, as JSON text."""
        create, update = self._shape("Create"), self._shape("Update")
        properties = {
            **{name: {"type": "string"} for name in (self.identifier_property, *self.read_only)},
            **{
                name: {"type": _JSON_TYPES.get(shape.type_name, shape.type_name)}
                for operation in (create, update)
                for name, shape in operation.members.items()
            },
        }
        fixed = {self.name_property, *(set(create.members) - set(update.members) - {"Tags"})}
        schema = {
            "typeName": self.type_name,
            "description": f"Resource Type definition for {self.type_name}",
            "additionalProperties": False,
            "properties": properties,
            "required": [name for name in create.required_members if name != self.name_property],
            "primaryIdentifier": _pointers([self.identifier_property]),
            "readOnlyProperties": _pointers([self.identifier_property, *self.read_only]),
            "writeOnlyProperties": _pointers(self.write_only),
            "createOnlyProperties": _pointers(sorted(fixed)),
        }
        return json.dumps(schema)

    def _shape(self, operation: str) -> Any:
        return service_model("sagemaker").operation_model(f"{operation}{self.member}").input_shape


def _pointers(names: list[str] | tuple[str, ...]) -> list[str]:
    return [f"/properties/{name}" for name in names]


KINDS = {
    kind.type_name: kind
    for kind in (
        Kind(
            "AWS::SageMaker::Endpoint",
            "Endpoint",
            write_only=(
                "ExcludeRetainedVariantProperties",
                "RetainAllVariantProperties",
                "RetainDeploymentConfig",
            ),
        ),
        Kind(
            "AWS::SageMaker::InferenceComponent",
            "InferenceComponent",
            read_only=(
                *("CreationTime", "EndpointArn", "FailureReason"),
                *("InferenceComponentStatus", "LastModifiedTime"),
            ),
        ),
    )
}
