"""The variables of a container: what SageMaker accepts, and what would give a secret away."""

from catalog.secrets import is_secret_name
from catalog.service_model import Range
from settings import limits
from settings.wording import quote, refuse


def check_variable_name(name: str) -> str:
    """Refuse a variable that SageMaker would refuse, and one that looks like a secret."""
    if is_secret_name(name):
        raise refuse(
            "looks like a secret, and everyone who may describe the model can read its variables",
            "remove it; a Hub token goes into genai:hubToken or model.tokenSecretArn, and with the model's files "
            "in S3 the container needs none",
        )
    if not limits.environment_name_pattern().fullmatch(name):
        raise refuse(
            f"{quote(name)} is not the name of a variable: letters, digits and underscores, and "
            "no digit first",
            "write a name such as SM_VLLM_MAX_MODEL_LEN",
        )
    _check_size(name, limits.ENVIRONMENT_NAME_LENGTH)
    return name


def check_variable_value(value: str) -> str:
    """Refuse a value that SageMaker would refuse."""
    _check_size(value, limits.ENVIRONMENT_VALUE_LENGTH)
    return value


def size_in_bytes(text: str) -> int:
    """How many bytes SageMaker counts for a name or a value."""
    return len(text.encode(errors="surrogatepass"))


def _check_size(text: str, length: Range) -> None:
    size = size_in_bytes(text)
    if length.maximum is not None and size > length.maximum:
        raise refuse(
            f"{quote(text)} has {size} bytes; SageMaker allows {length.maximum}", "shorten it"
        )
