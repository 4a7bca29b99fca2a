"""What the deployment tells the function, read once when the function starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.contracts import CONTRACTS, Contract
from handlers.modes import MODES, REALTIME, Mode


class ConfigurationError(Exception):
    """The function's environment is not as InvokerFunction sets it; the message says where."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The function's settings."""

    endpoint_name: str
    """SageMaker endpoint to invoke (GENAI_ENDPOINT_NAME)."""
    bucket_name: str
    """Bucket for the records, and for asynchronous requests (GENAI_BUCKET_NAME)."""
    contract: Contract
    """What the endpoint's container speaks (GENAI_CONTRACT: a name in CONTRACTS)."""
    model_uri: str
    """Where the model behind the endpoint comes from (GENAI_MODEL_URI): an S3 URI, hf:org/name, an
    ARN, or any other text; noted in replies and records."""
    mode: Mode
    """How the endpoint is hosted (GENAI_MODE: a name in MODES; realtime when it is missing)."""
    inference_component_name: str | None
    """Inference component to invoke on the endpoint (GENAI_INFERENCE_COMPONENT_NAME); None when the
    endpoint has none."""


REQUIRED = ("GENAI_ENDPOINT_NAME", "GENAI_BUCKET_NAME", "GENAI_CONTRACT", "GENAI_MODEL_URI")


def read_environment(variables: Mapping[str, str]) -> Environment:
    """The settings in `variables`. An empty value counts as missing.

    Raises ConfigurationError naming every missing variable, or the contracts or modes there are.
    """
    missing = [name for name in REQUIRED if not variables.get(name)]
    if missing:
        raise ConfigurationError(
            f"Environment variables missing: {', '.join(missing)}. InvokerFunction sets them; to"
            " run the handler by hand, export them first."
        )
    contract = CONTRACTS.get(variables["GENAI_CONTRACT"])
    if contract is None:
        raise ConfigurationError(
            f"GENAI_CONTRACT must be one of {', '.join(CONTRACTS)},"
            f" got {variables['GENAI_CONTRACT']!r}."
        )
    mode = MODES.get(variables.get("GENAI_MODE") or REALTIME.name)
    if mode is None:
        raise ConfigurationError(
            f"GENAI_MODE must be one of {', '.join(MODES)}, got {variables['GENAI_MODE']!r}."
        )
    return Environment(
        endpoint_name=variables["GENAI_ENDPOINT_NAME"],
        bucket_name=variables["GENAI_BUCKET_NAME"],
        contract=contract,
        model_uri=variables["GENAI_MODEL_URI"],
        mode=mode,
        inference_component_name=variables.get("GENAI_INFERENCE_COMPONENT_NAME") or None,
    )
