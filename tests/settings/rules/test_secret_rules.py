"""Secrets in plain text are recognised by their form, wherever a stack can hide them, and never shown."""

from pathlib import Path
from typing import Any

import pytest

from tests.settings.stacks import problems_of, right_but

# Made up in the forms of real ones, in pieces so that nobody's scanner takes them for such.
SECRETS = {
    "a Hugging Face token": "hf_" + "a1B2" * 8,
    "the id of an AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "an API key (sk-...)": "sk-" + "proj-a1B2" * 4,
    "a private key": "-----BEGIN RSA PRIVATE " + "KEY-----",
}
FINE_GRAINED = "github_pat_" + "a1B2_" * 12
TEMPORARY = "ASIA" + "IOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"


@pytest.mark.row("bad-settings")
@pytest.mark.parametrize(("what", "secret"), SECRETS.items())
def test_a_secret_is_recognised_and_not_shown(what: str, secret: str, project_dir: Path) -> None:
    config = right_but({"genai:image.env": {"SETTING": f"key={secret}"}})

    (problem,) = problems_of(config, project_dir)

    assert problem.rule == "GA701"
    assert problem.key == "genai:image.env.SETTING"
    assert problem.message == (
        f"holds {what} ({secret[:4]}...) that everyone who reads this file can see"
    )
    assert problem.fix.startswith("take it out and revoke it; ")
    assert secret not in str(problem)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (
            {"genai:endpoint.variants": {"next": {"env": {"SETTING": FINE_GRAINED}}}},
            "endpoint.variants.next.env.SETTING",
        ),
        ({"genai:endpoint.shadow": {"env": {"SETTING": TEMPORARY}}}, "endpoint.shadow.env.SETTING"),
        ({"genai:tags": {"Owner": TEMPORARY}}, "tags.Owner"),
        (
            {
                "genai:roles.executionStatements": [
                    {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"},
                    {"Effect": "Deny", "Action": ["s3:GetObject"], "Resource": FINE_GRAINED},
                ]
            },
            "roles.executionStatements.1",
        ),
    ],
)
def test_a_secret_is_found_wherever_it_is(
    said: dict[str, Any], key: str, project_dir: Path
) -> None:
    (problem,) = problems_of(right_but(said), project_dir)

    assert problem.key == f"genai:{key}"
    assert FINE_GRAINED not in str(problem)
    assert TEMPORARY not in str(problem)


def test_an_aws_secret_is_recognised_beside_the_id_of_its_key(project_dir: Path) -> None:
    variables = {"ONE": SECRETS["the id of an AWS access key"], "OTHER": AWS_SECRET}

    _, secret = problems_of(right_but({"genai:image.env": variables}), project_dir)

    assert secret.key == "genai:image.env.OTHER"
    assert secret.message == (
        "holds an AWS secret access key (wJal...) that everyone who reads this file can see"
    )


@pytest.mark.parametrize(
    "value",
    [
        AWS_SECRET,  # 40 characters are also a commit, until an access key stands beside them
        "hf_model",
        "sk-learn",
        "AKIAlike",
        "s3://models/ghp_x",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_only_looks_a_little_like_a_secret_is_let_through(
    value: str, project_dir: Path
) -> None:
    assert problems_of(right_but({"genai:image.env": {"SETTING": value}}), project_dir) == []
