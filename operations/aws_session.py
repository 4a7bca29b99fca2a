"""boto3 sessions that nothing of this machine's user reaches: no profile, configuration file or variable."""

from typing import Any

import boto3
from botocore.session import Session


def isolated_session(**credentials: Any) -> boto3.Session:
    """Return a session on defaults alone; what else it needs is given here or to each client.

    An `AWS_PROFILE` that does not exist, or FIPS endpoints in a configuration file, would otherwise break
    calls to an account that has nothing to do with them.
    """
    nothing_configured = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in Session.SESSION_VARIABLES.items()
    }
    return boto3.Session(botocore_session=Session(nothing_configured), **credentials)
