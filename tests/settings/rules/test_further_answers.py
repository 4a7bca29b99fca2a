"""What a rule answers besides its example, word for word, and where it stays silent."""

from pathlib import Path
from typing import Any

import pytest

from settings.rules import host
from tests.settings.stacks import MODEL_FOLDER, problems_of, right_but

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/tiny/1"
FROM_MARKETPLACE = "arn:aws:sagemaker:us-east-1:865070037744:model-package/tiny-0a1b"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
URI = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1.0"
ARCHIVE = "s3://my-models/tiny.tar.gz"

IN_S3 = {"genai:model.source": ARCHIVE, "genai:image.family": "huggingface"}
VLLM = {"genai:model.source": "s3://my-models/tiny/", "genai:image.family": "vllm"}
CUSTOM = {
    "genai:model.source": ARCHIVE,
    "genai:image": {"family": "custom", "uri": URI},
    "genai:invoker.contract": "pipelines",
}
FROM_HUB = {"genai:model.source": "hf:org/tiny@v1", "genai:image.family": "huggingface"}


def on(instance_type: str, **endpoint: Any) -> dict[str, Any]:
    """A real-time endpoint."""
    return {"genai:endpoint": {"instanceType": instance_type, **endpoint}}


def serverless(**endpoint: Any) -> dict[str, Any]:
    """A serverless endpoint."""
    return {"genai:endpoint": {"mode": "serverless", **endpoint}}


def to_zero(instance_type: str, **endpoint: Any) -> dict[str, Any]:
    """An endpoint that scales to zero."""
    return on(instance_type, mode="scale-to-zero", **endpoint)


def scheduled(**bounds: int) -> dict[str, Any]:
    """Scaling by schedule."""
    return {"schedules": {"late.nights": {"schedule": "rate(1 day)", **bounds}}}


def packaged(arn: str) -> dict[str, Any]:
    """A model package with its image."""
    return {
        "genai:model.source": arn,
        "genai:image.family": "model-package",
        "genai:invoker.contract": "pipelines",
    }


# Rule, what the stack says, key, message, fix.
FURTHER = [
    (
        "GA112",
        {
            "genai:model.source": "hf:org/tiny@v1",
            "genai:image": {
                "family": "llamacpp",
                "env": {"LLAMA_ARG_MODEL": "/opt/ml/model/x.gguf"},
            },
        },
        "model.source",
        (
            "the image family llamacpp (llama.cpp b9522) fetches the newest revision of a model from the Hub and "
            "cannot be told another, so not v1 of org/tiny"
        ),
        (
            "choose one of huggingface, lmi, sglang, tei, tgi-legacy, vllm, or put the model's files into S3 and name "
            "those"
        ),
    ),
    (
        "GA114",
        {"genai:image.family": "model-package", "genai:invoker.contract": "pipelines"},
        "image.family",
        'is model-package, and "./models/tiny" is none',
        "name the package's ARN as model.source, or the image family that serves the model",
    ),
    (
        "GA117",
        {"genai:model.sizeGb": 2},
        "model.sizeGb",
        'does nothing for "./models/tiny": it is a local folder, which is measured, packed and uploaded for you',
        "remove it",
    ),
    (
        "GA117",
        {**packaged(PACKAGE), "genai:model.kmsKeyArn": KEY},
        "model.kmsKeyArn",
        f'does nothing for "{PACKAGE}": it is a model package',
        "remove it",
    ),
    (
        "GA118",
        {
            **CUSTOM,
            "genai:model.source": "hf:org/tiny@v1",
            "genai:image": {"family": "custom", "uri": URI, "env": {"MODEL": "org/tiny"}},
            "genai:model.tokenSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-AbCdEf",
        },
        "model.tokenSecretArn",
        "has no variable to go into: how a custom image takes a token is not known",
        "remove it and put the model's files into S3, or choose a family that fetches from the Hub",
    ),
    (
        "GA121",
        {"genai:bucket": {"existingName": "my-bucket", "recordDays": 7}},
        "bucket.recordDays",
        'does nothing to "my-bucket", which the stack uses and does not own',
        "remove it, and set the same on the bucket itself if you need it",
    ),
    (
        "GA122",
        {**FROM_HUB, "genai:image.env": {"HF_MODEL_REVISION": "main"}},
        "image.env.HF_MODEL_REVISION",
        'is "main", and model.source is "hf:org/tiny@v1", which sets it to "v1"',
        "remove it, and let model.source say which model runs",
    ),
    (
        "GA206",
        {**IN_S3, **on("ml.m5.large", variants={"arm": {"instanceType": "ml.c7g.large"}})},
        "endpoint.variants.arm.instanceType",
        (
            "ml.c7g.large is arm64; the image family huggingface (PyTorch 2.6, transformers 5.5.3, for CPUs and for "
            "NVIDIA GPUs) is built for x86_64"
        ),
        "choose a type such as ml.c5.large or ml.m5.large or ml.g5.xlarge or ml.g6e.xlarge, or another image family",
    ),
    (
        "GA208",
        {
            **VLLM,
            "genai:image.family": "lmi",
            **on("ml.g5.xlarge"),
            "genai:invoker.contract": "tei",
        },
        "invoker.contract",
        "is tei, and lmi (LMI 28.0.0, vLLM 0.26.0) speaks lmi and openai-chat",
        (
            "remove it; auto is what the image speaks. A model that brings a handler of its own is served by the "
            "family custom"
        ),
    ),
    (
        "GA211",
        {
            **CUSTOM,
            **on("ml.g5.xlarge", inferenceAmiVersion="al2-ami-sagemaker-inference-neuron-2"),
        },
        "endpoint.inferenceAmiVersion",
        "is al2-ami-sagemaker-inference-neuron-2, and ml.g5.xlarge has 1 x nvidia-a10g",
        "remove it; the catalog chooses the host image that the serving image needs",
    ),
    (
        "GA211",
        {
            **CUSTOM,
            **on("ml.inf2.xlarge", inferenceAmiVersion="al2023-ami-sagemaker-inference-gpu-4-1"),
        },
        "endpoint.inferenceAmiVersion",
        "is al2023-ami-sagemaker-inference-gpu-4-1, and ml.inf2.xlarge has 1 x inferentia2",
        "remove it; the catalog chooses the host image that the serving image needs",
    ),
    (
        "GA212",
        {
            **VLLM,
            **on("ml.g5.12xlarge"),
            "genai:image.env": {"SM_VLLM_TENSOR_PARALLEL_SIZE": "3"},
        },
        "image.env.SM_VLLM_TENSOR_PARALLEL_SIZE",
        "spreads the model over 3 GPUs, and ml.g5.12xlarge has 4, which leaves 1 unused and paid for",
        'write SM_VLLM_TENSOR_PARALLEL_SIZE: "4", or choose a type with 3 GPUs',
    ),
    (
        "GA212",
        {**VLLM, **on("ml.g5.xlarge"), "genai:image.env": {"SM_VLLM_TENSOR_PARALLEL_SIZE": "2"}},
        "image.env.SM_VLLM_TENSOR_PARALLEL_SIZE",
        "spreads the model over 2 GPUs, and ml.g5.xlarge has one",
        'write SM_VLLM_TENSOR_PARALLEL_SIZE: "1", or choose a type with 2 GPUs',
    ),
    (
        "GA212",
        {
            **VLLM,
            **to_zero("ml.g5.12xlarge", inferenceComponent={"acceleratorCount": 2}),
            "genai:image.env": {"SM_VLLM_TENSOR_PARALLEL_SIZE": "4"},
        },
        "image.env.SM_VLLM_TENSOR_PARALLEL_SIZE",
        "spreads the model over 4 GPUs, and a copy of the model has 2 (endpoint.inferenceComponent.acceleratorCount)",
        'write SM_VLLM_TENSOR_PARALLEL_SIZE: "2", or choose a type with 4 GPUs',
    ),
    *(
        (
            "GA302",
            {**IN_S3, **serverless(**endpoint), "genai:keys": keys},
            key,
            "is about instances, which the mode serverless does not have",
            "remove it; endpoint.serverless says how much memory and how many requests at once",
        )
        for endpoint, keys, key in [
            ({"instances": {"initial": 1}}, {}, "endpoint.instances"),
            ({"volumeGb": 10}, {}, "endpoint.volumeGb"),
            (
                {"inferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-2"},
                {},
                "endpoint.inferenceAmiVersion",
            ),
            ({"routing": "random"}, {}, "endpoint.routing"),
            ({"startupTimeoutSeconds": 100}, {}, "endpoint.startupTimeoutSeconds"),
            ({"downloadTimeoutSeconds": 100}, {}, "endpoint.downloadTimeoutSeconds"),
            ({}, {"volumeArn": KEY}, "keys.volumeArn"),
        ]
    ),
    (
        "GA303",
        {**IN_S3, **serverless(networkIsolation=True)},
        "endpoint.networkIsolation",
        "is true, and serverless inference has no network isolation",
        "remove it, or choose the mode realtime, async or scale-to-zero",
    ),
    (
        "GA305",
        {**IN_S3, **serverless(shadow={"weight": 1})},
        "endpoint.shadow",
        "describes another variant, and a serverless endpoint has one",
        "remove it, or choose the mode realtime",
    ),
    (
        "GA306",
        {**IN_S3, **to_zero("ml.m5.large", variants={"candidate": {"weight": 1}})},
        "endpoint.variants",
        "describes another variant, and in the mode scale-to-zero there is one, with one component",
        "remove it, or choose the mode realtime",
    ),
    *(
        (
            "GA307",
            {**IN_S3, **on("ml.m5.large", **endpoint), "genai:keys": keys},
            key,
            f"is for the mode {mode}, and this endpoint's is realtime",
            f"remove it, or write endpoint.mode: {mode}",
        )
        for endpoint, keys, key, mode in [
            ({"serverless": {"memoryMib": 2048}}, {}, "endpoint.serverless", "serverless"),
            (
                {"inferenceComponent": {"maxCopies": 2}},
                {},
                "endpoint.inferenceComponent",
                "scale-to-zero",
            ),
            ({}, {"asyncOutputArn": KEY}, "keys.asyncOutputArn", "async"),
        ]
    ),
    (
        "GA308",
        {
            **IN_S3,
            **serverless(
                serverless={"provisionedConcurrency": 1, "maxProvisionedConcurrency": 9},
            ),
        },
        "endpoint.serverless.maxProvisionedConcurrency",
        "is 9, and maxConcurrency allows 5 requests at once",
        "write at most 5, or raise maxConcurrency",
    ),
    (
        "GA309",
        {
            **IN_S3,
            **serverless(serverless={"provisionedConcurrency": 3, "maxProvisionedConcurrency": 2}),
        },
        "endpoint.serverless.maxProvisionedConcurrency",
        "is 2, less than provisionedConcurrency, 3",
        "write at least 3, or remove it to keep 3 at all times",
    ),
    (
        "GA311",
        {**IN_S3, **to_zero("ml.m5.large", inferenceComponent={"acceleratorCount": 1})},
        "endpoint.inferenceComponent.acceleratorCount",
        "is 1, and ml.m5.large has no accelerator",
        "remove it, or choose a type with accelerators",
    ),
    (
        "GA312",
        {**IN_S3, **to_zero("ml.m5.large", inferenceComponent={"cpuCores": 2.5})},
        "endpoint.inferenceComponent.cpuCores",
        "is 2.5, and ml.m5.large has 2",
        "write at most 2, or choose a larger type",
    ),
    (
        "GA314",
        {
            **IN_S3,
            **to_zero(
                "ml.m5.large",
                instances={"max": 2},
                inferenceComponent={"maxCopies": 5, "cpuCores": 1},
            ),
        },
        "endpoint.inferenceComponent.maxCopies",
        "is 5, and 2 instances hold 4: a copy takes 4096 of the 8192 MiB of ml.m5.large",
        "write endpoint.instances.max: 3, or let a copy take less",
    ),
    (
        "GA321",
        on("ml.m5.large", instances={"min": 3, "max": 2}),
        "endpoint.instances.min",
        "is 3, more than max, 2",
        "write at most 2, or raise max",
    ),
    (
        "GA321",
        on("ml.m5.large", instances={"min": 2, "max": 4}),
        "endpoint.instances.initial",
        "is 1, less than min, 2",
        "write initial: 2",
    ),
    (
        "GA326",
        on("ml.m5.large", instances={"max": 2}, scaling={"metric": "cpu", "target": 140}),
        "endpoint.scaling.target",
        "is 140, and cpu never exceeds 100",
        "write at most 100, best well below it",
    ),
    (
        "GA326",
        {
            **VLLM,
            **on("ml.g5.xlarge", instances={"max": 2}, scaling={"metric": "gpu", "target": 150}),
        },
        "endpoint.scaling.target",
        "is 150, and gpu never exceeds 100",
        "write at most 100, best well below it",
    ),
    (
        "GA327",
        on("ml.m5.large", instances={"min": 1}),
        "endpoint.instances.min",
        "does nothing while endpoint.instances.max is missing: the capacity stays as it is",
        "add endpoint.instances.max, or remove it",
    ),
    (
        "GA327",
        {**IN_S3, **serverless(scaling={"target": 0.5})},
        "endpoint.scaling",
        "does nothing while endpoint.serverless.maxProvisionedConcurrency is missing: the capacity stays as it is",
        "add endpoint.serverless.maxProvisionedConcurrency, or remove it",
    ),
    (
        "GA328",
        on("ml.m5.large", instances={"max": 4}, scaling=scheduled(min=3, max=2)),
        "endpoint.scaling.schedules.late.nights.min",
        "is 3, more than max, 2",
        "write at most 2",
    ),
    (
        "GA328",
        {
            **IN_S3,
            **serverless(
                serverless={"provisionedConcurrency": 1, "maxProvisionedConcurrency": 2},
                scaling=scheduled(min=0, max=2),
            ),
        },
        "endpoint.scaling.schedules.late.nights.min",
        "is 0, and the mode serverless scales down to 1 at least",
        "write min: 1",
    ),
    (
        "GA328",
        {
            **IN_S3,
            **serverless(
                serverless={"provisionedConcurrency": 1, "maxProvisionedConcurrency": 2},
                scaling=scheduled(min=1, max=6),
            ),
        },
        "endpoint.scaling.schedules.late.nights.max",
        "is 6, and endpoint.serverless.maxConcurrency is 5",
        "write at most 5, or raise maxConcurrency",
    ),
    (
        "GA331",
        on("ml.m5.large", weight=0),
        "endpoint.weight",
        "is 0, so no variant gets a request",
        "write a weight above 0 for at least one of them",
    ),
    (
        "GA334",
        {**CUSTOM, **on("ml.inf1.xlarge", shadow={"weight": 1})},
        "endpoint.shadow",
        "is not possible here: ml.inf1.xlarge is Inf1",
        "remove it; endpoint.variants with a small weight is another way to try a model",
    ),
    (
        "GA334",
        {**packaged(FROM_MARKETPLACE), **on("ml.m5.large", shadow={"weight": 1})},
        "endpoint.shadow",
        "is not possible here: the model is a package of AWS Marketplace",
        "remove it; endpoint.variants with a small weight is another way to try a model",
    ),
    (
        "GA402",
        {**IN_S3, **to_zero("ml.m5.large", rollout={"rollback": True})},
        "endpoint.rollout.rollback",
        "is true, and the mode scale-to-zero has no guarded rollouts",
        "remove it, or choose the mode realtime or async",
    ),
    (
        "GA403",
        {**packaged(FROM_MARKETPLACE), **on("ml.m5.large", rollout={"rollback": True})},
        "endpoint.rollout.rollback",
        "is true, and the model is a package of AWS Marketplace: SageMaker would update all at once and watch nothing",
        "remove it, so that nobody relies on it",
    ),
    *(
        (
            "GA404",
            on(
                "ml.m5.large",
                instances={"initial": 2},
                rollout={"strategy": strategy, "waitSeconds": 300, **more, "maxSeconds": 600},
            ),
            "endpoint.rollout.maxSeconds",
            f"is 600, and the rollout waits {seconds} seconds: {sum_of}",
            f"write more than {seconds}, with room for the instances to start, or wait less",
        )
        for strategy, more, seconds, sum_of in [
            (
                "all-at-once",
                {"rollback": True, "terminationWaitSeconds": 300},
                600,
                "waitSeconds and terminationWaitSeconds",
            ),
            ("rolling", {"batchPercent": 20}, 600, "2 x waitSeconds"),
            (
                "canary",
                {"terminationWaitSeconds": 400},
                700,
                "waitSeconds and terminationWaitSeconds",
            ),
            ("all-at-once", {"terminationWaitSeconds": 600}, 600, "terminationWaitSeconds"),
        ]
    ),
    *(
        (
            "GA405",
            on("ml.m5.large", rollout={"strategy": "rolling", key: 20}),
            f"endpoint.rollout.{key}",
            f"is for the strategy {heeding}, and this rollout's is rolling",
            f"remove it, or write strategy: {instead}",
        )
        for key, heeding, instead in [
            ("canaryPercent", "canary", "canary"),
            ("stepPercent", "linear", "linear"),
            ("terminationWaitSeconds", "all-at-once or canary or linear", "linear"),
        ]
    ),
    (
        "GA406",
        on(
            "ml.m5.large",
            rollout={"strategy": "canary", "rollback": False, "maxLatencySeconds": 10},
        ),
        "endpoint.rollout.maxLatencySeconds",
        "does nothing: rollback is false",
        "write rollback: true, or remove it",
    ),
    (
        "GA504",
        {
            "genai:roles.permissionsBoundaryArn": "arn:aws-us-gov:iam::123456789012:policy/boundary",
        },
        "roles.permissionsBoundaryArn",
        "is of the partition aws-us-gov, and us-east-1 is of aws",
        "name one of an account there: arn:aws:iam::...",
    ),
    (
        "GA507",
        {
            **IN_S3,
            "genai:model.kmsKeyArn": KEY,
            "genai:roles.executionRoleArn": "arn:aws:iam::123456789012:role/mine",
        },
        "model.kmsKeyArn",
        'adds permissions to the execution role, and "arn:aws:iam::123456789012:role/mine" is yours and left as it is',
        "give your role these permissions and remove it here, or remove roles.executionRoleArn",
    ),
    *(
        (
            rule,
            {**said, "genai:model.parametersBillions": billions},
            "model.parametersBillions",
            (
                f"is {billions}: at 2 bytes each and a fifth more for its work the model takes {needed} GiB, more than "
                f"{place}"
            ),
            (
                "give the model more memory, or choose one with fewer parameters or fewer bytes for each "
                "(bytesPerParameter)"
            ),
        )
        for rule, said, billions, needed, place in [
            (
                "GA601",
                {
                    **VLLM,
                    **on("ml.g5.12xlarge"),
                    "genai:image.env": {"SM_VLLM_TENSOR_PARALLEL_SIZE": "2"},
                },
                32,
                "71.5",
                "the 44.7 GiB of 2 x nvidia-a10g (ml.g5.12xlarge)",
            ),
            (
                "GA601",
                {
                    **VLLM,
                    **to_zero("ml.g5.12xlarge", inferenceComponent={"acceleratorCount": 1}),
                },
                13,
                "29.1",
                "the 22.4 GiB of 1 x nvidia-a10g (ml.g5.12xlarge)",
            ),
            (
                "GA602",
                {**IN_S3, **serverless()},
                2,
                "4.5",
                "the 4096 MiB of endpoint.serverless.memoryMib",
            ),
            (
                "GA602",
                {**IN_S3, **to_zero("ml.m5.large")},
                2,
                "4.5",
                "the 4096 MiB of a copy (endpoint.inferenceComponent.memoryMib)",
            ),
        ]
    ),
    (
        "GA603",
        {
            **IN_S3,
            "genai:model": {"source": "s3://my-models/tiny/", "sizeGb": 16},
            **on("ml.m5.4xlarge", volumeGb=15),
        },
        "endpoint.volumeGb",
        "is 15, and has to hold 16.0 GB",
        "write at least 17",
    ),
]


@pytest.mark.parametrize(("rule", "said", "key", "message", "fix"), FURTHER)
def test_a_rule_answers_word_for_word(
    rule: str, said: dict[str, Any], key: str, message: str, fix: str, project_dir: Path
) -> None:
    (problem,) = problems_of(right_but(said), project_dir)

    assert problem.rule == rule
    assert problem.key == f"genai:{key}"
    assert problem.message == message
    assert problem.fix == fix


@pytest.mark.parametrize(
    "said",
    [
        {**VLLM, **on("ml.g5.12xlarge"), "genai:image.env": {"SM_VLLM_TENSOR_PARALLEL_SIZE": "2"}},
        {
            **VLLM,
            "genai:image.family": "lmi",
            **on("ml.g5.12xlarge"),
            "genai:image.env": {"TENSOR_PARALLEL_DEGREE": "max"},
        },
        {**IN_S3, "genai:invoker.contract": "openai-chat"},  # its own code may speak anything
        {**IN_S3, "genai:model.acceptEula": False},
        {**FROM_HUB, "genai:model.acceptEula": False},
        {"genai:bucket": {"existingName": "my-bucket", "protect": False}},
        {
            "genai:bucket.existingName": "my-bucket",
            "genai:keys.bucketArn": KEY,
        },  # the roles may use it
        {**FROM_HUB, "genai:image.env": {"HF_MODEL_ID": "org/tiny"}},
        {
            **IN_S3,
            "genai:image.env": {"HF_MODEL_ID": "org/tiny"},
            **on("ml.m5.large", networkIsolation=False),
        },
        on("ml.m5.large", instances={"min": 1, "max": 4}, scaling=scheduled(min=5, max=20)),
        on("ml.m5.large", instances={"max": 2}, scaling={"metric": "cpu", "target": 90}),
        on("ml.m5.large", mode="async", capture={"percent": 10}),  # no source says it is refused
        on(
            "ml.m5.large", mode="async", variants={"candidate": {"weight": 1}}
        ),  # nor several variants
        on("ml.m5.large", rollout={"strategy": "canary"}),  # nor a canary in a fleet of one
        {**VLLM, **on("ml.g5.xlarge", volumeGb=10), "genai:model.sizeGb": 100},  # local disks
        {
            **VLLM,
            **on("ml.g5.xlarge"),
            "genai:model.parametersBillions": 30,
            "genai:image.env": {"SM_VLLM_CPU_OFFLOAD_GB": "60"},
        },
        {
            **VLLM,
            **on(
                "ml.g5.xlarge", inferenceAmiVersion="al2-ami-sagemaker-inference-gpu-2"
            ),  # not known to fail
        },
        {
            **IN_S3,
            "genai:model.acceptEula": True,
            "genai:model.source": "s3://jumpstart-cache-prod-us-east-1/x/",
        },
        {**packaged(PACKAGE), **on("ml.m5.large", rollout={"strategy": "canary"})},
        {
            "aws:region": "us-gov-west-1",
            "genai:roles.executionRoleArn": "arn:aws-us-gov:iam::123456789012:role/mine",
        },
        {"genai:invoker.timeoutSeconds": 7},
    ],
)
def test_what_aws_may_well_accept_is_not_refused(said: dict[str, Any], project_dir: Path) -> None:
    assert problems_of(right_but(said), project_dir) == []


def test_a_driver_that_was_asked_for_is_named(
    project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "supports", lambda *_: False)
    said = {
        **VLLM,
        **on("ml.g5.xlarge", inferenceAmiVersion="al2-ami-sagemaker-inference-gpu-2-1"),
    }

    (problem,) = problems_of(right_but(said), project_dir)

    assert problem.rule == "GA209"
    assert problem.message == (
        'ml.g5.xlarge has driver 535 ("al2-ami-sagemaker-inference-gpu-2-1"), too old for vllm (vLLM 0.27.0, CUDA 13.0)'
    )


def test_a_host_image_that_suits_no_variant_of_one_type_is_told_of_once(project_dir: Path) -> None:
    said = on(
        "ml.m5.large",
        inferenceAmiVersion="al2023-ami-sagemaker-inference-gpu-4-1",
        variants={"a": {"instanceType": "ml.m5.large"}, "b": {"instanceType": "ml.c5.large"}},
    )

    problems = problems_of(right_but({**CUSTOM, **said}), project_dir)

    assert [problem.message for problem in problems] == [
        "is al2023-ami-sagemaker-inference-gpu-4-1, and ml.m5.large has no accelerator",
        "is al2023-ami-sagemaker-inference-gpu-4-1, and ml.c5.large has no accelerator",
    ]


def test_the_number_of_links_in_a_folder_is_told(project_dir: Path) -> None:
    for name in ("a", "b", "c"):
        (project_dir / MODEL_FOLDER / name).symlink_to("weights.bin")
    (project_dir / MODEL_FOLDER / "__pycache__").mkdir()
    (project_dir / MODEL_FOLDER / "__pycache__" / "d").symlink_to("weights.bin")

    (problem,) = problems_of(right_but({}), project_dir)

    assert problem.message == '"a" in "./models/tiny" and 2 more of its files are a symbolic link'


def test_a_folder_of_code_alone_or_one_that_a_variable_names_is_a_root(project_dir: Path) -> None:
    (project_dir / MODEL_FOLDER / "weights.bin").unlink()
    assert problems_of(right_but({}), project_dir) == []

    (project_dir / MODEL_FOLDER / "code").rename(project_dir / MODEL_FOLDER / "q4")
    wrapped = right_but({"genai:image.family": "huggingface"})
    (problem,) = problems_of(wrapped, project_dir)
    assert problem.rule == "GA107"

    llama = {"family": "llamacpp", "env": {"LLAMA_ARG_MODEL": "/opt/ml/model/q4/inference.py"}}
    assert problems_of(right_but({"genai:image": llama}), project_dir) == []


def test_code_is_looked_for_where_the_variables_say(project_dir: Path) -> None:
    variables = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model"}

    (problem,) = problems_of(right_but({"genai:image.env": variables}), project_dir)
    assert problem.message.startswith("there is no serve.py in ")

    variables["SAGEMAKER_SUBMIT_DIRECTORY"] = "/opt/mine"
    assert problems_of(right_but({"genai:image.env": variables}), project_dir) == []
