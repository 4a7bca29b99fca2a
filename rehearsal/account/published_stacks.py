"""What the account tells of the stacks that were rehearsed in it, at a path that no service of AWS has."""

import json
import threading
from typing import Any

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.account.aws_request import AwsRequest

_stacks: dict[str, Any] = {}
_lock = threading.Lock()


def answer_about_stacks(request: AwsRequest) -> dict[str, Any]:
    """Return the outputs of each stack and the administrator's keys; a body brings more stacks first."""
    with _lock:
        if request.body:
            _stacks.update(json.loads(request.body))
        return {
            "access_key_id": ADMIN_ACCESS_KEY_ID,
            "secret_access_key": ADMIN_SECRET_ACCESS_KEY,
            "stacks": dict(_stacks),
        }
