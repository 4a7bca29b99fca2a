"""A stack file for the local account is another stack's, aimed at it; what others wrote is left alone."""

from pathlib import Path

import pytest
import yaml

from rehearsal.local_stack import MARK, LocalStackError, write_local_stack
from rehearsal.provider_config import provider_config
from settings import load_stack, read_stack_file

URL = "http://127.0.0.1:4577"
PROJECT_DIR = Path(__file__).resolve().parents[3]
SALT = "encryptionsalt: v1:abc=:v1:def:ghi="


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: genai\nruntime: python\n")
    return tmp_path


def write(project: Path, text: str, stack: str = "dev") -> Path:
    file = project / f"Pulumi.{stack}.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_of_ours_keeps_its_settings_and_comments(stack: str, tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", f"Pulumi.{stack}.yaml"):
        (tmp_path / name).write_text((PROJECT_DIR / name).read_text())
    (tmp_path / "models").symlink_to(PROJECT_DIR / "models")
    before = (tmp_path / f"Pulumi.{stack}.yaml").read_text()

    written = write_local_stack(tmp_path, "local", stack, URL)

    after = written.file.read_text()
    assert written.file == tmp_path / "Pulumi.local.yaml"
    assert written.left_out == []
    assert set(before.splitlines()) <= set(after.splitlines())
    given = read_stack_file(tmp_path, stack)
    assert read_stack_file(tmp_path, "local") == {
        **provider_config(URL, given["aws:region"]),
        **given,
    }
    assert load_stack(tmp_path, "local").stack == "local"


def test_what_says_who_the_other_stack_is_on_aws_is_left_out(project: Path) -> None:
    write(
        project,
        "secretsprovider: awskms://alias/x\n"
        "encryptedkey: abc\n"
        "environment:\n"
        "- genai/prod\n"
        "config:\n"
        "    aws:region: eu-west-1\n"
        "    aws:profile: prod\n"
        "    aws:assumeRoles:\n"
        "    - roleArn: arn:aws:iam::111122223333:role/deploy\n"
        "      sessionName: x\n"
        "    # whose it is\n"
        "    aws:defaultTags:\n"
        "        tags:\n"
        "            Team: a\n"
        "    genai:hubToken:\n"
        "        secure: abc\n"
        "    genai:model:\n"
        "        source: x\n",
    )

    written = write_local_stack(project, "local", "dev", URL)

    assert written.left_out == [
        "environment",
        "secretsprovider",
        "encryptedkey",
        "genai:hubToken",
        "aws:profile",
        "aws:assumeRoles",
    ]
    content = yaml.safe_load(written.file.read_text())
    assert content == {
        "config": {
            **provider_config(URL, "eu-west-1"),
            "aws:defaultTags": {"tags": {"Team": "a"}},
            "genai:model": {"source": "x"},
        }
    }
    assert "    # whose it is\n" in written.file.read_text()


def test_writing_again_keeps_what_pulumi_added_for_the_stacks_own_secrets(project: Path) -> None:
    write(project, "config:\n  aws:region: us-east-1\n  genai:model: {source: one}\n")
    file = write_local_stack(project, "local", "dev", URL).file
    file.write_text(f"{file.read_text()}{SALT}\n")
    write(project, "config:\n  aws:region: us-east-1\n  genai:model: {source: other}\n")

    write_local_stack(project, "local", "dev", "http://127.0.0.1:5000")

    text = file.read_text()
    assert text.splitlines()[-1] == SALT
    assert "source: other" in text
    assert "4577" not in text
    assert text.count(MARK) == 1


def test_a_file_that_somebody_else_wrote_stays(project: Path) -> None:
    write(project, "config:\n  aws:region: us-east-1\n")
    mine = write(project, "config: {}\n", "local")

    with pytest.raises(LocalStackError, match=r"Pulumi\.local\.yaml is there and was not written"):
        write_local_stack(project, "local", "dev", URL)

    assert mine.read_text() == "config: {}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "config:\n  aws:region: a\n  genai:image:\n    env: [{KEY: {secure: abc}}]\n",
            r"Pulumi\.dev\.yaml: genai:image has an encrypted part",
        ),
        ("config: {aws:region: a}\n", r"Pulumi\.dev\.yaml: write config: on a line of its own"),
    ],
)
def test_what_cannot_be_copied_is_refused(project: Path, text: str, told: str) -> None:
    write(project, text)

    with pytest.raises(LocalStackError, match=told):
        write_local_stack(project, "local", "dev", URL)

    assert not (project / "Pulumi.local.yaml").exists()
