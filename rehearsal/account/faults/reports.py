"""What the account tells of its faults, and is told of them, at a path that no service of AWS has."""

from typing import Any

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.faults.injector import injector
from rehearsal.account.faults.plan import FaultPlan

FAULTS_PATH = "/rehearsal/faults"


def answer_about_faults(request: AwsRequest) -> list[dict[str, Any]]:
    """Return the faults that came so far; a request with a body brings a new plan first, and begins anew."""
    if request.body:
        injector.follow(FaultPlan.parse(request.body.decode()))
    return injector.injections()
