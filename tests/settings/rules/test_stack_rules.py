"""What only two settings together, the disk or the catalog can tell to be wrong."""

from pathlib import Path
from typing import Any

import pytest

from settings import limits
from tests.settings.stacks import MODEL_FOLDER, problems_of, right_but

PYTORCH = "the image family pytorch (PyTorch 2.6, for CPUs)"
VLLM = "the image family vllm (vLLM 0.27.0, for NVIDIA GPUs)"
CPU_TYPES = "choose a type such as ml.c5.large or ml.m5.large, or another image family"
GPU_TYPES = "choose a type such as ml.g5.xlarge or ml.g6e.xlarge, or another image family"


@pytest.mark.parametrize(
    ("family", "instance_type", "message", "fix"),
    [
        ("vllm", "ml.m5.large", f"ml.m5.large has no GPU, and {VLLM} needs one", GPU_TYPES),
        (
            "vllm",
            "ml.inf2.xlarge",
            f"ml.inf2.xlarge has 1 x inferentia2, which {VLLM} cannot use and you would pay for",
            GPU_TYPES,
        ),
        (
            "pytorch",
            "ml.g5.12xlarge",
            f"ml.g5.12xlarge has 4 x nvidia-a10g, which {PYTORCH} cannot use and you would pay for",
            CPU_TYPES,
        ),
        (
            "pytorch",
            "ml.trn1.2xlarge",
            f"ml.trn1.2xlarge has 1 x trainium, which {PYTORCH} cannot use and you would pay for",
            CPU_TYPES,
        ),
        (
            "pytorch",
            "ml.c7g.large",
            f"ml.c7g.large is arm64; {PYTORCH} is built for x86_64",
            CPU_TYPES,
        ),
        (
            "vllm",
            "ml.p6e-gb200.36xlarge",
            f"ml.p6e-gb200.36xlarge is arm64; {VLLM} is built for x86_64",
            GPU_TYPES,
        ),
    ],
)
def test_an_image_that_cannot_run_on_the_type_is_refused(
    family: str, instance_type: str, message: str, fix: str, project_dir: Path
) -> None:
    config = right_but({"genai:image.family": family, "genai:endpoint.instanceType": instance_type})

    (problem,) = problems_of(config, project_dir)

    assert problem.key == "genai:endpoint.instanceType"
    assert problem.message == message
    assert problem.fix == fix


@pytest.mark.parametrize(
    ("family", "instance_type"),
    [
        ("pytorch", "ml.c5.large"),
        ("pytorch", "ml.m5.large"),
        ("vllm", "ml.g5.xlarge"),
        ("vllm", "ml.g6e.xlarge"),
    ],
)
def test_the_types_that_a_fix_proposes_fit(
    family: str, instance_type: str, project_dir: Path
) -> None:
    config = right_but({"genai:image.family": family, "genai:endpoint.instanceType": instance_type})

    assert problems_of(config, project_dir) == []


def test_a_type_newer_than_the_catalog_is_named_as_that(
    project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "instance_types", lambda: {"ml.g99.large"})

    (problem,) = problems_of(
        right_but({"genai:endpoint.instanceType": "ml.g99.large"}), project_dir
    )

    assert problem.message == (
        "AWS lists ml.g99.large, but the catalog does not know its hardware yet"
    )
    assert problem.fix == "add it to catalog/data/instances.json, or choose another type"


def test_a_model_folder_that_is_not_there_is_refused(project_dir: Path) -> None:
    (problem,) = problems_of(right_but({"genai:model.source": "./models/gone"}), project_dir)

    assert problem.key == "genai:model.source"
    assert problem.message == f'there is no folder "./models/gone" in {project_dir}'
    assert problem.fix == "correct the path; it is relative to the folder of Pulumi.yaml"


@pytest.mark.parametrize("name", ["n" * 300, "a\0b"])
def test_a_name_that_no_disk_takes_is_a_missing_folder(name: str, project_dir: Path) -> None:
    (problem,) = problems_of(right_but({"genai:model.source": name}), project_dir)

    assert problem.message.startswith("there is no folder ")


def test_a_model_folder_that_is_a_file_is_refused(project_dir: Path) -> None:
    (project_dir / "model.tar.gz").write_bytes(b"archive")

    (problem,) = problems_of(right_but({"genai:model.source": "model.tar.gz"}), project_dir)

    assert problem.message == '"model.tar.gz" is a file, expected a folder'
    assert problem.fix == "name the folder that holds the model's files; it is packed for you"


def test_a_model_folder_without_a_file_is_refused_until_it_has_one(project_dir: Path) -> None:
    code = project_dir / "models/new/code"
    code.mkdir(parents=True)
    config = right_but({"genai:model.source": "models/new"})

    (problem,) = problems_of(config, project_dir)

    assert problem.message == 'the folder "models/new" has no file in it'
    assert problem.fix == "put the model's files into it, or correct the path"

    (code / "inference.py").write_text("")
    assert problems_of(config, project_dir) == []


def test_a_default_endpoint_name_that_aws_refuses_is_named_as_the_default(
    project_dir: Path,
) -> None:
    (problem,) = problems_of(right_but({}), project_dir, stack="team_a")

    assert problem.key == "genai:endpoint.name"
    assert problem.message == (
        'the default, "genai-team_a", is not an endpoint name: 1 to 63 letters, digits and '
        "hyphens, with a letter or digit at both ends"
    )
    assert problem.fix == "give the endpoint a name of its own"
    named = right_but({"genai:endpoint.name": "genai-team-a"})
    assert problems_of(named, project_dir, stack="team_a") == []


def test_an_endpoint_name_of_nothing_means_the_default(project_dir: Path) -> None:
    assert problems_of(right_but({"genai:endpoint.name": None}), project_dir) == []
    assert problems_of(right_but({"genai:endpoint.name": None}), project_dir, stack="a_b") != []


def test_a_bucket_cannot_be_kept_and_thrown_away(project_dir: Path) -> None:
    both = {"genai:bucket.protect": True, "genai:bucket.forceDestroy": True}

    (problem,) = problems_of(right_but(both), project_dir)

    assert problem.key == "genai:bucket.forceDestroy"
    assert problem.message == (
        "is true while protect is true: one keeps the bucket, the other deletes it with all it holds"
    )
    assert problem.fix == "keep protect for data you need, forceDestroy for a stack you throw away"
    for key in both:
        assert problems_of(right_but({key: True}), project_dir) == []


def test_the_variables_of_the_image_count_towards_the_limit(project_dir: Path) -> None:
    variables = {f"V{number}": "x" for number in range(98)}
    assert problems_of(right_but({"genai:image.env": variables}), project_dir) == []

    (problem,) = problems_of(right_but({"genai:image.env": {**variables, "W": "x"}}), project_dir)

    assert problem.key == "genai:image.env"
    assert problem.message == (
        "there are 101 variables with the 2 of the image family; SageMaker allows 100"
    )
    assert problem.fix == "remove some"


def test_replacing_a_variable_of_the_image_adds_none(project_dir: Path) -> None:
    variables = {f"V{number}": "x" for number in range(98)} | {"SAGEMAKER_PROGRAM": "inference.py"}

    assert problems_of(right_but({"genai:image.env": variables}), project_dir) == []


def test_the_variables_are_limited_in_all(project_dir: Path) -> None:
    variables = {f"V{number:02}": "x" * 1024 for number in range(32)}

    (problem,) = problems_of(right_but({"genai:image.env": variables}), project_dir)

    assert problem.key == "genai:image.env"
    assert problem.message == (
        "the variables with the 2 of the image family take 32937 bytes; SageMaker allows 32 KB in all"
    )
    assert problem.fix == "shorten them, or put them into a file beside the model"


@pytest.mark.parametrize(
    ("source", "most", "message"),
    [
        (
            MODEL_FOLDER,
            8,
            "there are 11 tags with Project and Stack; S3 allows an object, such as the uploaded model, 10",
        ),
        ("s3://bucket/llm/", 48, "there are 51 tags with Project and Stack; AWS allows 50"),
    ],
)
def test_project_and_stack_count_towards_the_limit_of_tags(
    project_dir: Path, source: str, most: int, message: str
) -> None:
    tags = {f"tag{number}": "x" for number in range(most)}
    said = {"genai:model.source": source, "genai:tags": tags}
    assert problems_of(right_but(said), project_dir) == []

    said["genai:tags"] = {**tags, "one": "more"}
    (problem,) = problems_of(right_but(said), project_dir)

    assert problem.key == "genai:tags"
    assert problem.message == message


@pytest.mark.parametrize(
    ("tags", "twins"),
    [
        ({"Team": "a", "team": "b"}, '"team" and "Team"'),
        ({"project": "mine"}, '"project" and "Project"'),
    ],
)
def test_tags_that_differ_only_in_case_are_refused(
    tags: dict[str, str], twins: str, project_dir: Path
) -> None:
    (problem,) = problems_of(right_but({"genai:tags": tags}), project_dir)

    assert problem.message == f"{twins} differ only in case, which IAM refuses"
    assert problem.fix == "keep one of them"


def test_a_region_is_checked_even_while_the_family_is_wrong(project_dir: Path) -> None:
    config = right_but({"genai:image.family": "vlm", "aws:region": "us-west-22"})

    region, family = problems_of(config, project_dir)

    assert (region.key, family.key) == ("aws:region", "genai:image.family")
    assert region.fix == "did you mean us-west-2?"


def test_a_region_like_none_is_answered_with_all(project_dir: Path) -> None:
    (problem,) = problems_of(right_but({"aws:region": "moon"}), project_dir)

    assert problem.fix.startswith("write one of af-south-1, ap-east-1, ")


@pytest.mark.parametrize(
    "changes",
    [
        {"genai:image.family": "vlm", "genai:endpoint.instanceType": "ml.g5.xlarge"},
        {"genai:image.family": "vllm", "genai:endpoint.instanceType": "ml.m5.larg"},
        {"genai:bucket.protect": True, "genai:bucket.forceDestroy": "yes"},
        {"genai:model.source": ["./models/gone"]},
        {"genai:endpoint": "ml.m5.large"},
    ],
)
def test_a_rule_is_silent_while_a_value_it_needs_is_wrong(
    changes: dict[str, Any], project_dir: Path
) -> None:
    assert len(problems_of(right_but(changes), project_dir)) == 1
