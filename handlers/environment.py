"""What the deployment tells the function, read once when the function starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.contracts import CONTRACTS, Contract


class ConfigurationError(Exception):
    """The function's environment is not as InvokerFunction sets it; the message says where."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The function's settings."""

    endpoint_name: str
    """SageMaker endpoint to invoke (GENAI_ENDPOINT_NAME)."""
    bucket_name: str
    """Bucket for the records (GENAI_BUCKET_NAME)."""
    contract: Contract
    """What the endpoint's container speaks (GENAI_CONTRACT: a name in CONTRACTS)."""
    model_uri: str
    """S3 URI of the model behind the endpoint (GENAI_MODEL_URI); noted in replies and records."""


REQUIRED = ("GENAI_ENDPOINT_NAME", "GENAI_BUCKET_NAME", "GENAI_CONTRACT", "GENAI_MODEL_URI")


def read_environment(variables: Mapping[str, str]) -> Environment:
    """The settings in `variables`. An empty value counts as missing.

    Raises ConfigurationError naming every missing variable, or the contracts there are.
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
    return Environment(
        endpoint_name=variables["GENAI_ENDPOINT_NAME"],
        bucket_name=variables["GENAI_BUCKET_NAME"],
        contract=contract,
        model_uri=variables["GENAI_MODEL_URI"],
    )
