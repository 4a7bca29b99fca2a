"""Which images the local account plays, and what is told of it."""

from pathlib import Path
from typing import Any

import pytest

from catalog.images import image_families, lookup_family, resolve_image
from catalog.instances import lookup_instance
from rehearsal.account.sagemaker.model_container import (
    LMI_STAND_IN,
    OPENAI_CHAT_STAND_IN,
    TEI_STAND_IN,
    TGI_STAND_IN,
    host_module,
)
from rehearsal.playing import hosting, what_plays_the_image
from settings import StackSettings, parse_settings

TYPES = {"cpu": lookup_instance("ml.m5.large"), "gpu": lookup_instance("ml.g5.xlarge")}
ALL = [(family, image.processor) for family in image_families() for image in lookup_family(family)]
TOOLKITS = {"rehearsal.containers.pytorch_toolkit", "rehearsal.containers.huggingface_toolkit"}
SPEAKING = {
    "openai-chat": {OPENAI_CHAT_STAND_IN, LMI_STAND_IN, TGI_STAND_IN},
    "pipelines": TOOLKITS,
    "lmi": {LMI_STAND_IN},
    "tgi": {TGI_STAND_IN},
    "tei": {TEI_STAND_IN},
}


@pytest.mark.parametrize(("family", "processor"), ALL)
def test_every_image_of_the_catalog_is_played_in_its_contract(family: str, processor: str) -> None:
    image = resolve_image(family, "us-east-1", TYPES[processor])
    module = host_module(image.uri)

    assert module in SPEAKING[str(image.contract)]


def test_an_image_of_one_s_own_has_nobody_to_play_it() -> None:
    assert host_module("123456789012.dkr.ecr.us-east-1.amazonaws.com/team/vllm:1.0") is None


GGUF = {"LLAMA_ARG_MODEL": "/opt/ml/model/tiny.gguf"}
VLLM_BY_URI = "763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:0.19"


def settings_of(**sections: dict[str, Any]) -> StackSettings:
    config = {
        "genai:model": {"source": "s3://models/tiny/"},
        "genai:endpoint": {"instanceType": "ml.g5.xlarge"},
        **{f"genai:{name}": members for name, members in sections.items()},
    }
    return parse_settings(
        {"aws:region": "us-east-1", **config},
        project="genai",
        stack="test",
        project_dir=Path(),
        source="Pulumi.test.yaml",
    )


@pytest.mark.parametrize(
    ("image", "invoker", "engine"),
    [
        ({"family": "llamacpp", "env": GGUF}, {}, "llama.cpp b9522"),
        ({"family": "custom", "uri": VLLM_BY_URI}, {"contract": "openai-chat"}, VLLM_BY_URI),
    ],
    ids=["of the catalog", "by its URI"],
)
def test_another_engine_with_the_same_contract_is_named(
    image: dict[str, Any], invoker: dict[str, Any], engine: str
) -> None:
    (told,) = what_plays_the_image(settings_of(image=image, invoker=invoker))

    assert told == (
        f"the storyteller answers in place of {engine} and the real model, behind the same contract "
        "(openai-chat)"
    )


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ({"mode": "serverless"}, "serverless"),
        ({"instanceType": "ml.m5.large", "mode": "async"}, "ml.m5.large, async"),
        ({"instanceType": "ml.m5.large"}, "ml.m5.large"),
    ],
)
def test_what_the_model_runs_on_is_told(endpoint: dict[str, Any], words: str) -> None:
    settings = settings_of(
        model={"source": "s3://models/m/model.tar.gz"},
        image={"family": "pytorch"},
        endpoint=endpoint,
    )

    assert hosting(settings) == words
