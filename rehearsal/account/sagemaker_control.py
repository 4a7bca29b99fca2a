"""SageMaker's control plane: models, endpoint configurations, endpoints and their tags.

moto's own lacks UpdateEndpoint and every instance type since 2020, accepts duplicates and invalid
names, and never runs a container. Here a request is checked against the service model, names are
unique, what is in use cannot be deleted, and an endpoint is InService only once its container answers.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.fleet import Fleet, FleetError
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_BUSY = {"Creating", "Updating", "Deleting"}


class SageMaker:
    """State of the account's SageMaker, behind the JSON 1.1 protocol."""

    def __init__(self, start_fleet: Callable[[str, Members, list[Members], str], Fleet]) -> None:
        """`start_fleet(endpoint name, models by name, variants, region)` runs an endpoint's containers."""
        self._start_fleet = start_fleet
        self._lock = threading.RLock()
        self._models: dict[str, Members] = {}
        self._configurations: dict[str, Members] = {}
        self._endpoints: dict[str, Members] = {}
        self._fleets: dict[str, Fleet] = {}
        self._tags: dict[str, list[Members]] = {}
        self._operations: dict[str, Callable[[Members, str], Members]] = {
            "CreateModel": self._create_model,
            "DescribeModel": lambda r, _: self._find(self._models, "model", r["ModelName"]),
            "DeleteModel": self._delete_model,
            "ListModels": lambda _r, _: _summaries("Models", "Model", self._models),
            "CreateEndpointConfig": self._create_endpoint_config,
            "DescribeEndpointConfig": lambda r, _: self._find(
                self._configurations, "endpoint configuration", r["EndpointConfigName"]
            ),
            "DeleteEndpointConfig": self._delete_endpoint_config,
            "ListEndpointConfigs": lambda _r, _: _summaries(
                "EndpointConfigs", "EndpointConfig", self._configurations
            ),
            "CreateEndpoint": self._create_endpoint,
            "DescribeEndpoint": lambda r, _: self._find(
                self._endpoints, "endpoint", r["EndpointName"]
            ),
            "UpdateEndpoint": self._update_endpoint,
            "DeleteEndpoint": self._delete_endpoint,
            "ListEndpoints": lambda _r, _: _summaries("Endpoints", "Endpoint", self._endpoints),
            "AddTags": self._add_tags,
            "ListTags": lambda r, _: {"Tags": self._tags.get(r["ResourceArn"], [])},
            "DeleteTags": self._delete_tags,
        }

    def handle(self, request: AwsRequest) -> Response:
        """Answer one control-plane request.

        Raises:
            AwsError: the request is invalid, or names what is not there, is there already or is in use.
        """
        operation = self._operations.get(request.target)
        if operation is None:
            raise AwsError(
                "UnknownOperationException",
                f"the local account does not play sagemaker:{request.target}",
                404,
            )
        members = json.loads(request.body or b"{}")
        found = violations("sagemaker", request.target, members)
        if found:
            raise AwsError("ValidationException", describe_violations(found))
        with self._lock:
            answer = json.dumps(operation(members, request.region))
        return Response(answer, content_type="application/x-amz-json-1.1")

    def fleet_of(self, endpoint_name: str) -> Fleet:
        """Return what answers for an endpoint.

        Raises:
            AwsError: no such endpoint, or it is not in service.
        """
        with self._lock:
            endpoint = self._endpoints.get(endpoint_name)
            fleet = self._fleets.get(endpoint_name)
        if endpoint is None:
            raise AwsError(
                "ValidationError", f"Endpoint {endpoint_name} of account {ACCOUNT_ID} not found."
            )
        if fleet is None:
            raise AwsError(
                "ValidationError",
                f"Endpoint {endpoint_name} of account {ACCOUNT_ID} is in state "
                f"{endpoint['EndpointStatus']} and cannot be invoked.",
            )
        return fleet

    def stop(self) -> None:
        """Stop every container."""
        with self._lock:
            fleets, self._fleets = list(self._fleets.values()), {}
        for fleet in fleets:
            fleet.stop()

    def _create_model(self, members: Members, region: str) -> Members:
        name = members["ModelName"]
        _refuse_duplicate(self._models, "model", name)
        arn = _arn(region, "model", name)
        self._keep_tags(arn, members)
        self._models[name] = {
            "EnableNetworkIsolation": False,
            **members,
            "ModelArn": arn,
            "CreationTime": time.time(),
        }
        return {"ModelArn": arn}

    def _delete_model(self, members: Members, _region: str) -> Members:
        self._find(self._models, "model", members["ModelName"])
        del self._models[members["ModelName"]]
        return {}

    def _create_endpoint_config(self, members: Members, region: str) -> Members:
        name = members["EndpointConfigName"]
        _refuse_duplicate(self._configurations, "endpoint configuration", name)
        for variant in members["ProductionVariants"]:
            if "ModelName" not in variant:
                raise AwsError(
                    "ValidationException",
                    "the local account does not play inference components: a variant needs a ModelName",
                )
            self._find(self._models, "model", variant["ModelName"])
        arn = _arn(region, "endpoint-config", name)
        self._keep_tags(arn, members)
        self._configurations[name] = {
            **members,
            "EndpointConfigArn": arn,
            "CreationTime": time.time(),
        }
        return {"EndpointConfigArn": arn}

    def _delete_endpoint_config(self, members: Members, _region: str) -> Members:
        name = members["EndpointConfigName"]
        self._find(self._configurations, "endpoint configuration", name)
        users = [e for e in self._endpoints.values() if e["EndpointConfigName"] == name]
        if users:
            raise AwsError(
                "ValidationException",
                f'Cannot delete endpoint configuration "{name}": endpoint '
                f'"{users[0]["EndpointName"]}" uses it.',
            )
        del self._configurations[name]
        return {}

    def _create_endpoint(self, members: Members, region: str) -> Members:
        name = members["EndpointName"]
        _refuse_duplicate(self._endpoints, "endpoint", name)
        self._find(self._configurations, "endpoint configuration", members["EndpointConfigName"])
        arn = _arn(region, "endpoint", name)
        self._keep_tags(arn, members)
        self._endpoints[name] = {
            "EndpointName": name,
            "EndpointArn": arn,
            "EndpointConfigName": members["EndpointConfigName"],
            "CreationTime": time.time(),
        }
        self._bring_up(name, members["EndpointConfigName"], region, "Creating", "Failed")
        return {"EndpointArn": arn}

    def _update_endpoint(self, members: Members, region: str) -> Members:
        endpoint = self._find(self._endpoints, "endpoint", members["EndpointName"])
        if endpoint["EndpointStatus"] in _BUSY:
            raise AwsError(
                "ValidationException",
                f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".',
            )
        self._find(self._configurations, "endpoint configuration", members["EndpointConfigName"])
        # The old fleet keeps answering until the new one is in service, and stays if it never is.
        self._bring_up(
            members["EndpointName"],
            members["EndpointConfigName"],
            region,
            "Updating",
            "UpdateRollbackFailed" if members["EndpointName"] not in self._fleets else "InService",
        )
        return {"EndpointArn": endpoint["EndpointArn"]}

    def _delete_endpoint(self, members: Members, _region: str) -> Members:
        name = members["EndpointName"]
        self._find(self._endpoints, "endpoint", name)
        del self._endpoints[name]
        fleet = self._fleets.pop(name, None)
        if fleet is not None:
            fleet.stop()
        return {}

    def _add_tags(self, members: Members, _region: str) -> Members:
        new = {tag["Key"]: tag for tag in members["Tags"]}
        kept = [t for t in self._tags.get(members["ResourceArn"], []) if t["Key"] not in new]
        self._tags[members["ResourceArn"]] = [*kept, *new.values()]
        return {"Tags": self._tags[members["ResourceArn"]]}

    def _delete_tags(self, members: Members, _region: str) -> Members:
        kept = [
            tag
            for tag in self._tags.get(members["ResourceArn"], [])
            if tag["Key"] not in members["TagKeys"]
        ]
        self._tags[members["ResourceArn"]] = kept
        return {}

    def _bring_up(
        self, name: str, configuration: str, region: str, status: str, status_if_failed: str
    ) -> None:
        self._note_status(name, status)
        variants = self._configurations[configuration]["ProductionVariants"]
        models = {v["ModelName"]: self._models[v["ModelName"]] for v in variants}

        def run() -> None:
            try:
                fleet = self._start_fleet(name, models, variants, region)
            except FleetError as failure:
                self._note_status(name, status_if_failed, FailureReason=str(failure))
                return
            self._put_in_service(name, configuration, variants, fleet)

        threading.Thread(target=run, name=f"bring-up-{name}", daemon=True).start()

    def _put_in_service(
        self, name: str, configuration: str, variants: list[Members], fleet: Fleet
    ) -> None:
        with self._lock:
            is_wanted = name in self._endpoints
            retired = self._fleets.get(name) if is_wanted else fleet
            if is_wanted:
                self._fleets[name] = fleet
                self._endpoints[name].pop("FailureReason", None)
                self._note_status(
                    name,
                    "InService",
                    EndpointConfigName=configuration,
                    ProductionVariants=[_variant_summary(variant) for variant in variants],
                )
        if retired is not None:
            retired.stop()

    def _note_status(self, name: str, status: str, **more: Any) -> None:
        with self._lock:
            if name in self._endpoints:
                self._endpoints[name].update(
                    EndpointStatus=status, LastModifiedTime=time.time(), **more
                )

    def _keep_tags(self, arn: str, members: Members) -> None:
        self._tags[arn] = members.pop("Tags", [])

    def _find(self, kept: dict[str, Members], kind: str, name: str) -> Members:
        if name not in kept:
            raise AwsError("ValidationException", f'Could not find {kind} "{name}".')
        return kept[name]


def _refuse_duplicate(kept: dict[str, Members], kind: str, name: str) -> None:
    if name in kept:
        raise AwsError("ValidationException", f'Cannot create already existing {kind} "{name}".')


def _arn(region: str, kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{region}:{ACCOUNT_ID}:{kind}/{name}"


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


def _summaries(key: str, kind: str, kept: dict[str, Members]) -> Members:
    wanted = (f"{kind}Name", f"{kind}Arn", "CreationTime", "LastModifiedTime", "EndpointStatus")
    return {key: [{k: v for k, v in item.items() if k in wanted} for item in kept.values()]}
