"""Image families: what is refused of each, and what makes it right."""

from pathlib import Path
from typing import Any

import pytest

from catalog.images import choose_image, image_families, image_regions
from catalog.instances import lookup_instance
from settings.component_args import endpoint_args, invoker_args
from tests.settings.stacks import parse, problems_of, right_but

URI = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1.0"
CUSTOM: dict[str, Any] = {
    "genai:image": {"family": "custom", "uri": URI},
    "genai:invoker.contract": "pipelines",
}
GGUF = {"LLAMA_ARG_MODEL": "/opt/ml/model/tiny.gguf"}


def of(family: str, instance_type: str = "ml.g5.xlarge", **image: Any) -> dict[str, Any]:
    """A stack with an image family on an instance type."""
    return right_but(
        {
            "genai:image": {"family": family, **image},
            "genai:endpoint.instanceType": instance_type,
        }
    )


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
@pytest.mark.parametrize("instance_type", ["ml.m5.large", "ml.g5.xlarge"])
@pytest.mark.parametrize("family", image_families())
def test_every_family_on_every_processor_is_deployable_or_refused(
    family: str, instance_type: str, region: str, project_dir: Path
) -> None:
    instance = lookup_instance(instance_type)
    image = choose_image(family, instance)
    fits = image.processor == ("gpu" if instance.accelerators else "cpu")
    config = {**of(family, instance_type, env=GGUF), "aws:region": region}

    keys = {problem.key for problem in problems_of(config, project_dir)}

    assert keys == (set() if fits else {"genai:endpoint.instanceType"})
    if not keys:
        settings = parse(config, project_dir)
        assert f".dkr.ecr.{region}.amazonaws.com" in (endpoint_args(settings)["image_uri"] or "")
        assert invoker_args(settings)["contract"] == image.contract


def test_a_family_for_both_processors_is_refused_on_a_third(project_dir: Path) -> None:
    (problem,) = problems_of(of("llamacpp", "ml.inf2.xlarge", env=GGUF), project_dir)

    assert problem.key == "genai:endpoint.instanceType"
    assert problem.message == (
        "ml.inf2.xlarge has 1 x inferentia2, which the image family llamacpp (llama.cpp b9522, for "
        "CPUs and for NVIDIA GPUs) cannot use and you would pay for"
    )
    assert problem.fix == (
        "choose a type such as ml.c5.large or ml.m5.large or ml.g5.xlarge or ml.g6e.xlarge, or "
        "another image family"
    )


@pytest.mark.parametrize("env", [{}, {"LLAMA_ARG_MODEL": "/opt/ml/model/<file>.gguf"}])
@pytest.mark.parametrize("instance_type", ["ml.m5.large", "ml.g5.xlarge", "ml.m5.larg"])
def test_llama_cpp_without_the_name_of_its_file_is_refused(
    instance_type: str, env: dict[str, str], project_dir: Path
) -> None:
    problems = problems_of(of("llamacpp", instance_type, env=env), project_dir)

    (problem,) = (each for each in problems if each.key != "genai:endpoint.instanceType")
    assert problem.key == "genai:image.env.LLAMA_ARG_MODEL"
    assert problem.message == (
        "is missing: the image family llamacpp cannot find its model without it"
    )
    assert problem.fix == (
        'add LLAMA_ARG_MODEL: "/opt/ml/model/<file>.gguf", with what stands in < > replaced by your own'
    )


@pytest.mark.parametrize("instance_type", ["ml.m5.large", "ml.g5.xlarge"])
def test_llama_cpp_with_the_name_of_its_file_is_right(
    instance_type: str, project_dir: Path
) -> None:
    assert problems_of(of("llamacpp", instance_type, env=GGUF), project_dir) == []


def test_a_region_without_the_family_is_told_those_that_have_it(project_dir: Path) -> None:
    config = {**of("tei"), "aws:region": "mx-central-1"}

    (region,) = problems_of(config, project_dir)

    assert region.key == "aws:region"
    assert region.message == (
        "the image family tei is not published in mx-central-1, as far as the catalog knows"
    )
    assert region.fix == f"choose another image family, or one of {', '.join(image_regions('tei'))}"
    assert "eu-west-1, " in region.fix
    assert "mx-central-1" not in region.fix


def test_a_custom_image_with_uri_and_contract_is_right_on_any_processor(
    project_dir: Path,
) -> None:
    for instance_type in ("ml.m5.large", "ml.g5.xlarge", "ml.inf2.xlarge", "ml.c7g.large"):
        config = right_but({**CUSTOM, "genai:endpoint.instanceType": instance_type})
        assert problems_of(config, project_dir) == []


def test_a_custom_image_needs_a_uri(project_dir: Path) -> None:
    (problem,) = problems_of(
        right_but({**CUSTOM, "genai:image": {"family": "custom"}}), project_dir
    )

    assert problem.key == "genai:image.uri"
    assert problem.message == "is missing: the family custom has no image of its own"
    assert problem.fix == "add uri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/my-image:1.0"


def test_a_uri_is_for_a_custom_image_only(project_dir: Path) -> None:
    (problem,) = problems_of(right_but({"genai:image.uri": URI}), project_dir)

    assert problem.key == "genai:image.uri"
    assert problem.message == "is for the family custom; pytorch has its image from the catalog"
    assert problem.fix == "remove it, or write family: custom"


@pytest.mark.parametrize("invoker", [{}, {"contract": "auto"}])
def test_a_custom_image_needs_its_contract_named(
    invoker: dict[str, str], project_dir: Path
) -> None:
    config = right_but({**CUSTOM, "genai:image": {"family": "custom", "uri": URI}})
    config["genai:invoker"] = invoker

    (problem,) = problems_of(config, project_dir)

    assert problem.key == "genai:invoker.contract"
    assert problem.message == "is auto, and how a custom image is asked cannot be looked up"
    assert problem.fix == (
        "write contract: openai-chat or contract: tgi or contract: lmi or contract: pipelines or contract: tei or "
        "contract: input-text or contract: raw or contract: template, as its container speaks"
    )


def test_a_custom_image_in_another_region_is_refused(project_dir: Path) -> None:
    (problem,) = problems_of(right_but({**CUSTOM, "aws:region": "eu-west-1"}), project_dir)

    assert problem.key == "genai:image.uri"
    assert problem.message == (
        "lies in us-east-1, and the stack in eu-west-1; SageMaker pulls an image only from the "
        "endpoint's own Region"
    )
    assert problem.fix == (
        "push the image to a repository in eu-west-1 and name that, or correct aws:region"
    )


def test_a_custom_image_may_lie_in_a_region_newer_than_the_catalog(project_dir: Path) -> None:
    uri = URI.replace("us-east-1", "eu-central-3")
    said = {**CUSTOM, "genai:image": {"family": "custom", "uri": uri}, "aws:region": "eu-central-3"}

    assert problems_of(right_but(said), project_dir) == []


NOT_ECR = "is not the URI of an image in ECR, the registry that SageMaker pulls from"
UNPINNED = "has neither a tag nor a digest, so what runs would change unnoticed"
WRITE_SUCH = "write such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/my-image:1.0"


@pytest.mark.parametrize(
    ("uri", "message", "fix"),
    [
        ("", NOT_ECR, WRITE_SUCH),
        ("vllm/vllm-openai:latest", NOT_ECR, WRITE_SUCH),
        (f"https://{URI}", NOT_ECR, WRITE_SUCH),
        (f"{URI} ", NOT_ECR, WRITE_SUCH),
        (URI.replace("/mine", "/Mine"), NOT_ECR, WRITE_SUCH),
        (URI.replace("1234", "123"), NOT_ECR, WRITE_SUCH),
        (URI.replace(":1.0", "@sha256:12"), NOT_ECR, WRITE_SUCH),
        (
            URI.removesuffix(":1.0"),
            UNPINNED,
            f"add a tag ({URI}) or, better, a digest ({URI.removesuffix(':1.0')}@sha256:...)",
        ),
        (
            URI.replace("us-east-1", "cn-north-1"),
            "has the wrong domain for cn-north-1",
            "end it in amazonaws.com.cn before the name of the repository",
        ),
        (
            URI.replace("amazonaws.com", "amazonaws.com.cn"),
            "has the wrong domain for us-east-1",
            "end it in amazonaws.com before the name of the repository",
        ),
    ],
)
def test_a_uri_that_is_no_pinned_image_in_ecr_is_refused(
    uri: str, message: str, fix: str, project_dir: Path
) -> None:
    config = right_but({**CUSTOM, "genai:image": {"family": "custom", "uri": uri}})

    (problem,) = problems_of(config, project_dir)

    assert problem.key == "genai:image.uri"
    assert problem.message == f'"{uri}" {message}'
    assert problem.fix == fix


def test_a_uri_longer_than_sagemaker_takes_is_refused(project_dir: Path) -> None:
    longest = URI + "0" * (255 - len(URI) - 100)
    longest = longest.replace("/mine", "/mine" + "e" * 100)
    said = {**CUSTOM, "genai:image": {"family": "custom", "uri": longest}}
    assert len(longest) == 255
    assert problems_of(right_but(said), project_dir) == []

    said["genai:image"] = {"family": "custom", "uri": f"{longest}0"}
    (problem,) = problems_of(right_but(said), project_dir)

    assert problem.key == "genai:image.uri"
    assert problem.message == "the URI of an image may have 255 characters, this one has 256"
    assert problem.fix == "use a shorter tag or name of the repository"
