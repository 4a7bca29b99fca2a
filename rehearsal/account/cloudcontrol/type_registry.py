"""CloudFormation's registry, as far as it is asked: what a kind of resource looks like."""

from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.cloudcontrol.kinds import KINDS, Kind
from rehearsal.account.partitions import partition_of
from rehearsal.account.wire_errors import AwsError

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


def describe_type(request: AwsRequest) -> Response | None:
    """Answer DescribeType; None leaves everything else of CloudFormation to moto.

    Raises:
        AwsError: no such type.
    """
    asked = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    if asked.get("Action") != "DescribeType":
        return None
    arn_start = f"arn:{partition_of(request.region)}:cloudformation:{request.region}::type/resource"
    name = asked.get("TypeName") or asked.get("Arn", "").rpartition("/")[2].replace("-", "::")
    kind = KINDS.get(name)
    if kind is None:
        raise AwsError("TypeNotFoundException", f"The type '{name}' cannot be found.", 404)
    return Response(_told(kind, arn_start), content_type="text/xml")


def _told(kind: Kind, arn_start: str) -> str:
    members = {
        "Arn": f"{arn_start}/{kind.type_name.replace('::', '-')}",
        "Type": "RESOURCE",
        "TypeName": kind.type_name,
        "IsDefaultVersion": "true",
        "Schema": kind.schema,
        "ProvisioningType": "FULLY_MUTABLE",
        "DeprecatedStatus": "LIVE",
        "Visibility": "PUBLIC",
    }
    told = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items())
    return (
        f'<DescribeTypeResponse xmlns="{_NAMESPACE}"><DescribeTypeResult>{told}</DescribeTypeResult>'
        "</DescribeTypeResponse>"
    )
