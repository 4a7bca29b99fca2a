"""What the rules of the function answer besides their examples, and what they leave alone."""

from pathlib import Path
from typing import Any

import pytest

from catalog.images import image_families, lookup_family
from settings.sections import InvokerSettings
from tests.settings.stacks import problems_of, right_but

LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:web-adapter:1"
VPC = {"subnetIds": ["subnet-0a1b2c3d"], "securityGroupIds": ["sg-0a1b2c3d"]}
STREAMING = {"url": "iam", "streaming": True}
TO_ZERO = {"instanceType": "ml.m5.large", "mode": "scale-to-zero"}
LONG = [{"pattern": f"{number:04d}{'x' * 200}"} for number in range(19)]


def template(**said: Any) -> dict[str, Any]:
    """A function that asks by a template."""
    request = {"prompt": "<<prompt>>", "max_tokens": "<<max_new_tokens>>"}
    return {"contract": "template", "template": {"request": request, "text": "text"}, **said}


# Rule, what the stack says of its function, key, message, fix.
FURTHER = [
    (
        "GA802",
        {**template(), "contract": "raw"},
        "template",
        "is for the contract template, and invoker.contract is raw",
        "write contract: template, or remove it",
    ),
    *(
        (
            "GA803",
            {"contract": contract, "maxNewTokens": 512},
            "maxNewTokens",
            f"is 512, which the contract {contract} cannot ask for: {reason}",
            "remove it, and bound the tokens in the container",
        )
        for contract, reason in {
            "tei": "an embedding has no new tokens",
            "input-text": "a request of this contract is a text and nothing else",
            "raw": "the caller's body goes to the container as it is",
        }.items()
    ),
    (
        "GA804",
        {"records": {"redact": LONG}},
        "records.redact",
        "makes the function's variables 4983 bytes long; Lambda allows 4096 in all",
        "shorten it",
    ),
    (
        "GA804",
        template(records={"redact": LONG[:16]}),
        "records.redact",
        "makes the function's variables 4341 bytes long; Lambda allows 4096 in all",
        "shorten it",
    ),
    (
        "GA813",
        {**STREAMING, "contract": "input-text"},
        "streaming",
        "is true, and a container of the contract input-text answers as a whole",
        "remove streaming: whole answers need no adapter",
    ),
    (
        "GA813",
        template(**STREAMING),
        "streaming",
        "is true, and invoker.template does not say where a streamed line has its text",
        "add streamText to the template, such as streamText: choices[0].text, or remove streaming",
    ),
    (
        "GA842",
        {"records": {"keep": "off"}, "clientTokens": True},
        "clientTokens",
        "is true, which keeps an object for each token, and records.keep is off",
        "write clientTokens: false; or keep: metadata, which keeps no text and still knows a request again",
    ),
    (
        "GA851",
        {"versions": {"previousVersion": 7}},
        "versions.previousVersion",
        "is given, and its share of the invocations, previousPercent, is not",
        "add previousPercent: 90, and lower it as the new version proves itself; or remove it",
    ),
    (
        "GA703",
        {
            "statements": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::b/AKIAIOSFODNN7EXAMPLE",
                }
            ]
        },
        "statements.0",
        "holds the id of an AWS access key (AKIA...) that everyone who reads this file can see",
        "take it out and revoke it; a policy names resources and principals, never their keys",
    ),
]


@pytest.mark.parametrize(("rule", "said", "key", "message", "fix"), FURTHER)
def test_a_rule_of_the_function_answers_word_for_word(
    rule: str, said: dict[str, Any], key: str, message: str, fix: str, project_dir: Path
) -> None:
    (problem,) = problems_of(right_but({"genai:invoker": said}), project_dir)

    assert (problem.rule, problem.key) == (rule, f"genai:invoker.{key}")
    assert (problem.message, problem.fix) == (message, fix)


def test_a_secret_in_a_redaction_s_text_is_no_business_of_the_template(project_dir: Path) -> None:
    said = template(records={"redact": [{"pattern": "hf_[A-Za-z0-9]{30,}"}]})

    assert problems_of(right_but({"genai:invoker": said}), project_dir) == []


@pytest.mark.parametrize("mode", ["serverless", "async"])
def test_only_an_endpoint_that_sleeps_is_waited_for(mode: str, project_dir: Path) -> None:
    endpoint = {"mode": mode, **({} if mode == "serverless" else {"instanceType": "ml.m5.large"})}
    invoker = {"waking": "queue", "inputs": {"enabled": True}}

    (problem,) = problems_of(
        right_but({"genai:endpoint": endpoint, "genai:invoker": invoker}), project_dir
    )

    assert problem.rule == "GA832"
    assert (
        problem.message == f"is queue, and an endpoint of the mode {mode} never has to be woken up"
    )


@pytest.mark.parametrize(
    "said",
    [
        {"genai:invoker": template(maxNewTokens=512)},
        {"genai:invoker": {"contract": "raw", "maxNewTokens": 4096}},  # the default, spelt out
        {"genai:invoker": {"contract": "raw", **STREAMING}},  # what the container sends
        {"genai:invoker": {"records": {"redact": ["email", "ip-address", "phone", "card-number"]}}},
        {"genai:invoker": {**STREAMING, "httpApi": True, "inputs": {"enabled": True}}},
        {"genai:invoker": {**STREAMING, "adapterLayerArn": LAYER}},
        {"genai:invoker": {"vpc": VPC, "url": "iam", "httpApi": True}},
        {"genai:invoker": {"httpApi": True, "timeoutSeconds": 30}},
        {"genai:invoker": {"httpApi": True, "url": "iam"}},  # slow requests have the URL
        {"genai:invoker": {"httpApi": True, "inputs": {"enabled": True}}},  # files have the time
        {
            "genai:endpoint": {"mode": "async", "instanceType": "ml.m5.large"},
            "genai:invoker": {"httpApi": True},  # it answers at once that it has taken the request
        },
        {
            "genai:endpoint": TO_ZERO,
            "genai:invoker": {"waking": "queue", "inputs": {"enabled": True}},
        },
        {"genai:invoker": {"reservedConcurrency": 2, "inputs": {"enabled": True}}},
        {"genai:invoker": {"reservedConcurrency": 1}},
        # The switch that stops everything.
        {"genai:invoker": {"reservedConcurrency": 0, "inputs": {"enabled": True}}},
        {"genai:invoker": {"records": {"keep": "metadata"}}},
        {"genai:invoker": {"asynchronous": {"retries": 2}, "clientTokens": False}},
        {"genai:bucket": {"existingName": "my-bucket"}},
        {"genai:invoker": {"inputs": {"enabled": False, "maxConcurrency": 8}}},
    ],
)
def test_what_works_is_not_refused(said: dict[str, Any], project_dir: Path) -> None:
    assert problems_of(right_but(said), project_dir) == []


@pytest.mark.parametrize("family", image_families())
def test_the_defaults_suit_every_image_family_when_they_are_spelt_out(
    family: str, project_dir: Path
) -> None:
    # Pulumi hands them to the program like this.
    defaults = InvokerSettings().model_dump(by_alias=True, exclude_none=True)
    gpu = all(image.processor == "gpu" for image in lookup_family(family))
    said = {
        "genai:model.source": "s3://my-models/tiny.tar.gz",
        "genai:image": {"family": family, "env": {"LLAMA_ARG_MODEL": "/opt/ml/model/x.gguf"}},
        "genai:endpoint.instanceType": "ml.g6e.xlarge" if gpu else "ml.m5.large",
        "genai:invoker": defaults,
    }

    assert problems_of(right_but(said), project_dir) == []


def test_everything_that_is_wrong_with_a_function_is_told_at_once(project_dir: Path) -> None:
    said = {
        "contract": "template",
        "template": {"request": {"prompt": "hello"}, "text": "a..b"},
        "streaming": True,
        "vpc": {"subnetIds": ["subnet-1"]},
        "records": {"keep": "off", "redact": ["emial"]},
        "retries": {"attempts": 1, "afterTimeout": True},
        "waking": "queue",
        "versions": {"previousPercent": 90},
        "color": "red",
    }

    problems = problems_of(right_but({"genai:invoker": said}), project_dir)

    assert [(problem.rule, problem.key.removeprefix("genai:invoker.")) for problem in problems] == [
        ("", "template.request"),
        ("", "template.text"),
        ("", "records.redact.0"),
        ("", "vpc.subnetIds.0"),
        ("", "vpc.securityGroupIds"),
        ("", "color"),
        ("GA811", "streaming"),
        ("GA813", "streaming"),
        ("GA814", "streaming"),
        ("GA831", "waking"),
        ("GA832", "waking"),
        ("GA841", "retries.afterTimeout"),
        ("GA842", "clientTokens"),
        ("GA851", "versions.previousPercent"),
    ]
