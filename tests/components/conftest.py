from collections.abc import Callable
from pathlib import Path

import pytest

from components import (
    GenAIEndpoint,
    GenAIEndpointArgs,
    InvokerFunction,
    InvokerFunctionArgs,
    ModelBucket,
    ModelBucketArgs,
    VpcEndpoints,
)
from tests.components.configurations import ARCHIVE, IMAGE, TAGS


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "code" / "inference.py").write_text("def model_fn(model_dir): ...\n")
    return folder


@pytest.fixture
def bucket_args(model_folder: Path, tmp_path: Path) -> ModelBucketArgs:
    return {
        "model_source": str(model_folder),
        "build_directory": str(tmp_path / "artifacts"),
        "tags": TAGS,
    }


@pytest.fixture
def endpoint_args() -> GenAIEndpointArgs:
    return {
        "endpoint_name": "genai-test",
        "model_uri": ARCHIVE,
        "image_uri": IMAGE,
        "instance_type": "ml.m5.large",
        "tags": TAGS,
    }


@pytest.fixture
def invoker_args() -> InvokerFunctionArgs:
    return {
        "endpoint_name": "genai-test",
        "bucket_name": "genai-bucket",
        "contract": "pipelines",
        "model_uri": ARCHIVE,
        "tags": TAGS,
    }


@pytest.fixture
def everything(
    bucket_args: ModelBucketArgs,
    endpoint_args: GenAIEndpointArgs,
    invoker_args: InvokerFunctionArgs,
) -> Callable[[], None]:
    """A program with every component, wired as `__main__.py` wires them."""

    def program() -> None:
        bucket = ModelBucket("genai", bucket_args)
        endpoint = GenAIEndpoint("genai", {**endpoint_args, "model_uri": bucket.model_uri})
        invoker = InvokerFunction(
            "genai",
            {
                **invoker_args,
                "endpoint_name": endpoint.endpoint_name,
                "bucket_name": bucket.bucket_name,
                "model_uri": bucket.model_uri,
            },
        )
        endpoint.grant_invoke("invoker", invoker.role_name)
        bucket.grant_write_records("invoker", invoker.role_name)
        VpcEndpoints(
            "genai",
            {
                "vpc_id": "vpc-1",
                "subnet_ids": ["subnet-1", "subnet-2"],
                "security_group_ids": ["sg-1"],
                "route_table_ids": ["rtb-1"],
                "tags": TAGS,
            },
        )

    return program
