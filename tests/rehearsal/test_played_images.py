"""Which images the local account plays."""

import pytest

from catalog.images import image_families, lookup_family, resolve_image
from catalog.instances import lookup_instance
from rehearsal.account.model_container import (
    LMI_STAND_IN,
    OPENAI_CHAT_STAND_IN,
    TEI_STAND_IN,
    TGI_STAND_IN,
    host_module,
)

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
