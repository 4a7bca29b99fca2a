"""The token for models that the Hugging Face Hub does not give to everyone."""

from settings.secure_value import SecureValue
from settings.wording import refuse


def check_hub_token(value: object) -> SecureValue:
    """Refuse what is readable in the stack file, and what is no token once it is decrypted."""
    if isinstance(value, SecureValue):
        if value.text is not None and not value.text.strip():
            raise refuse(
                "is encrypted, and there is nothing in it",
                "run pulumi config set --secret genai:hubToken again, or pulumi config rm genai:hubToken",
            )
        return value
    raise refuse(
        "is a secret that everyone who reads this file can see",
        "take it out, revoke it, and run pulumi config set --secret genai:hubToken",
    )
