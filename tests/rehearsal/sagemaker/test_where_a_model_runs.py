"""A model folder that the account has never seen, and the place that its code runs in."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.tenant import Tenant, poll

CODE = """
import json, os, pathlib
from companion import WORD
def model_fn(model_dir):
    print("loaded", WORD)
    return pathlib.Path(model_dir)
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(data, model):
    pathlib.Path("scratch").write_text("mine")
    return {
        "word": WORD,
        "weights": (model / "deep" / "weights.txt").read_text(),
        "modes": {str(p.relative_to(model)): oct(p.stat().st_mode & 0o777) for p in [model, *model.rglob("*")]},
        "working_folder": os.getcwd(),
        "model_folder": str(model),
        "pid": os.getpid(),
    }
def output_fn(prediction, accept):
    return json.dumps(prediction)
"""


@pytest.fixture(scope="module")
def word() -> str:
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def endpoint(tenant: Tenant, word: str) -> str:
    return tenant.serve(
        {
            "code/inference.py": CODE,
            "code/companion.py": f"WORD = {word!r}\n",
            "code/requirements.txt": "a-library-nobody-has==1\n",
            "deep/weights.txt": word[::-1],
        }
    )


@pytest.fixture(scope="module")
def found(tenant: Tenant, endpoint: str) -> dict[str, Any]:
    return json.loads(json.dumps(tenant.ask(endpoint, {})))


@pytest.mark.fact(
    "§3 Container contract: the toolkit's layout runs with its hooks, its code folder on the path"
)
def test_a_folder_nobody_has_seen_runs(found: dict[str, Any], word: str) -> None:
    assert (found["word"], found["weights"]) == (word, word[::-1])
    assert found["pid"] != os.getpid()


@pytest.mark.fact("§3 Container contract: the model folder is read-only")
def test_the_model_folder_is_read_only_and_not_where_the_code_works(found: dict[str, Any]) -> None:
    modes: dict[str, str] = found["modes"]

    assert {modes["."], modes["code"], modes["deep"]} == {"0o555"}
    assert {modes["code/inference.py"], modes["deep/weights.txt"]} == {"0o444"}
    assert found["working_folder"] != found["model_folder"]
    assert Path(found["working_folder"], "scratch").read_text() == "mine"


@pytest.mark.fact("§3 Logs: what a container prints is in its endpoint's log stream")
def test_what_the_model_prints_and_what_is_not_installed_is_in_the_log(
    tenant: Tenant, endpoint: str, word: str
) -> None:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"

    log = poll(lambda: has(tenant.log_of(group), f"loaded {word}"), "the log has arrived")

    assert (
        "The local account installs nothing: what code/requirements.txt names has to be on this machine."
        in log
    )


def has(log: list[str], line: str) -> list[str] | None:
    return log if line in log else None


def test_both_folders_go_with_the_endpoint(tenant: Tenant) -> None:
    endpoint = tenant.serve(
        {"code/inference.py": CODE, "code/companion.py": "WORD = 1\n", "deep/weights.txt": ""}
    )
    found = tenant.ask(endpoint, {})
    folders = [Path(found["working_folder"]), Path(found["model_folder"])]
    assert all(folder.is_dir() for folder in folders)

    tenant.client("sagemaker").delete_endpoint(EndpointName=endpoint)

    poll(lambda: not any(folder.exists() for folder in folders), "the folders are gone")
