"""Put stand-ins where a stack expects what is not on this machine: models, buckets, secrets, roles."""

import json
from collections.abc import Callable
from typing import Any

from rehearsal.account.partitions import dns_suffix
from rehearsal.account.sagemaker.model_container import STAND_IN_REPOSITORIES
from rehearsal.local_account import LocalAccount
from rehearsal.model_stand_in import create_bucket, seed_model
from settings import StackSettings

STAND_IN_TOKEN = "a token that opens nothing"  # noqa: S105 - it says so
_PACKAGE_REGISTRY = "763104351884.dkr.ecr"  # any would do: nothing is pulled
_PACKAGE_BUCKET = "rehearsal-model-packages"
_EVERYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)
_TRUSTS_SAGEMAKER = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def prepare(account: LocalAccount, settings: StackSettings) -> list[str]:
    """Create what the stack takes for granted, and say of each thing what stands for it."""
    return [told for put, _ in _PARTS for told in put(account, settings)]


def prepare_change(account: LocalAccount, before: StackSettings, after: StackSettings) -> list[str]:
    """Create what the stack takes for granted only after a change, and say what stands for it."""
    return [told for put, of in _PARTS if of(before) != of(after) for told in put(account, after)]


def _bucket(account: LocalAccount, settings: StackSettings) -> list[str]:
    name = settings.bucket.existing_name
    if name is None:
        return []
    create_bucket(account, name)
    if key := settings.keys.bucket_arn:
        by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        account.client("s3").put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]
            },
        )
    return [f"an empty bucket stands for {name}, which this machine cannot reach"]


def _models_in_s3(account: LocalAccount, settings: StackSettings) -> list[str]:
    variants = [*settings.endpoint.variants.values(), settings.endpoint.shadow]
    sources = [variant.source for variant in variants if variant is not None]
    if settings.model.kind in {"archive", "prefix"}:
        sources.insert(0, settings.model.source)
    told: list[str] = []
    for uri in dict.fromkeys(source for source in sources if source):
        is_main = uri == settings.model.source
        count = seed_model(account, uri, settings.model.kms_key_arn if is_main else None)
        told.append(
            f"the storyteller's {count} files stand at {uri}, which this machine cannot reach"
        )
    return told


def _package(account: LocalAccount, settings: StackSettings) -> list[str]:
    if settings.model.kind != "package":
        return []
    arn = settings.model.source
    repository = STAND_IN_REPOSITORIES[settings.contract]
    container = {
        "Image": f"{_PACKAGE_REGISTRY}.{account.region}.{dns_suffix(account.region)}/{repository}:stand-in",
        "ModelDataUrl": f"s3://{_PACKAGE_BUCKET}/model.tar.gz",
    }
    seed_model(account, container["ModelDataUrl"])
    _register(account.client("sagemaker"), arn.partition("model-package/")[2], container)
    return [
        f"the storyteller stands for the model package {arn}, behind the contract {settings.contract}"
    ]


def _register(sagemaker: Any, path: str, container: dict[str, str]) -> None:
    """Register a package under the end of its ARN; a group's versions up to the one that is wanted."""
    types = ["application/json"]
    specification = {
        "Containers": [container],
        "SupportedContentTypes": types,
        "SupportedResponseMIMETypes": types,
    }
    name, _, version = path.partition("/")
    if not version:
        sagemaker.create_model_package(ModelPackageName=name, InferenceSpecification=specification)
        return
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    for _ in range(int(version)):
        sagemaker.create_model_package(
            ModelPackageGroupName=name, InferenceSpecification=specification
        )


def _token(account: LocalAccount, settings: StackSettings) -> list[str]:
    arn = settings.model.token_secret_arn
    if arn is None:
        return []
    # Under the end of the ARN it is found whatever account the ARN names.
    account.client("secretsmanager").create_secret(
        Name=arn.rpartition(":")[2], SecretString=STAND_IN_TOKEN
    )
    return [f"a token that opens nothing stands for the secret {arn}"]


def _boundary(account: LocalAccount, settings: StackSettings) -> list[str]:
    boundary = settings.roles.permissions_boundary_arn
    if not boundary or ":aws:policy/" in boundary:
        return []
    name, path = _name_and_path(boundary, "policy")
    account.client("iam").create_policy(PolicyName=name, Path=path, PolicyDocument=_EVERYTHING)
    return [f"a policy that allows everything stands for the boundary {boundary}"]


def _execution_role(account: LocalAccount, settings: StackSettings) -> list[str]:
    role = settings.roles.execution_role_arn
    if not role:
        return []
    iam = account.client("iam")
    name, path = _name_and_path(role, "role")
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=_TRUSTS_SAGEMAKER)
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=_EVERYTHING)
    return [f"a role that may do everything stands for {role}"]


def _name_and_path(arn: str, kind: str) -> tuple[str, str]:
    path, _, name = arn.partition(f":{kind}")[2].rpartition("/")
    return name, f"{path}/"


# What is put there, and the settings that it is put there for.
_PARTS: tuple[
    tuple[Callable[[LocalAccount, StackSettings], list[str]], Callable[[StackSettings], object]],
    ...,
] = (
    (_bucket, lambda settings: (settings.bucket.existing_name, settings.keys.bucket_arn)),
    (
        _models_in_s3,
        lambda settings: (settings.model, settings.endpoint.variants, settings.endpoint.shadow),
    ),
    (_package, lambda settings: (settings.model.source, settings.contract)),
    (_token, lambda settings: settings.model.token_secret_arn),
    (_boundary, lambda settings: settings.roles.permissions_boundary_arn),
    (_execution_role, lambda settings: settings.roles.execution_role_arn),
)
