"""A stack's configuration is put together from its two files as Pulumi puts it together."""

from collections.abc import Callable
from pathlib import Path

import pytest

from settings import (
    Problem,
    SecureValue,
    SettingsError,
    load_stack,
    read_project_file,
    read_stack_file,
    stack_names,
)

Write = Callable[[str, str], None]

PROJECT = "name: genai\nruntime: python\n"
STACK = """\
config:
  aws:region: us-east-1
  genai:model: {source: ./models/tiny}
  genai:image: {family: pytorch}
  genai:endpoint: {instanceType: ml.m5.large}
"""


@pytest.fixture
def write(project_dir: Path) -> Write:
    """Write a file of the project, which already has a Pulumi.yaml."""

    def write_file(name: str, text: str) -> None:
        (project_dir / name).write_text(text)

    write_file("Pulumi.yaml", PROJECT)
    return write_file


def refusals(project_dir: Path, stack: str = "dev") -> tuple[Problem, ...]:
    """Why a stack's files cannot be read."""
    with pytest.raises(SettingsError) as refused:
        read_stack_file(project_dir, stack)
    return refused.value.problems


def test_a_stack_is_loaded_from_its_two_files(project_dir: Path, write: Write) -> None:
    write("Pulumi.dev.yaml", STACK)

    settings = load_stack(project_dir, "dev")

    assert settings.endpoint_name == "genai-dev"
    assert settings.endpoint.instance_type == "ml.m5.large"


def test_problems_name_the_stack_s_own_file(project_dir: Path, write: Write) -> None:
    write("Pulumi.prod.yaml", STACK.replace("ml.m5.large", "ml.m5.larg"))

    with pytest.raises(SettingsError) as refused:
        load_stack(project_dir, "prod")

    assert [problem.file for problem in refused.value.problems] == ["Pulumi.prod.yaml"]


def test_values_are_given_by_full_key(project_dir: Path, write: Write) -> None:
    write("Pulumi.dev.yaml", "config:\n  aws:region: us-east-1\n  genai:bucket: {protect: true}\n")

    assert read_stack_file(project_dir, "dev") == {
        "aws:region": "us-east-1",
        "genai:bucket": {"protect": True},
    }


@pytest.mark.parametrize("key", ["bucket", "genai:bucket", "genai:config:bucket"])
def test_a_key_belongs_to_the_project_unless_it_has_a_namespace(
    key: str, project_dir: Path, write: Write
) -> None:
    write("Pulumi.dev.yaml", f"config:\n  {key}: {{protect: true}}\n")

    assert read_stack_file(project_dir, "dev") == {"genai:bucket": {"protect": True}}


def test_a_key_written_with_and_without_its_namespace_is_refused(
    project_dir: Path, write: Write
) -> None:
    write("Pulumi.dev.yaml", "config:\n  genai:bucket: {}\n  bucket: {}\n")

    assert refusals(project_dir) == (
        Problem(
            "Pulumi.dev.yaml",
            "genai:bucket",
            "is written twice, with and without its namespace",
            "keep one of the two",
        ),
    )


def test_what_the_stack_leaves_out_comes_from_the_project(project_dir: Path, write: Write) -> None:
    write(
        "Pulumi.yaml",
        PROJECT
        + """\
config:
  genai:model: {type: object, description: required}
  genai:bucket: {type: object, default: {recordDays: 7}}
  genai:tags: {type: object, default: {}}
  aws:region: {value: eu-west-1}
  aws:profile: shared
  zones: [a, b]
""",
    )
    write("Pulumi.dev.yaml", "config: {'genai:bucket': {protect: true}}\n")

    assert read_stack_file(project_dir, "dev") == {
        "genai:bucket": {"protect": True},
        "genai:tags": {},
        "aws:region": "eu-west-1",
        "aws:profile": "shared",
        "genai:zones": ["a", "b"],
    }


def test_an_encrypted_value_stays_encrypted(project_dir: Path, write: Write) -> None:
    write(
        "Pulumi.dev.yaml",
        "config:\n  genai:a: {secure: v1:AAAA}\n  genai:b: [{c: {secure: v1:BBBB}}, {secure: 1}]\n",
    )

    config = read_stack_file(project_dir, "dev")

    assert isinstance(config["genai:a"], SecureValue)
    assert isinstance(config["genai:b"][0]["c"], SecureValue)
    assert config["genai:b"][1] == {"secure": 1}
    assert "AAAA" not in repr(config)


def test_pulumi_s_own_keys_beside_config_are_left_alone(project_dir: Path, write: Write) -> None:
    write(
        "Pulumi.dev.yaml",
        "secretsprovider: passphrase\nencryptionsalt: v1:abc\nenvironment: [genai/dev]\nconfig: {}\n",
    )

    assert read_stack_file(project_dir, "dev") == {}


def test_settings_outside_of_config_are_refused(project_dir: Path, write: Write) -> None:
    write("Pulumi.dev.yaml", "confg:\n  genai:bucket: {}\ngenai:tags: {}\n")
    message = "is not read here: every setting lies below config:"

    assert refusals(project_dir) == (
        Problem("Pulumi.dev.yaml", "confg", message, "did you mean config?"),
        Problem("Pulumi.dev.yaml", "genai:tags", message, "indent it below config:"),
    )


@pytest.mark.row("bad-settings")
@pytest.mark.parametrize(
    ("text", "key", "message", "fix"),
    [
        ("", "", "is empty", "restore it, or write config: and the settings below it"),
        ("# nothing\n", "", "is empty", "restore it, or write config: and the settings below it"),
        (
            "- a\n",
            "",
            "expected settings by name, found a list",
            "write each as name: value",
        ),
        (
            "config: us-east-1\n",
            "config",
            'expected settings by name, found the text "us-east-1"',
            "write each as name: value",
        ),
        (
            "config:\n\taws:region: us-east-1\n",
            "",
            "line 2, column 1: a tab cannot indent YAML",
            "put spaces in its place",
        ),
        (
            "config:\n  genai:bucket: {}\n  genai:bucket: {}\n",
            "",
            "line 3, column 3: genai:bucket is written twice in the same place",
            "keep one of the two",
        ),
    ],
)
def test_a_stack_file_that_cannot_be_used_is_refused(
    text: str, key: str, message: str, fix: str, project_dir: Path, write: Write
) -> None:
    write("Pulumi.dev.yaml", text)

    assert refusals(project_dir) == (Problem("Pulumi.dev.yaml", key, message, fix),)


def test_a_stack_that_does_not_exist_is_answered_with_those_that_do(
    project_dir: Path, write: Write
) -> None:
    write("Pulumi.dev.yaml", STACK)
    write("Pulumi.prod.yaml", STACK)

    (problem,) = refusals(project_dir, "prd")

    assert problem.file == "Pulumi.prd.yaml"
    assert problem.message == 'there is no stack "prd"; this project has dev, prod'
    assert problem.fix == "did you mean prod?"
    assert stack_names(project_dir) == ["dev", "prod"]


@pytest.mark.parametrize("stack", ["", "../dev", "a b", "x" * 101])
def test_what_is_no_stack_name_is_a_stack_that_does_not_exist(
    stack: str, project_dir: Path, write: Write
) -> None:
    write("Pulumi.dev.yaml", STACK)

    (problem,) = refusals(project_dir, stack)

    assert problem.message.startswith(f'there is no stack "{stack[:80]}')
    assert problem.message.endswith("this project has dev")


def test_a_project_without_stacks_says_so(project_dir: Path, write: Write) -> None:
    write("notes.txt", "")

    (problem,) = refusals(project_dir)

    assert problem.message == 'there is no stack "dev"; this project has none'


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("runtime: python\n", "name", "expected the name of the project, found nothing"),
        ("name: 7\n", "name", "expected the name of the project, found the number 7"),
        ("name: genai\nconfig: 3\n", "config", "expected settings by name, found the number 3"),
        ("", "", "is empty"),
    ],
)
def test_a_project_file_that_cannot_be_used_is_refused(
    text: str, key: str, message: str, project_dir: Path, write: Write
) -> None:
    write("Pulumi.yaml", text)

    (problem,) = refusals(project_dir)

    assert (problem.file, problem.key, problem.message) == ("Pulumi.yaml", key, message)


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path)

    assert problem.file == "Pulumi.yaml"
    assert problem.message == f"is missing from {tmp_path}"
    assert problem.fix == "name the folder of a Pulumi project"


def test_a_file_that_cannot_be_read_is_refused(
    project_dir: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("Pulumi.dev.yaml", STACK)

    def deny(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)

    (problem,) = refusals(project_dir)

    assert problem.message == "cannot be read: Permission denied"


def test_the_project_file_gives_the_name(project_dir: Path, write: Write) -> None:
    write("Pulumi.yaml", "name: shop\n")

    assert read_project_file(project_dir).name == "shop"
