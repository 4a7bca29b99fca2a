"""Models, and the model packages that they may be made from."""

import time

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.sagemaker.model_host import READ_BY_PLATFORM
from rehearsal.account.sagemaker.state import Members, Operations, State
from rehearsal.account.wire_errors import AwsError

_LARGEST_ENVIRONMENT_BYTES = 32 * 1024  # ContainerDefinition in botocore's service model


class Models:
    """Operations on models and model packages."""

    def __init__(self, state: State) -> None:
        self._state = state
        models = state.models
        self.operations: Operations = {
            "CreateModel": self._create,
            "DescribeModel": lambda r: models.find(r["ModelName"]),
            "DeleteModel": lambda r: models.remove(r["ModelName"]) or {},
            "ListModels": models.page,
            "CreateModelPackageGroup": self._create_package_group,
            "CreateModelPackage": self._create_package,
            "DescribeModelPackage": lambda r: self._find_package(r["ModelPackageName"]),
        }

    def _create(self, members: Members) -> Members:
        container = members.get("PrimaryContainer", {})
        if (
            not {"Image", "ModelPackageName"} & container.keys()
            or "ExecutionRoleArn" not in members
        ):
            raise AwsError(
                "ValidationException",
                "the local account plays models with a PrimaryContainer, its Image or ModelPackageName, "
                "and an ExecutionRoleArn",
            )
        if "ModelDataUrl" in container and "ModelDataSource" in container:
            raise AwsError(
                "ValidationException",
                "Both ModelDataUrl and ModelDataSource cannot be specified for a container.",
            )
        source = container.get("ModelDataSource", {}).get("S3DataSource", {})
        if source.get("S3DataType") == "S3Prefix" and not source["S3Uri"].endswith("/"):
            raise AwsError(
                "ValidationException",
                f'S3Uri "{source["S3Uri"]}" of S3DataType S3Prefix must end with a forward slash (/).',
            )
        _refuse_environment(container.get("Environment", {}))
        kept = {"EnableNetworkIsolation": False, **members}
        return {"ModelArn": self._state.models.add(members["ModelName"], kept)}

    def _create_package_group(self, members: Members) -> Members:
        group = members["ModelPackageGroupName"]
        self._state.package_groups.add(group)
        return {"ModelPackageGroupArn": f"{self._state.arn_prefix}:model-package-group/{group}"}

    def _create_package(self, members: Members) -> Members:
        name, group = members.get("ModelPackageName"), members.get("ModelPackageGroupName")
        if group is not None and group not in self._state.package_groups:
            arn = f"{self._state.arn_prefix}:model-package-group/{group}"
            raise AwsError("ValidationException", f'Could not find model package group "{arn}".')
        if name is None and group is None:
            raise AwsError(
                "ValidationException", "ModelPackageName or ModelPackageGroupName is required."
            )
        path = name or _next_version(group, self._state.packages)
        arn = f"{self._state.arn_prefix}:model-package/{path}"
        self._state.packages[path] = {
            **{key: value for key, value in members.items() if key != "Tags"},
            "ModelPackageName": path,
            "ModelPackageArn": arn,
            "CreationTime": time.time(),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
        }
        return {"ModelPackageArn": arn}

    def _find_package(self, name_or_arn: str) -> Members:
        package = registered_package(self._state, name_or_arn)
        if package is None:
            raise AwsError("ValidationException", f"ModelPackage {name_or_arn} does not exist.")
        return package


def _refuse_environment(environment: Members) -> None:
    size = sum(len(f"{key}{value}".encode()) for key, value in environment.items())
    if size > _LARGEST_ENVIRONMENT_BYTES:
        raise AwsError(
            "ValidationException",
            f"The keys and values of Environment must be at most {_LARGEST_ENVIRONMENT_BYTES} bytes "
            f"together; they are {size}.",
        )


def registered_package(state: State, name_or_arn: str) -> Members | None:
    """Return a model package, by name or ARN; None if there is none.

    Only the end of an ARN counts, so that a package of another account can be played by one of its name.
    """
    return state.packages.get(name_or_arn.partition("model-package/")[2] or name_or_arn)


def startable(state: State, name: str) -> Members:
    """Return a model as it is now, its container completed from its model package if it has one.

    Raises:
        AwsError: there is no such model.
    """
    model = state.models.find(name)
    container = model["PrimaryContainer"]
    package = registered_package(state, container.get("ModelPackageName", ""))
    if package is None:
        return dict(model)
    (packed, *_) = package["InferenceSpecification"]["Containers"]
    known = {
        key: packed[key] for key in ("Image", "ModelDataUrl", "ModelDataSource") if key in packed
    }
    environment = {**packed.get("Environment", {}), **container.get("Environment", {})}
    owner = container["ModelPackageName"].split(":")[4:5]
    return {
        **model,
        "PrimaryContainer": {**known, **container, "Environment": environment},
        READ_BY_PLATFORM: owner not in ([], [ACCOUNT_ID]),
    }


def _next_version(group: str | None, packages: Members) -> str:
    taken = sum(path.startswith(f"{group}/") for path in packages)
    return f"{group}/{taken + 1}"
