from collections.abc import Callable
from pathlib import Path

import pytest

from components import (
    CostGuard,
    GenAIEndpoint,
    GenAIEndpointArgs,
    InvokerFunction,
    InvokerFunctionArgs,
    ModelBucket,
    ModelBucketArgs,
    Observability,
    VpcEndpoints,
)
from tests.components.configurations import INVOKER, REALTIME, TAGS


def written_model(folder: Path) -> Path:
    (folder / "code").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "code" / "inference.py").write_text("def model_fn(model_dir): ...\n")
    return folder


def bucket_for(model: Path) -> ModelBucketArgs:
    build_directory = str(model.parent / "artifacts")
    return {"model_source": str(model), "build_directory": build_directory, "tags": TAGS}


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    return written_model(tmp_path / "model")


@pytest.fixture
def bucket_args(model_folder: Path) -> ModelBucketArgs:
    return bucket_for(model_folder)


@pytest.fixture
def endpoint_args() -> GenAIEndpointArgs:
    return {**REALTIME}


@pytest.fixture
def invoker_args() -> InvokerFunctionArgs:
    return {**INVOKER}


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], None]:
    """A program with every component, wired as `__main__.py` wires them."""
    args = bucket_for(written_model(tmp_path_factory.mktemp("everything") / "model"))

    def program() -> None:
        bucket = ModelBucket("genai", args)
        endpoint = GenAIEndpoint("genai", {**REALTIME, "model_uri": bucket.model_uri})
        invoker = InvokerFunction(
            "genai",
            {
                **INVOKER,
                "inputs": {},
                "asynchronous": {},
                "alias": {},
                "function_url": True,
                "streaming": True,
                "http_api": True,
                "endpoint_name": endpoint.endpoint_name,
                "bucket_name": bucket.bucket_name,
                "model_uri": bucket.model_uri,
            },
        )
        endpoint.grant_invoke("invoker", invoker.role_name)
        invoker.use_bucket(bucket)
        CostGuard(
            "genai",
            {
                "max_monthly_usd": 200,
                "cost_tags": TAGS,
                "emails": ["team@example.com"],
                "tags": TAGS,
            },
        )
        Observability(
            "genai",
            {
                "endpoint": endpoint.watched(),
                "function": invoker.watched(),
                "subscribers": ["oncall@example.com"],
                "tags": TAGS,
            },
        )
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
