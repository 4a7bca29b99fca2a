"""A project folder to check stacks in."""

from pathlib import Path

import pytest

from tests.settings.stacks import MODEL_FOLDER


@pytest.fixture
def project_dir(tmp_path: Path) -> Path:
    """A folder with a model in it."""
    folder = tmp_path / MODEL_FOLDER
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"weights")
    (folder / "code").mkdir()
    (folder / "code" / "inference.py").write_text("def model_fn(model_dir): ...\n")
    return tmp_path
