"""SageMaker's control plane in one Region: models, endpoint configurations, endpoints and their tags.

moto's own lacks UpdateEndpoint and every instance type since 2020, accepts duplicates and invalid
names, and never runs a container. Here a request is checked against the service model, names are
unique, what is in use cannot be deleted, and an endpoint is InService only once its container answers.
"""

import contextlib
import json
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.fleet import Fleet, FleetError, Site
from rehearsal.account.sagemaker_resources import Resources
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_BUSY = {"Creating", "Updating"}


class SageMaker:
    """State of one Region's SageMaker, behind the JSON 1.1 protocol."""

    def __init__(self, url: str, region: str) -> None:
        self._site = Site(url, region, threading.Event())
        self._lock = threading.RLock()
        arn = f"arn:aws:sagemaker:{region}:{ACCOUNT_ID}"
        self._models = Resources("Model", "model", f"{arn}:model")
        self._configurations = Resources(
            "EndpointConfig", "endpoint configuration", f"{arn}:endpoint-config"
        )
        self._endpoints = Resources("Endpoint", "endpoint", f"{arn}:endpoint")
        self._fleets: dict[str, Fleet] = {}
        self._bringing_up: list[threading.Thread] = []
        self._operations: dict[str, Callable[[Members], Members]] = {
            "CreateModel": self._create_model,
            "DescribeModel": lambda r: self._models.find(r["ModelName"]),
            "DeleteModel": lambda r: self._models.remove(r["ModelName"]) or {},
            "ListModels": self._models.page,
            "CreateEndpointConfig": self._create_endpoint_config,
            "DescribeEndpointConfig": lambda r: self._configurations.find(r["EndpointConfigName"]),
            "DeleteEndpointConfig": self._delete_endpoint_config,
            "ListEndpointConfigs": self._configurations.page,
            "CreateEndpoint": self._create_endpoint,
            "DescribeEndpoint": lambda r: self._endpoints.find(r["EndpointName"]),
            "UpdateEndpoint": self._update_endpoint,
            "DeleteEndpoint": self._delete_endpoint,
            "ListEndpoints": self._endpoints.page,
            "AddTags": self._add_tags,
            "ListTags": lambda r: {"Tags": self._tags_of(r)[r["ResourceArn"]]},
            "DeleteTags": self._delete_tags,
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
        with self._lock:
            answer = json.dumps(operation(members))
        return Response(answer, content_type="application/x-amz-json-1.1")

    @contextlib.contextmanager
    def serving(self, endpoint_name: str) -> Generator[Fleet]:
        """Give what answers for an endpoint; it is not retired before the `with` block ends.

        Raises:
            AwsError: no such endpoint, or it is not in service.
        """
        with contextlib.ExitStack() as held:
            with self._lock:
                fleet = self._fleet_of(endpoint_name)
                held.enter_context(fleet.serving())
            yield fleet

    def stop(self) -> None:
        """Stop every container, also of endpoints on their way."""
        self._site.is_closing.set()
        for thread in self._bringing_up:
            thread.join()
        for fleet in self._fleets.values():
            fleet.stop()

    def _fleet_of(self, endpoint_name: str) -> Fleet:
        said = f"Endpoint {endpoint_name} of account {ACCOUNT_ID}"
        try:
            status = self._endpoints.find(endpoint_name)["EndpointStatus"]
        except AwsError as missing:
            raise AwsError("ValidationError", f"{said} not found.") from missing
        if endpoint_name not in self._fleets:
            raise AwsError("ValidationError", f"{said} is in state {status} and cannot be invoked.")
        return self._fleets[endpoint_name]

    def _create_model(self, members: Members) -> Members:
        if "Image" not in members.get("PrimaryContainer", {}) or "ExecutionRoleArn" not in members:
            raise AwsError(
                "ValidationException",
                "the local account plays models with a PrimaryContainer, its Image and an "
                "ExecutionRoleArn",
            )
        kept = {"EnableNetworkIsolation": False, **members}
        return {"ModelArn": self._models.add(members["ModelName"], kept)}

    def _create_endpoint_config(self, members: Members) -> Members:
        name = members["EndpointConfigName"]
        self._configurations.refuse_duplicate(name)
        for variant in members["ProductionVariants"]:
            if "ModelName" not in variant:
                raise AwsError(
                    "ValidationException",
                    "the local account does not play inference components: a variant needs a ModelName",
                )
            self._models.find(variant["ModelName"])
        return {"EndpointConfigArn": self._configurations.add(name, members)}

    def _delete_endpoint_config(self, members: Members) -> Members:
        name = members["EndpointConfigName"]
        for endpoint in self._endpoints.all():
            pending = endpoint.get("PendingDeploymentSummary", {})
            if name in {endpoint["EndpointConfigName"], pending.get("EndpointConfigName")}:
                # AWS lets it go, and cannot update the endpoint ever after.
                raise AwsError(
                    "ValidationException",
                    f'Cannot delete endpoint configuration "{self._configurations.arn(name)}": '
                    f'endpoint "{endpoint["EndpointArn"]}" uses it.',
                )
        self._configurations.remove(name)
        return {}

    def _create_endpoint(self, members: Members) -> Members:
        name, configuration = members["EndpointName"], members["EndpointConfigName"]
        self._endpoints.refuse_duplicate(name)
        start = self._fleet_starter(name, configuration)
        arn = self._endpoints.add(
            name,
            {
                "EndpointName": name,
                "EndpointConfigName": configuration,
                "EndpointStatus": "Creating",
                "LastModifiedTime": time.time(),
                "Tags": members.get("Tags", []),
            },
        )
        self._bring_up(name, configuration, start, status_if_it_fails="Failed")
        return {"EndpointArn": arn}

    def _update_endpoint(self, members: Members) -> Members:
        name, configuration = members["EndpointName"], members["EndpointConfigName"]
        endpoint = self._endpoints.find(name)
        self._refuse_if_busy(endpoint)
        if endpoint["EndpointStatus"] == "Failed":
            raise AwsError(
                "ValidationException",
                f'Cannot update failed endpoint "{endpoint["EndpointArn"]}": it can only be deleted.',
            )
        start = self._fleet_starter(name, configuration)
        endpoint.update(
            EndpointStatus="Updating",
            LastModifiedTime=time.time(),
            PendingDeploymentSummary={"EndpointConfigName": configuration},
        )
        # The old fleet keeps answering until the new one is in service, and stays if it never is.
        self._bring_up(name, configuration, start, status_if_it_fails="InService")
        return {"EndpointArn": endpoint["EndpointArn"]}

    def _delete_endpoint(self, members: Members) -> Members:
        name = members["EndpointName"]
        self._refuse_if_busy(self._endpoints.find(name))
        self._endpoints.remove(name)
        fleet = self._fleets.pop(name, None)
        if fleet is not None:
            fleet.stop()
        return {}

    def _refuse_if_busy(self, endpoint: Members) -> None:
        if endpoint["EndpointStatus"] in _BUSY:
            raise AwsError(
                "ValidationException",
                f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".',
            )

    def _fleet_starter(self, endpoint: str, configuration: str) -> Callable[[], Fleet]:
        """Return what starts the fleet of a configuration, as all of it is now."""
        variants = self._configurations.find(configuration)["ProductionVariants"]
        models = {v["ModelName"]: dict(self._models.find(v["ModelName"])) for v in variants}
        return lambda: Fleet(endpoint, models, variants, self._site)

    def _bring_up(
        self, name: str, configuration: str, start: Callable[[], Fleet], status_if_it_fails: str
    ) -> None:
        def run() -> None:
            try:
                fleet = start()
            except FleetError as failure:
                self._settle(name, EndpointStatus=status_if_it_fails, FailureReason=str(failure))
            except Exception as failure:  # noqa: BLE001 - else the endpoint would be Creating forever
                traceback.print_exc(file=sys.stderr)
                reason = f"the local account failed: {failure!r}"
                self._settle(name, EndpointStatus=status_if_it_fails, FailureReason=reason)
            else:
                self._put_in_service(name, configuration, fleet)

        thread = threading.Thread(target=run, name=f"bring-up-{name}", daemon=True)
        self._bringing_up = [t for t in self._bringing_up if t.is_alive()] + [thread]
        thread.start()

    def _put_in_service(self, name: str, configuration: str, fleet: Fleet) -> None:
        with self._lock:
            variants = self._configurations.find(configuration)["ProductionVariants"]
            retired = self._fleets.get(name)
            self._fleets[name] = fleet
            self._settle(
                name,
                EndpointStatus="InService",
                EndpointConfigName=configuration,
                ProductionVariants=[_variant_summary(variant) for variant in variants],
            )
        if retired is not None:
            retired.retire()

    def _settle(self, name: str, **members: Any) -> None:
        with self._lock:
            endpoint = self._endpoints.find(name)
            for outdated in ("FailureReason", "PendingDeploymentSummary"):
                endpoint.pop(outdated, None)
            endpoint.update(LastModifiedTime=time.time(), **members)

    def _tags_of(self, members: Members) -> dict[str, list[Members]]:
        arn = members["ResourceArn"]
        for resources in (self._models, self._configurations, self._endpoints):
            if arn in resources.tags:
                return resources.tags
        raise AwsError("ValidationException", f'Could not find the resource "{arn}".')

    def _add_tags(self, members: Members) -> Members:
        tags, arn = self._tags_of(members), members["ResourceArn"]
        new = {tag["Key"]: tag for tag in members["Tags"]}
        tags[arn] = [*(t for t in tags[arn] if t["Key"] not in new), *new.values()]
        return {"Tags": tags[arn]}

    def _delete_tags(self, members: Members) -> Members:
        tags, arn = self._tags_of(members), members["ResourceArn"]
        tags[arn] = [tag for tag in tags[arn] if tag["Key"] not in members["TagKeys"]]
        return {}


def _variant_summary(variant: Members) -> Members:
    count = variant.get("InitialInstanceCount", 1)
    weight = variant.get("InitialVariantWeight", 1.0)
    return {
        "VariantName": variant["VariantName"],
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
