"""A fresh project with the names of whoever starts it, from the one that this code lies in."""

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from operations.errors import OperationError
from settings import SettingsError, load_stack
from settings.field_checks import ENDPOINT_NAME_RULE, is_endpoint_name
from settings.stack_settings import default_endpoint_name

SOURCE = Path(__file__).resolve().parent.parent
STACKS = ("dev", "prod")
FOLDERS = (
    *("catalog", "cli", "components", "costs", "docs", "handlers", "models", "operations"),
    *("playground", "policy", "rehearsal", "settings"),
)
FILES = ("__main__.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt", ".gitignore")
NAMED_FILES = ("Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS))
SCHEMA = "docs/stack.schema.json"
# What is left behind: tests hold this project's own stacks, names and documents against what they should be.
_TARGETS_LEFT_OUT = (
    *("test", "matrix", "soak", "fuzz", "nightly"),
    *("reference", "docs", "screenshots"),
)
_NAMESPACE = "genai"
_LONGEST_NAME = 100  # Pulumi: ValidateProjectName in sdk/go/common/tokens/project.go
_UNPRICED = "GA902"
_TAKEN = ("aws", "pulumi")
"""Namespaces of the provider's settings and of Pulumi's own."""


@dataclass(frozen=True)
class NewProject:
    """What a project is to be called."""

    name: str
    """Of the Pulumi project, and of its settings; the endpoint is `<name>-<stack>`."""

    region: str
    description: str


def make_project(folder: Path, project: NewProject) -> list[str]:
    """Write a project that can be rehearsed at once, with the stacks dev and prod, and return what was changed in them.

    Nothing is written unless all of it is sound.

    Raises:
        OperationError: the folder holds something or lies in this project, a name cannot be used, or the stacks
            cannot run in the Region.
    """
    _check_place(folder)
    _check_names(project)
    with tempfile.TemporaryDirectory() as made:
        draft = Path(made) / "project"
        _write(draft, project)
        changed = [note for stack in STACKS for note in _held_to_what_is_known(draft, stack)]
        shutil.copytree(draft, folder, dirs_exist_ok=True)
    return changed


def _held_to_what_is_known(draft: Path, stack: str) -> list[str]:
    """Take out of a stack the limit of its costs where the Region's prices are not known, and tell so."""
    try:
        load_stack(draft, stack)
    except SettingsError as error:
        unpriced = [problem for problem in error.problems if problem.rule == _UNPRICED]
        if len(unpriced) < len(error.problems):
            raise OperationError(
                f"the stack {stack} would not work: {error}", "give another --name or --region"
            ) from error
        file = draft / f"Pulumi.{stack}.yaml"
        _ = file.write_text(_without_limit(file.read_text("utf-8")), "utf-8")
        load_stack(draft, stack)
        return [
            f"{problem.file}: {problem.key} {problem.message}; it stands there as a comment"
            for problem in unpriced
        ]
    return []


def _without_limit(stack: str) -> str:
    """A stack's file with its section on costs as a comment."""
    section = re.compile(r"^  [\w-]+:guard:\n(?:    .*\n)+", re.MULTILINE)
    return section.sub(
        lambda said: (
            "  # For when this Region's prices are known (genai cost --refresh):\n"
            + re.sub(r"^  ", "  # ", said[0], flags=re.MULTILINE)
        ),
        stack,
    )


def _check_place(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise OperationError(f"{folder} is a file", "name a folder that does not exist yet")
    if folder.is_dir() and any(folder.iterdir()):
        raise OperationError(
            f"{folder} is not empty", "name a folder that is empty or does not exist yet"
        )
    if folder.resolve().is_relative_to(SOURCE):
        raise OperationError(
            f"{folder} lies in the project that is copied", "name a folder outside of it"
        )
    if not (SOURCE / "Pulumi.yaml").is_file():
        raise OperationError(
            f"there is no project to copy beside the code of genai in {SOURCE}",
            "run the genai of a clone of the project",
        )


def _check_names(project: NewProject) -> None:
    name = project.name
    longest = max((default_endpoint_name(name, stack) for stack in STACKS), key=len)
    if len(name) > _LONGEST_NAME or not is_endpoint_name(longest):
        raise OperationError(
            f"{name!r} cannot be the project's name: its endpoints would be called {longest!r}, and "
            f"an endpoint name is {ENDPOINT_NAME_RULE}",
            "choose another with --name",
        )
    if name.lower() in _TAKEN:
        raise OperationError(
            f"{name!r} cannot be the project's name: settings that begin with {name}: are not a project's",
            "choose another with --name",
        )
    if not project.description.strip() or "\n" in project.description:
        raise OperationError(
            "the description is empty or has several lines", "give one line with --description"
        )


def _write(draft: Path, project: NewProject) -> None:
    for name in FOLDERS:
        shutil.copytree(SOURCE / name, draft / name, ignore=_caches)
    for name in FILES:
        shutil.copy2(SOURCE / name, draft / name)
    for name in (*NAMED_FILES, SCHEMA):
        _ = (draft / name).write_text(_named((SOURCE / name).read_text("utf-8"), project), "utf-8")
    _ = (draft / "Makefile").write_text(
        _without_targets((SOURCE / "Makefile").read_text("utf-8")), "utf-8"
    )
    _ = (draft / "README.md").write_text(_readme(project), "utf-8")


_caches = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache", "*.egg-info", ".artifacts")


def _named(text: str, project: NewProject) -> str:
    """The text of a stack's or the project's file, or of their schema, for another project."""
    said = {
        rf"\b{_NAMESPACE}:(?=[\w)])": f"{project.name}:",
        r"^name: .*$": f"name: {json.dumps(project.name)}",
        r"^description: .*$": f"description: {json.dumps(project.description, ensure_ascii=False)}",
        r"(?<=^  aws:region: ).*$": json.dumps(project.region),
    }
    for pattern, new in said.items():
        text = re.sub(pattern, lambda _, new=new: new, text, flags=re.MULTILINE)
    return text


def _without_targets(makefile: str) -> str:
    """The Makefile without the targets that need this project's tests."""
    blocks = [
        block
        for block in makefile.split("\n\n")
        if not any(re.search(rf"^{target}:", block, re.MULTILINE) for target in _TARGETS_LEFT_OUT)
    ]
    listed = re.compile(r"^(\.PHONY|check):.*$", re.MULTILINE)
    words = re.compile(rf" ({'|'.join(_TARGETS_LEFT_OUT)})\b")
    return listed.sub(lambda line: words.sub("", line[0]), "\n\n".join(blocks))


def _readme(project: NewProject) -> str:
    return f"""# {project.name}

{project.description}

    make rehearse                    # deploys the stack dev into an account on this machine; costs nothing
    make rehearse STACK=prod
    .venv/bin/genai check            # are the settings sound?
    .venv/bin/genai diff dev prod    # what the stacks differ in

Settings are in `Pulumi.dev.yaml` and `Pulumi.prod.yaml`; [docs/configuration.md](docs/configuration.md) describes each. Where it
says `genai:`, this project says `{project.name}:`.

On AWS: `pulumi stack init dev`, then `pulumi up -s dev`. **That costs money** until `pulumi destroy -s dev`: a SageMaker
endpoint is billed by the second, used or not.
"""
