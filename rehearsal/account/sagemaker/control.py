"""SageMaker's control plane in one Region, behind the JSON 1.1 protocol.

moto's own lacks UpdateEndpoint and every instance type since 2020, accepts duplicates and invalid
names, and never runs a container. Here a request is checked against the service model, names are
unique, what is in use cannot be deleted, and an endpoint is InService only once its container answers.
"""

import contextlib
import json
from collections.abc import Generator

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.cloudwatch.metrics import add_source
from rehearsal.account.sagemaker.async_invocations import AsyncInvocations
from rehearsal.account.sagemaker.endpoint_capacity import EndpointCapacity
from rehearsal.account.sagemaker.endpoint_configurations import EndpointConfigurations
from rehearsal.account.sagemaker.endpoints import Endpoints
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.inference_component_host import ComponentHost
from rehearsal.account.sagemaker.inference_components import COPIES, InferenceComponents
from rehearsal.account.sagemaker.instance_gauges import InstanceGauges
from rehearsal.account.sagemaker.models import Models
from rehearsal.account.sagemaker.runtime_gauges import RuntimeGauges
from rehearsal.account.sagemaker.state import Operations, State
from rehearsal.account.sagemaker.tags import Tags
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError


class SageMaker:
    """One Region's SageMaker."""

    def __init__(self, url: str, region: str) -> None:
        self.state = State(url, region)
        self.asynchronous = AsyncInvocations(self.serving, region)
        add_source(RuntimeGauges(self.state, self.asynchronous).observations)
        add_source(InstanceGauges(self.state).observations)
        self._variants = EndpointCapacity(self.state)
        self._components = InferenceComponents(self.state)
        self._operations: Operations = {
            **Models(self.state).operations,
            **EndpointConfigurations(self.state).operations,
            **Endpoints(self.state).operations,
            **self._variants.operations,
            **self._components.operations,
            **Tags(self.state).operations,
        }

    def handle(self, request: AwsRequest) -> Response:
        """Answer one control-plane request.

        Raises:
            AwsError: the request is invalid, or names what is not there, is there already or is in use.
        """
        asked = request.target or request.http.path  # the runtime's operations are paths
        operation = self._operations.get(asked)
        if operation is None:
            raise AwsError(
                "UnknownOperationException",
                f"the local account does not play sagemaker:{asked}",
                404,
            )
        try:
            members = json.loads(request.body or b"{}")
        except ValueError as failure:
            raise AwsError("SerializationException", f"not JSON: {failure}") from failure
        found = violations("sagemaker", asked, members)
        if found:
            raise AwsError("ValidationException", describe_violations(found))
        with self.state.lock:
            answer = json.dumps(operation(members))
        return Response(answer, content_type="application/x-amz-json-1.1")

    @contextlib.contextmanager
    def serving(self, endpoint_name: str) -> Generator[Fleet]:
        """Give what answers for an endpoint; it is not retired before the `with` block ends.

        Raises:
            AwsError: no such endpoint, or it is not in service.
        """
        with contextlib.ExitStack() as held:
            with self.state.lock:
                fleet = self._fleet_of(endpoint_name)
                held.enter_context(fleet.serving())
            yield fleet

    @contextlib.contextmanager
    def serving_component(self, endpoint_name: str, name: str) -> Generator[ComponentHost]:
        """Give what answers for an inference component, as `serving` does.

        Raises:
            AwsError: no such component at the endpoint, or it is not in service.
        """
        with contextlib.ExitStack() as held:
            with self.state.lock:
                host = self.state.component_hosts.get(name)
                if host is None or not self._is_placed(name, endpoint_name):
                    raise AwsError(
                        "ValidationError",
                        f"Inference component {name} of endpoint {endpoint_name} not found.",
                    )
                held.enter_context(host.in_flight.counted())
            yield host

    def capacity_of(self, resource_id: str, dimension: str) -> int | None:
        """Return how much is desired of a scalable resource; None if there is none of this name in service."""
        with self.state.lock:
            return self._scalable(dimension).capacity_of(resource_id, dimension)

    def set_capacity(self, resource_id: str, dimension: str, count: int) -> None:
        """Desire so much of a scalable resource: what there is follows in a moment.

        Raises:
            AwsError: it is not there, on its way, or cannot have so much.
        """
        with self.state.lock:
            self._scalable(dimension).set_capacity(resource_id, dimension, count)

    def stop(self) -> None:
        """Stop every container, also of endpoints on their way."""
        self.asynchronous.stop()
        self.state.stop()

    def _scalable(self, dimension: str) -> EndpointCapacity | InferenceComponents:
        return self._components if dimension == COPIES else self._variants

    def _is_placed(self, component: str, endpoint: str) -> bool:
        return self.state.components.find(component)["EndpointName"] == endpoint

    def _fleet_of(self, endpoint_name: str) -> Fleet:
        said = f"Endpoint {endpoint_name} of account {ACCOUNT_ID}"
        try:
            status = self.state.endpoints.find(endpoint_name)["EndpointStatus"]
        except AwsError as missing:
            raise AwsError("ValidationError", f"{said} not found.") from missing
        if endpoint_name not in self.state.fleets:
            raise AwsError("ValidationError", f"{said} is in state {status} and cannot be invoked.")
        shift = self.state.shifts.get(endpoint_name)
        return shift.next_fleet() if shift else self.state.fleets[endpoint_name]
