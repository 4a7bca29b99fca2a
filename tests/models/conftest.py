"""Put the storyteller's folders on the path, as the inference image puts `code/`, and load it."""

import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "models"
STORYTELLER = MODELS / "storyteller"
sys.path.extend([str(MODELS), str(STORYTELLER / "code")])

from storyteller import Storyteller  # noqa: E402  (found through the path set above)


@pytest.fixture(scope="session")
def archive() -> Path:
    """Return the folder that is packed as the model archive."""
    return STORYTELLER


@pytest.fixture(scope="session")
def model(archive: Path) -> Storyteller:
    """Return the committed model."""
    return Storyteller.load(archive / "model.safetensors")
