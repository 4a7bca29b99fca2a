"""Each single setting that can be wrong: what is said about it, and that the mended one is accepted."""

from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from settings import Problem, SecureValue
from tests.settings.stacks import FILE, problems_of, right_but

LONG_NAME = "a" * 64
RETENTION = (
    "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, "
    "3288, 3653"
)
SOURCE_FORMS = (
    "write a folder of this project (./models/storyteller), an archive in S3 (s3://bucket/key.tar.gz), a prefix "
    "in S3 (s3://bucket/prefix/), a model of the Hugging Face Hub (hf:org/name@revision) or the ARN of a model "
    "package"
)
QUEUE = "arn:aws:sqs:us-east-1:123456789012:alarms"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:alarms"
ALARMS = (
    "latency, errors, model-errors, overhead, gpu-memory, disk, idle, backlog, oldest-request, failed-requests, "
    "failed-replies, function-errors, throttles, duration, dead-letters, failed-events"
)
NO_SUBSCRIBER = (
    "is not the address of a subscriber: an e-mail address, an https:// URL, or the ARN of an SQS queue or a Lambda "
    "function"
)
NAME_RULE = "1 to 63 letters, digits and hyphens, with a letter or digit at both ends"

# Key, wrong value, what is said of it, the fix, and a value that is right.
WRONG_VALUES: list[tuple[str, Any, str, str, Any]] = [
    # Types: nothing is converted.
    (
        "genai:endpoint.startupTimeoutSeconds",
        "600",
        'expected a whole number from 60 to 3600, found the text "600"',
        "write it without quotes: startupTimeoutSeconds: 600",
        600,
    ),
    (
        "genai:endpoint.downloadTimeoutSeconds",
        1.5,
        "expected a whole number from 60 to 3600, found the number 1.5",
        "write downloadTimeoutSeconds: 600",
        600,
    ),
    (
        "genai:invoker.memoryMib",
        True,
        "expected a whole number from 128 to 10240, found true",
        "write memoryMib: 512",
        512,
    ),
    (
        "genai:invoker.timeoutSeconds",
        [75],
        "expected a whole number from 1 to 900, found a list",
        "write timeoutSeconds: 75",
        75,
    ),
    (
        "genai:endpoint.networkIsolation",
        "no",
        'expected true or false, found the text "no"',
        "write true or false, without quotes",
        False,
    ),
    (
        "genai:bucket.protect",
        1,
        "expected true or false, found the number 1",
        "write true or false, without quotes",
        True,
    ),
    (
        "genai:endpoint.name",
        7,
        "expected text, found the number 7",
        'put it in quotes: name: "7"',
        "7",
    ),
    (
        "genai:model",
        "./models/tiny",
        'expected a group of settings, found the text "./models/tiny"',
        "write\ngenai:model:\n  source: ./models/storyteller",
        {"source": "./models/tiny"},
    ),
    (
        "genai:bucket",
        "keep",
        'expected a group of settings, found the text "keep"',
        "write\ngenai:bucket:\n  protect: false",
        {"protect": True},
    ),
    (
        "genai:invoker",
        None,
        "expected a group of settings, found nothing",
        "indent its settings below it, or remove the line",
        {},
    ),
    (
        "genai:endpoint.instances",
        2,
        "expected a group of settings, found the number 2",
        "write\ninstances:\n  initial: 1",
        {"initial": 2},
    ),
    (
        "genai:image.env",
        None,
        "expected a group of NAME: text entries, found nothing",
        "indent its settings below it, or remove the line",
        {},
    ),
    (
        "genai:tags",
        ["Team"],
        "expected a group of NAME: text entries, found a list",
        "indent NAME: text entries below it",
        {"Team": "stories"},
    ),
    # Ranges.
    (
        "genai:endpoint.startupTimeoutSeconds",
        59,
        "expected a whole number from 60 to 3600, found the number 59",
        "write startupTimeoutSeconds: 600",
        60,
    ),
    (
        "genai:endpoint.downloadTimeoutSeconds",
        3601,
        "expected a whole number from 60 to 3600, found the number 3601",
        "write downloadTimeoutSeconds: 600",
        3600,
    ),
    (
        "genai:endpoint.volumeGb",
        513,
        "expected a whole number from 1 to 512, found the number 513",
        "write volumeGb: 50",
        512,
    ),
    (
        "genai:endpoint.instances.initial",
        0,
        "expected a whole number from 1 to 1000, found the number 0",
        "write initial: 1",
        1,
    ),
    (
        "genai:invoker.timeoutSeconds",
        901,
        "expected a whole number from 1 to 900, found the number 901",
        "write timeoutSeconds: 75",
        900,
    ),
    (
        "genai:invoker.memoryMib",
        127,
        "expected a whole number from 128 to 10240, found the number 127",
        "write memoryMib: 512",
        128,
    ),
    (
        "genai:bucket.recordDays",
        0,
        "expected a whole number from 1 to 3650, found the number 0",
        "write recordDays: 30",
        3650,
    ),
    (
        "genai:bucket.recordDays",
        10**5000,
        "expected a whole number from 1 to 3650, found the number of 16610 bits",
        "write recordDays: 30",
        1,
    ),
    # Choices.
    (
        "genai:image.family",
        "vLLN",
        'expected one of huggingface, llamacpp, lmi, pytorch, sglang, tei, tgi-legacy, vllm, custom, model-package, found the text "vLLN"',
        "did you mean vllm?",
        "pytorch",
    ),
    (
        "genai:image.family",
        "turnip",
        'expected one of huggingface, llamacpp, lmi, pytorch, sglang, tei, tgi-legacy, vllm, custom, model-package, found the text "turnip"',
        "choose one of them",
        "pytorch",
    ),
    (
        "genai:invoker.contract",
        "openai",
        'expected one of auto, openai-chat, tgi, lmi, pipelines, tei, input-text, raw, template, found the text "openai"',
        "did you mean openai-chat?",
        "openai-chat",
    ),
    (
        "genai:invoker.logLevel",
        "info",
        'expected one of DEBUG, INFO, WARN, ERROR, found the text "info"',
        "did you mean INFO?",
        "INFO",
    ),
    (
        "genai:invoker.logLevel",
        "loud",
        'expected one of DEBUG, INFO, WARN, ERROR, found the text "loud"',
        "choose one of DEBUG, INFO, WARN, ERROR",
        "ERROR",
    ),
    (
        "genai:invoker.logRetentionDays",
        31,
        f"expected one of {RETENTION} (what CloudWatch offers), found the number 31",
        "write 30, the nearest of them",
        30,
    ),
    (
        "genai:invoker.logRetentionDays",
        True,
        "expected a whole number, found true",
        "write logRetentionDays: 30",
        1,
    ),
    (
        "genai:endpoint.instanceType",
        "ml.m5.larg",
        '"ml.m5.larg" is not an instance type that SageMaker hosts endpoints on',
        "did you mean ml.m5.large?",
        "ml.m5.large",
    ),
    (
        "genai:endpoint.instanceType",
        "c5.xlarge",
        '"c5.xlarge" is not an instance type that SageMaker hosts endpoints on',
        "did you mean ml.c5.xlarge?",
        "ml.c5.xlarge",
    ),
    (
        "genai:endpoint.instanceType",
        "big",
        '"big" is not an instance type that SageMaker hosts endpoints on',
        "write a type such as ml.m5.large",
        "ml.m5.4xlarge",
    ),
    # Names.
    (
        "genai:endpoint.name",
        "my_endpoint",
        f'"my_endpoint" is not an endpoint name: {NAME_RULE}',
        "write such a name, or leave it out to get <project>-<stack>",
        "my-endpoint",
    ),
    (
        "genai:endpoint.name",
        LONG_NAME,
        f'"{LONG_NAME}" is not an endpoint name: {NAME_RULE}',
        "write such a name, or leave it out to get <project>-<stack>",
        "a" * 63,
    ),
    # Model sources.
    (
        "genai:model.source",
        " ",
        "expected the place of a model, found an empty text",
        SOURCE_FORMS,
        "./models/tiny",
    ),
    (
        "genai:model.source",
        "hf:Qwen/Qwen3-8B",
        '"hf:Qwen/Qwen3-8B" has no revision, so what runs would change unnoticed',
        "add one, best a commit: hf:Qwen/Qwen3-8B@<commit>; hf:Qwen/Qwen3-8B@main follows the branch",
        "s3://models/qwen3-8b/",
    ),
    (
        "genai:model.source",
        "https://models.s3.amazonaws.com/model.tar.gz",
        (
            '"https://models.s3.amazonaws.com/model.tar.gz" is not a place this project can take a '
            "model from"
        ),
        SOURCE_FORMS,
        "s3://models/model.tar.gz",
    ),
    (
        "genai:model.source",
        "s3://My_Bucket/model.tar.gz",
        (
            '"s3://My_Bucket/model.tar.gz" names the bucket "My_Bucket", which S3 does not allow: 3 to '
            "63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends"
        ),
        "write the name of your bucket after s3://",
        "s3://my-bucket/model.tar.gz",
    ),
    (
        "genai:model.source",
        "s3//models/tiny/",
        '"s3//models/tiny/" is not an S3 URI',
        "did you mean s3://models/tiny/?",
        "s3://models/tiny/",
    ),
    (
        "genai:model.source",
        "S3:/models/model.tar.gz",
        '"S3:/models/model.tar.gz" is not an S3 URI',
        "did you mean s3://models/model.tar.gz?",
        "s3://models/model.tar.gz",
    ),
    (
        "genai:model.source",
        "s3://models",
        '"s3://models" names a bucket but nothing in it',
        SOURCE_FORMS,
        "s3://models/qwen3-8b/",
    ),
    (
        "genai:model.source",
        "s3://models/qwen3-8b",
        '"s3://models/qwen3-8b" is neither an archive (.tar.gz) nor a prefix (/ at the end)',
        "add / if the model's files lie under it; otherwise pack them as .tar.gz",
        "s3://models/qwen3-8b/",
    ),
    (
        "genai:model.source",
        "s3://models//qwen/",
        '"s3://models//qwen/" has an empty, . or .. part, which SageMaker cannot lay out as a folder',
        "give every part of the key a name",
        "s3://models/qwen/",
    ),
    (
        "genai:model.source",
        f"s3://models/{'a' * 1024}/",
        "an S3 URI may have 1024 characters, this one has 1037",
        "use a shorter key",
        f"s3://models/{'a' * 1011}/",
    ),
    # Tags.
    (
        "genai:tags.Team",
        1,
        "expected text, found the number 1",
        'put it in quotes: Team: "1"',
        "1",
    ),
    (
        "genai:tags.Team",
        "R&D",
        '"R&D" has "&", which AWS does not allow in a tag',
        "use letters, digits, spaces and + - . / : = @ _",
        "Research + Développement",
    ),
    (
        "genai:tags.Team",
        "a" * 257,
        f'"{"a" * 80}..." has 257 characters; AWS allows 256',
        "shorten it",
        "a" * 256,
    ),
    # Variables.
    (
        "genai:image.env.SM_VLLM_MAX_MODEL_LEN",
        8192,
        "expected text, found the number 8192",
        'put it in quotes: SM_VLLM_MAX_MODEL_LEN: "8192"',
        "8192",
    ),
    (
        "genai:image.env.SM_VLLM_ENFORCE_EAGER",
        True,
        "expected text, found true",
        'put it in quotes: SM_VLLM_ENFORCE_EAGER: "true"',
        "true",
    ),
    (
        "genai:image.env.GREETING",
        "é" * 513,
        f'"{"é" * 80}..." has 1026 bytes; SageMaker allows 1024',
        "shorten it",
        "é" * 512,
    ),
    (
        "genai:image.env.GREETING",
        None,
        "expected text, found nothing",
        'write GREETING: "text"',
        "",
    ),
    (
        "genai:tags.Team",
        ["a", "b"],
        "expected text, found a list",
        'write Team: "text"',
        "a + b",
    ),
    # Encrypted values.
    (
        "genai:model",
        SecureValue(),
        "is encrypted, so it cannot be checked, and only genai:hubToken is a secret",
        "write it as plain text; a real secret does not belong in these settings",
        {"source": "./models/tiny"},
    ),
    (
        "genai:endpoint.name",
        SecureValue(),
        "is encrypted, so it cannot be checked, and only genai:hubToken is a secret",
        "write it as plain text; a real secret does not belong in these settings",
        "stories",
    ),
    # The function.
    (
        "genai:invoker.maxNewTokens",
        0,
        "expected a whole number from 1 to 1000000, found the number 0",
        "write maxNewTokens: 4096",
        1_000_000,
    ),
    (
        "genai:invoker.url",
        "public",
        'expected one of none, iam, found the text "public"',
        "choose one of none, iam",
        "iam",
    ),
    (
        "genai:invoker.adapterLayerArn",
        "arn:aws:lambda:us-east-1:123456789012:function:web-adapter",
        '"arn:aws:lambda:us-east-1:123456789012:function:web-adapter" is not the ARN of a version of a Lambda layer',
        "write such as arn:aws:lambda:us-east-1:123456789012:layer:web-adapter:1",
        None,
    ),
    (
        "genai:invoker.inputs.maxConcurrency",
        1,
        "expected a whole number from 2 to 1000, found the number 1",
        "write maxConcurrency: 2",
        2,
    ),
    (
        "genai:invoker.asynchronous.maxAgeSeconds",
        59,
        "expected a whole number from 60 to 21600, found the number 59",
        "write maxAgeSeconds: 21600",
        60,
    ),
    (
        "genai:invoker.records.keep",
        False,
        "expected one of full, metadata, off, found false",
        "write keep: full",
        "metadata",
    ),
    (
        "genai:invoker.records.redact",
        "email",
        'expected a list of 0 to 20 texts and groups of settings, found the text "email"',
        "write redact: [email]",
        ["email"],
    ),
    (
        "genai:invoker.records.redact",
        ["email"] * 21,
        "expected a list of 0 to 20 texts and groups of settings, found 21",
        "remove some",
        ["email"] * 20,
    ),
    (
        "genai:watch.topicArn",
        QUEUE,
        f'"{QUEUE}" is not the ARN of an SNS topic',
        "write such as arn:aws:sns:us-east-1:123456789012:results",
        None,
    ),
    (
        "genai:watch.thresholds.errorPercent",
        100,
        "expected a number above 0 and at most 99, found the number 100",
        "write errorPercent: 5",
        99,
    ),
    (
        "genai:watch.thresholds.idleHours",
        169,
        "expected a whole number from 1 to 168, found the number 169",
        "write idleHours: 24",
        168,
    ),
    (
        "genai:invoker.reservedConcurrency",
        -1,
        "expected a whole number from 0 to 100000, found the number -1",
        "write reservedConcurrency: 20",
        0,
    ),
    # The Region.
    (
        "aws:region",
        1,
        "expected the AWS Region that the stack lives in, found the number 1",
        "write aws:region: us-east-1",
        "eu-west-1",
    ),
]


@pytest.mark.parametrize(
    ("key", "value", "message", "fix", "mended"), WRONG_VALUES, ids=[row[0] for row in WRONG_VALUES]
)
def test_a_wrong_value_is_named_explained_and_mended(
    key: str, value: Any, message: str, fix: str, mended: Any, project_dir: Path
) -> None:
    (problem,) = problems_of(right_but({key: value}), project_dir)

    assert problem == Problem(FILE, key, message, fix)
    assert problems_of(right_but({key: mended}), project_dir) == []


class Refused(NamedTuple):
    key: str
    value: Any
    message: str
    fix: str


PATTERNS = "email, ip-address, phone, card-number"
PATTERN_EXAMPLE = 'write such as {pattern: "PRJ-[0-9]{4}", replacement: "[project]"}'
TWO_TEXTS = "a redaction needs a pattern, and both pattern and replacement are texts"
CORRECT_IT = "correct it; in YAML a pattern is best put into single quotes"
NOT_EMPTY = "matches the empty text, so the replacement would stand between all characters"
ONE_CHARACTER = "let it ask for at least one character, such as + in place of *"
WHOLE_CHARACTERS = "write whole characters in place of \\ud800 and the like"

# An entry of genai:invoker.records.redact, what is said of it, and the fix.
WRONG_REDACTIONS: list[tuple[Any, str, str]] = [
    (
        "emial",
        f'expected one of {PATTERNS}, or a pattern, found the text "emial"',
        "did you mean email?",
    ),
    (
        "my own words",
        f'expected one of {PATTERNS}, or a pattern, found the text "my own words"',
        PATTERN_EXAMPLE,
    ),
    (7, "expected the name of a pattern or a pattern, found the number 7", PATTERN_EXAMPLE),
    (
        SecureValue(),
        "expected the name of a pattern or a pattern, found an encrypted value",
        PATTERN_EXAMPLE,
    ),
    (
        {"patern": "a"},
        '"patern" is not part of a redaction (pattern, replacement)',
        "did you mean pattern?",
    ),
    (
        {"pattern": "a", "colour": "b"},
        '"colour" is not part of a redaction (pattern, replacement)',
        "remove it",
    ),
    ({"replacement": "a"}, TWO_TEXTS, PATTERN_EXAMPLE),
    ({"pattern": "a", "replacement": 1}, TWO_TEXTS, PATTERN_EXAMPLE),
    (
        {"pattern": "a("},
        'the pattern "a(" is not a regular expression: missing ), unterminated subpattern at position 1',
        CORRECT_IT,
    ),
    (
        {"pattern": "[[a]"},
        'the pattern "[[a]" is not a regular expression: Possible nested set at position 1',
        CORRECT_IT,
    ),
    ({"pattern": "a*"}, f'the pattern "a*" {NOT_EMPTY}', ONE_CHARACTER),
    ({"pattern": r"\b"}, rf'the pattern "\b" {NOT_EMPTY}', ONE_CHARACTER),
    ({"pattern": "\ud800"}, r"'\ud800' is not valid Unicode", WHOLE_CHARACTERS),
    (
        {"pattern": "a", "replacement": "\ud800"},
        r"'\ud800' is not valid Unicode",
        WHOLE_CHARACTERS,
    ),
]


@pytest.mark.parametrize(("entry", "message", "fix"), WRONG_REDACTIONS)
def test_a_redaction_that_cannot_be_is_explained(
    entry: Any, message: str, fix: str, project_dir: Path
) -> None:
    said = {"genai:invoker.records.redact": ["email", entry]}

    (problem,) = problems_of(right_but(said), project_dir)

    assert problem == Problem(FILE, "genai:invoker.records.redact.1", message, fix)


NESTED: Any = reduce(lambda inner, _: [inner], range(20), "<<prompt>>")
ASKS_NOTHING = "holds neither <<prompt>> nor <<messages>>, so every request would be the same"
JSON_VALUES = "write texts, numbers, true, false, groups and lists of them"

# What a template's request has besides <<prompt>>, what is said of it, and the fix.
WRONG_REQUESTS: list[tuple[dict[Any, Any], str, str]] = [
    ({"x": "<<promt>>"}, '"<<promt>>" is not a placeholder', "did you mean <<prompt>>?"),
    (
        {"x": ["<<colour of money>>"]},
        '"<<colour of money>>" is not a placeholder',
        (
            "write one of <<prompt>>, <<messages>>, <<max_new_tokens>>, <<temperature>>, <<seed>>, <<top_p>>, "
            "<<top_k>>, <<repetition_penalty>>, <<stop>>, <<stream>>"
        ),
    ),
    (
        {"x": "Say <<messages>>"},
        '"Say <<messages>>" has <<messages>> within a text, and it stands for a list',
        'write it alone: "<<messages>>"',
    ),
    (
        {"x": "<<stop>><<stop>>"},
        '"<<stop>><<stop>>" has <<stop>> within a text, and it stands for a list',
        'write it alone: "<<stop>>"',
    ),
    (
        {"<<seed>>": 1},
        'has a placeholder in the name "<<seed>>", where nothing fills it in',
        "write placeholders as values",
    ),
    (
        {"x": {7: 1}},
        "has the number 7 as a name, and JSON's names are texts",
        "put it in quotes",
    ),
    ({"x": float("inf")}, "holds the number inf, which JSON does not have", JSON_VALUES),
    ({"x": SecureValue()}, "holds an encrypted value, which JSON does not have", JSON_VALUES),
    ({"x": NESTED}, "is nested more than 20 deep", "write the request flatter"),
    ({"x": "\ud800"}, r"'\ud800' is not valid Unicode", WHOLE_CHARACTERS),
    ({"\ud800": "x"}, r"'\ud800' is not valid Unicode", WHOLE_CHARACTERS),
]


@pytest.mark.parametrize(("besides", "message", "fix"), WRONG_REQUESTS)
def test_a_template_s_request_that_cannot_be_is_explained(
    besides: dict[Any, Any], message: str, fix: str, project_dir: Path
) -> None:
    template = {"request": {"prompt": "<<prompt>>", **besides}, "text": "text"}
    said = {"genai:invoker": {"contract": "template", "template": template}}

    (problem,) = problems_of(right_but(said), project_dir)

    assert problem == Problem(FILE, "genai:invoker.template.request", message, fix)


def test_a_template_that_asks_nothing_is_explained(project_dir: Path) -> None:
    template = {"request": {"prompt": "<prompt>", "seed": "<<seed>>"}, "text": "text"}
    said = {"genai:invoker": {"contract": "template", "template": template}}

    (problem,) = problems_of(right_but(said), project_dir)

    assert problem == Problem(
        FILE,
        "genai:invoker.template.request",
        ASKS_NOTHING,
        'write such as request: {prompt: "<<prompt>>", max_tokens: "<<max_new_tokens>>"}',
    )


@pytest.mark.parametrize(
    "path", ["", "a..b", ".a", "a.", "$.a", "a[x]", "a[0", "a b", "[12345]", "é"]
)
def test_a_path_that_leads_nowhere_is_explained(path: str, project_dir: Path) -> None:
    template = {"request": {"prompt": "<<prompt>>"}, "text": "text", "streamText": path}
    said = {"genai:invoker": {"contract": "template", "template": template}}

    (problem,) = problems_of(right_but(said), project_dir)

    assert problem == Problem(
        FILE,
        "genai:invoker.template.streamText",
        f'"{path}" is not a path into a reply: names with dots between them, and [0] for the first of a list',
        "write such as choices[0].text",
    )


@pytest.mark.parametrize("path", ["text", "[0].generated_text", "a.b-c._d[0][12].e"])
def test_a_path_into_a_reply_is_taken(path: str, project_dir: Path) -> None:
    template = {"request": {"prompt": "<<prompt>>"}, "text": path}
    said = {"genai:invoker": {"contract": "template", "template": template}}

    assert problems_of(right_but(said), project_dir) == []


@pytest.mark.parametrize(
    ("key", "wrong", "message", "fix"),
    [
        ("subscribers", "oncall", f'"oncall" {NO_SUBSCRIBER}', "write such as oncall@example.com"),
        (
            "subscribers",
            "http://example.com/alarms",
            '"http://example.com/alarms" would be told in the clear',
            "write https://example.com/alarms",
        ),
        (
            "notify",
            "users-hurt",
            f'expected one of {ALARMS}, found the text "users-hurt"',
            f"choose one of {ALARMS}",
        ),
        (
            "without",
            "latncy",
            f'expected one of {ALARMS}, found the text "latncy"',
            "did you mean latency?",
        ),
    ],
)
def test_what_is_wrong_in_a_list_of_what_is_watched_is_told_with_its_place(
    key: str, wrong: str, message: str, fix: str, project_dir: Path
) -> None:
    (problem,) = problems_of(right_but({f"genai:watch.{key}": [wrong]}), project_dir)

    assert problem == Problem(FILE, f"genai:watch.{key}.0", message, fix)


@pytest.mark.parametrize(
    "subscriber",
    ["oncall@example.com", "https://example.com/alarms?key=1", QUEUE, FUNCTION, f"{FUNCTION}:live"],
)
def test_a_subscriber_has_an_address_of_four_forms(subscriber: str, project_dir: Path) -> None:
    assert problems_of(right_but({"genai:watch.subscribers": [subscriber]}), project_dir) == []


READABLE = "looks like a secret, and everyone who may describe the model can read its variables"
NO_SECRET = (
    "remove it; a Hub token goes into genai:hubToken or model.tokenSecretArn, and with the model's files in S3 "
    "the container needs none"
)
SECTIONS = "model, image, endpoint, invoker, bucket, guard, watch, keys, roles, hubToken, tags"
ENDPOINT_KEYS = (
    "instanceType, mode, name, enabled, instances, scaling, serverless, async, inferenceComponent, weight, variants, "
    "shadow, routing, capture, startupTimeoutSeconds, downloadTimeoutSeconds, volumeGb, inferenceAmiVersion, "
    "networkIsolation, vpc, rollout, retainScaledCapacity"
)

REFUSED_KEYS = [
    Refused(
        "genai:endpoint.instancetype",
        "ml.m5.large",
        f"is not a setting of genai:endpoint; it has {ENDPOINT_KEYS}",
        "did you mean instanceType?",
    ),
    Refused(
        "genai:endpoint.volume_gb",
        5,
        f"is not a setting of genai:endpoint; it has {ENDPOINT_KEYS}",
        "did you mean volumeGb?",
    ),
    Refused(
        "genai:endpoint.memoryMib",
        512,
        f"is not a setting of genai:endpoint; it has {ENDPOINT_KEYS}",
        "move it to genai:invoker",
    ),
    Refused(
        "genai:endpoint.instances.colour",
        "red",
        "is not a setting of genai:endpoint.instances; it has initial, min, max",
        "remove it",
    ),
    Refused(
        "genai:invokr",
        {},
        f"is not a setting of this project; it has {SECTIONS}",
        "did you mean genai:invoker?",
    ),
    Refused(
        "genai:colour",
        SecureValue(),
        f"is not a setting of this project; it has {SECTIONS}",
        "remove it",
    ),
    Refused(
        "genai:project",
        "genai",
        f"is not a setting of this project; it has {SECTIONS}",
        "remove it",
    ),
    Refused(
        "genai:image.env.9LIVES",
        "x",
        '"9LIVES" is not the name of a variable: letters, digits and underscores, and no digit first',
        "write a name such as SM_VLLM_MAX_MODEL_LEN",
    ),
    Refused(
        f"genai:image.env.{'A' * 1025}",
        "x",
        f'"{"A" * 80}..." has 1025 bytes; SageMaker allows 1024',
        "shorten it",
    ),
    Refused(
        "genai:tags.AWS:owner",
        "me",
        '"AWS:owner" starts with aws:, which only AWS may use',
        "write another key",
    ),
    Refused(
        "genai:tags.", "x", "a tag needs a key, found an empty one", "write a key such as Team"
    ),
    Refused(
        f"genai:tags.{'k' * 129}",
        "x",
        f'"{"k" * 80}..." has 129 characters; AWS allows 128',
        "shorten it",
    ),
    *(
        Refused(f"genai:image.env.{name}", "hf_abcdefgh", READABLE, NO_SECRET)
        for name in (
            "HF_TOKEN",
            "TOKEN",
            "hf_token",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "CLIENT_SECRET",
            "SECRET_SAUCE",
            "DB_PASSWORD",
            "PGPASSWORD",
            "OPENAI_API_KEY",
            "SIGNING_PRIVATE_KEY",
        )
    ),
]


@pytest.mark.parametrize("refused", REFUSED_KEYS, ids=lambda refused: refused.key[:40])
def test_a_key_that_cannot_be_is_refused(refused: Refused, project_dir: Path) -> None:
    (problem,) = problems_of(right_but({refused.key: refused.value}), project_dir)

    assert problem.key[:60] == refused.key[:60]
    assert problem.message == refused.message
    assert problem.fix == refused.fix


@pytest.mark.parametrize(
    "name", ["SM_VLLM_MAX_NUM_BATCHED_TOKENS", "EOS_TOKEN_ID", "TOKENIZERS_PARALLELISM", "KEY"]
)
def test_ordinary_model_variables_are_not_taken_for_secrets(name: str, project_dir: Path) -> None:
    assert problems_of(right_but({f"genai:image.env.{name}": "1"}), project_dir) == []


@pytest.mark.parametrize("value", ["hf_abcdefgh", 4711, None])
def test_what_looks_like_a_secret_is_never_shown(value: object, project_dir: Path) -> None:
    (problem,) = problems_of(right_but({"genai:image.env.HF_TOKEN": value}), project_dir)

    assert problem.message == READABLE
    assert str(value) not in str(problem)


def test_a_dotted_key_is_told_to_be_indented(project_dir: Path) -> None:
    config = {**right_but({}), "genai:endpoint.instanceType": "ml.m5.large"}

    (problem,) = problems_of(config, project_dir)

    assert problem.key == "genai:endpoint.instanceType"
    assert problem.fix == "write instanceType: indented below genai:endpoint:"


@pytest.mark.parametrize("section", ["genai:image.env", "genai:tags", "genai:endpoint"])
def test_a_name_that_is_no_text_is_told_to_be_quoted(section: str, project_dir: Path) -> None:
    config = right_but({})
    *above, last = section.split(".")
    group = config[above[0]] if above else config
    group[last] = {**group.get(last, {}), 7: "x"}

    (problem,) = problems_of(config, project_dir)

    assert problem.key == f"{section}.7"
    assert problem.message == "expected a text as the name of a setting, found the number 7"
    assert problem.fix == "put it in quotes"


MISSING = [
    ("genai:model", "is missing: where the model comes from", "source: ./models/storyteller"),
    ("genai:image", "is missing: what serves the model", "family: pytorch"),
    (
        "genai:endpoint",
        "is missing: the machines that serve the model",
        "instanceType: ml.m5.large",
    ),
]


@pytest.mark.parametrize(("key", "message", "line"), MISSING)
def test_a_missing_section_is_shown_with_an_example(
    key: str, message: str, line: str, project_dir: Path
) -> None:
    config = right_but({})
    del config[key]

    (problem,) = problems_of(config, project_dir)

    assert (problem.key, problem.message) == (key, message)
    assert problem.fix == f"add\n{key}:\n  {line}"


def test_a_missing_key_is_shown_with_an_example(project_dir: Path) -> None:
    (problem,) = problems_of(right_but({"genai:endpoint.capture": {}}), project_dir)

    assert problem.key == "genai:endpoint.capture.percent"
    assert problem.message == "is missing: share of the requests to keep"
    assert problem.fix == "add percent: 100"


def test_a_missing_region_is_shown_with_an_example(project_dir: Path) -> None:
    config = right_but({})
    del config["aws:region"]

    (problem,) = problems_of(config, project_dir)

    assert problem.key == "aws:region"
    assert problem.message == "expected the AWS Region that the stack lives in, but it is missing"
    assert problem.fix == "write aws:region: us-east-1"


def test_settings_of_providers_are_not_ours_to_judge(project_dir: Path) -> None:
    config = {**right_but({}), "aws:skipMetadataApiCheck": "true", "pulumi:tags": {"a": 1}}

    assert problems_of(config, project_dir) == []
