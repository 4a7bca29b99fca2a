"""An answer in JSON, as the services with REST paths give them."""

import json
from collections.abc import Mapping

from werkzeug.wrappers import Response


def json_answer(payload: Mapping[str, object], status: int = 200) -> Response:
    """Return `payload` as the whole answer."""
    return Response(json.dumps(payload), status, content_type="application/json")
