"""InvokeEndpointAsync: what comes in waits in its endpoint's line.

Not confirmed on AWS: the names of the objects.
"""

import json
import threading
import uuid
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.sagemaker.async_backlog import Backlog, Job
from rehearsal.account.sagemaker.async_line import AsyncLine, Serving
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.runtime_request import RuntimeRequest
from rehearsal.account.wire_errors import AwsError

MAX_INLINE_BODY_BYTES = 128_000


class AsyncInvocations:
    """The lines of one Region's endpoints."""

    def __init__(self, serving: Serving, region: str) -> None:
        """`serving` gives what answers for an endpoint at the time."""
        self._serving = serving
        self._region = region
        self._lock = threading.Lock()
        self._lines: dict[str, AsyncLine] = {}

    def accept(self, invocation: RuntimeRequest, fleet: Fleet) -> Response:
        """Queue one request and say where its reply will lie.

        Raises:
            AwsError: the endpoint is not asynchronous, or the request says not one place of its input.
        """
        if not fleet.is_async:  # the wording is ours: AWS's is not known
            raise AwsError(
                "ValidationError",
                f"Endpoint {invocation.endpoint} of account {ACCOUNT_ID} has no AsyncInferenceConfig "
                "and cannot be invoked with InvokeEndpointAsync.",
            )
        if ("InputLocation" in invocation.members) == bool(invocation.body):
            raise AwsError("ValidationError", "Provide exactly one of InputLocation and Body.")
        if len(invocation.body) > MAX_INLINE_BODY_BYTES:
            raise AwsError(
                "ValidationError", f"Request body is larger than {MAX_INLINE_BODY_BYTES} bytes."
            )
        line = self._line_of(invocation.endpoint)
        job = _job(invocation, fleet.configuration["AsyncInferenceConfig"]["OutputConfig"], line)
        line.add(job)
        locations = {
            "X-Amzn-SageMaker-OutputLocation": job.output,
            "X-Amzn-SageMaker-FailureLocation": job.failure,
        }
        return Response(
            json.dumps({"InferenceId": job.inference_id}),
            202,
            {name: uri for name, uri in locations.items() if uri},
            content_type="application/json",
        )

    def backlog_of(self, endpoint: str) -> Backlog:
        """Return what waits for an endpoint."""
        return self._line_of(endpoint).backlog

    def stop(self) -> None:
        """Forget what still waits."""
        with self._lock:
            for line in self._lines.values():
                line.stop()

    def _line_of(self, endpoint: str) -> AsyncLine:
        with self._lock:
            if endpoint not in self._lines:
                self._lines[endpoint] = AsyncLine(endpoint, self._region, self._serving, Backlog())
            return self._lines[endpoint]


def _job(invocation: RuntimeRequest, output: dict[str, Any], line: AsyncLine) -> Job:
    members = invocation.members
    inference_id = members.get("InferenceId") or str(uuid.uuid4())
    name = members.get("Filename", f"{inference_id}.out")
    error_name = f"{name.rpartition('.')[0] or name}-error.out"
    folders = [folder for folder in [members.get("S3OutputPathExtension", "").strip("/")] if folder]

    def under(path: str, name: str) -> str:
        return "/".join([path.rstrip("/"), *folders, name])

    failure_path = output.get("S3FailurePath")
    return line.backlog.new_job(
        invocation,
        inference_id,
        output=under(output["S3OutputPath"], name),
        failure=under(failure_path, error_name) if failure_path else None,
    )
