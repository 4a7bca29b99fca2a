"""How a serving image is told to fetch a model from the Hugging Face Hub, from `data/hub.json`."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

from catalog.errors import CatalogError
from catalog.images import ServingImage

_DATA = Path(__file__).parent / "data" / "hub.json"

# Where SageMaker lays a model from S3; there is nothing there when the model comes from the Hub.
_MODEL_DIRECTORY = "/opt/ml/model"


class _Variables(TypedDict):
    model: str
    revision: str | None
    source: str
    token: str
    why: str


def hub_families() -> tuple[str, ...]:
    """The image families that can fetch a model from the Hub, sorted."""
    return tuple(sorted(_families()))


def hub_environment(image: ServingImage, model_id: str, revision: str | None) -> dict[str, str]:
    """The variables that name a model of the Hub to a container.

    They take the place of those that point at a model from S3: see `served_from_hub`.

    Raises:
        CatalogError: the family cannot fetch from the Hub, or not a revision of one's choice.
    """
    names = _variables(image.family)
    if revision is None:
        return {names["model"]: model_id}
    if names["revision"] is None:
        raise CatalogError(
            f"the image family {image.family} ({image.engine}) fetches the newest revision of a "
            f"model from the Hub and cannot be told another, so not {revision} of {model_id}"
        )
    return {names["model"]: model_id, names["revision"]: revision}


def served_from_hub(image: ServingImage, model_id: str, revision: str | None) -> ServingImage:
    """The image with the environment of a model from the Hub instead of one from S3.

    Raises:
        CatalogError: as `hub_environment`.
    """
    kept = {
        name: value
        for name, value in image.default_env.items()
        if not value.startswith(_MODEL_DIRECTORY)
    }
    return replace(image, default_env={**kept, **hub_environment(image, model_id, revision)})


def token_variable(family: str) -> str:
    """The variable for the token of a gated or private model. Its value is a secret.

    Raises:
        CatalogError: the family cannot fetch from the Hub.
    """
    return _variables(family)["token"]


def _variables(family: str) -> _Variables:
    families = _families()
    if family not in families:
        raise CatalogError(
            f"the image family {family} cannot fetch a model from the Hugging Face Hub; "
            f"{', '.join(hub_families())} can"
        )
    return families[family]


@cache
def _families() -> dict[str, _Variables]:
    return cast("dict[str, _Variables]", json.loads(_DATA.read_bytes())["families"])
