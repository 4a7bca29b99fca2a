"""How contracts are found, and what that costs a function's start."""

import subprocess
import sys

import pytest

from handlers.contracts import CONTRACT_NAMES, contract_named

TEMPLATE = {"request": "<<prompt>>", "text": "a"}


@pytest.mark.parametrize("name", CONTRACT_NAMES)
def test_every_name_has_its_contract(name: str) -> None:
    assert contract_named(name, TEMPLATE).name == name


SPOKEN_TOO = {"tgi": ["openai-chat"], "lmi": ["openai-chat"]}
"""What a contract speaks besides its own schema."""


@pytest.mark.parametrize("name", CONTRACT_NAMES)
def test_one_contract_loads_none_of_the_others(name: str) -> None:
    code = (
        "import sys; from handlers.contracts import contract_named;"
        f"contract_named({name!r}, {TEMPLATE!r});"
        "print(*sorted(sys.modules))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    modules = {f"handlers.contracts.{n.replace('-', '_')}" for n in CONTRACT_NAMES}
    assert modules & {*loaded} == {
        f"handlers.contracts.{n.replace('-', '_')}" for n in (name, *SPOKEN_TOO.get(name, ()))
    }
    assert not {"boto3", "botocore", "difflib", "urllib.request", "http.client"} & {*loaded}
