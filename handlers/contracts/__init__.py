"""What containers speak: the request they take and the reply they give, one module each.

Nothing is loaded before it is asked for: a function speaks one contract, and starts faster without the
others.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlers.contracts.contract import Contract


CONTRACT_NAMES = (
    "openai-chat",
    "tgi",
    "lmi",
    "pipelines",
    "tei",
    "input-text",
    "raw",
    "template",
)
"""What GENAI_CONTRACT may be."""


def contract_named(name: str, template: Mapping[str, object] | None = None) -> "Contract":
    """The contract of a name in CONTRACT_NAMES; `template` says what `template` speaks.

    Raises ConfigurationError for a template that cannot be followed.
    """
    module = import_module(f"handlers.contracts.{name.replace('-', '_')}")
    return module.contract(template) if name == "template" else module.CONTRACT
