"""What secrets look like: the names that variables with one have, and the forms of known kinds."""

import re

# Ends in, because EOS_TOKEN_ID or MAX_BATCHED_TOKENS are ordinary model settings.
_SECRET_NAME = re.compile(
    r"(^|_)(TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY(_ID)?|CREDENTIALS?)$|(^|_)SECRETS?(_|$)|PASSWORD|PASSWD"
)
# The forms that their makers document, or that GitHub's secret scanning looks for:
# docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
_FORMS = {
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "the id of an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
    "an API key (sk-...)": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
_ACCESS_KEY_ID = _FORMS["the id of an AWS access key"]
# An AWS secret access key has no form of its own: 40 characters, recognised only beside an id.
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name usually holds a secret, such as HF_TOKEN or DB_PASSWORD."""
    return _SECRET_NAME.search(name.upper()) is not None


def has_access_key_id(text: str) -> bool:
    """Whether a text holds the id of an AWS access key."""
    return _ACCESS_KEY_ID.search(text) is not None


def recognise_secret(text: str, *, beside_access_key: bool) -> tuple[str, str] | None:
    """What kind of secret a text holds, and the secret itself; None if it holds none of a known form.

    Args:
        text: to be searched.
        beside_access_key: whether the id of an AWS access key stands beside it, whose secret has no form of its own.
    """
    for what, form in _FORMS.items():
        if match := form.search(text):
            return what, match[0]
    if beside_access_key and (match := _AWS_SECRET.search(text)):
        return "an AWS secret access key", match[0]
    return None
