"""The arrows of the design: who may import whom."""

import ast
import sys
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parent.parent
PACKAGES = {
    "catalog",
    "cli",
    "components",
    "costs",
    "handlers",
    "operations",
    "playground",
    "policy",
    "rehearsal",
    "settings",
    "tests",
}
MAY_IMPORT = {
    "catalog": set[str](),
    "costs": {"catalog"},
    "settings": {"catalog", "costs"},
    "components": {"catalog"},
    "handlers": set[str](),
    "operations": {"catalog", "costs", "settings"},
    "playground": {"operations"},
    "policy": {"catalog"},
    "rehearsal": {"catalog", "operations", "settings"},
    "cli": {"catalog", "costs", "operations", "playground", "policy", "rehearsal", "settings"},
}
CLOUD = {"boto3", "botocore", "pulumi", "pulumi_aws", "pulumi_policy"}
MAY_IMPORT_CLOUD = {
    "catalog": set[str](),
    "costs": set[str](),
    "settings": set[str](),
    "components": {"pulumi", "pulumi_aws"},
    "handlers": set[str](),
    "operations": {"boto3", "botocore"},
    "playground": set[str](),
    "policy": {"pulumi", "pulumi_policy"},  # where Pulumi runs it; see below
    "rehearsal": {"boto3", "botocore", "pulumi"},
    "cli": {"boto3", "botocore"},  # to ask for prices, and nothing else
}


def sources(package: str) -> list[Path]:
    return sorted((PROJECT_DIR / package).rglob("*.py"))


def imported_by(path: Path) -> set[str]:
    """Top-level names of every import of a file, wherever in the file it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_arrows_only_run_downwards(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    strays = {
        path.relative_to(PROJECT_DIR).as_posix(): imported_by(path) & PACKAGES - allowed
        for path in sources(package)
    }

    assert sources(package)
    assert {path: names for path, names in strays.items() if names} == {}


@pytest.mark.parametrize("package", MAY_IMPORT_CLOUD)
def test_only_the_packages_meant_to_know_the_cloud_do(package: str) -> None:
    strays = {
        path.relative_to(PROJECT_DIR).as_posix(): imported_by(path)
        & CLOUD - MAY_IMPORT_CLOUD[package]
        for path in sources(package)
    }

    assert {path: names for path, names in strays.items() if names} == {}


def test_only_the_pack_itself_knows_pulumi() -> None:
    knowing = {
        path.relative_to(PROJECT_DIR).as_posix()
        for path in sources("policy")
        if imported_by(path) & CLOUD
    }

    assert knowing == {"policy/__main__.py", "policy/engine.py"}


def test_handlers_need_nothing_beyond_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"handlers"}
    strays = {path.name: imported_by(path) - allowed for path in sources("handlers")}

    assert {name: names for name, names in strays.items() if names} == {}


def test_the_program_knows_settings_and_components_only() -> None:
    known = imported_by(PROJECT_DIR / "__main__.py") & PACKAGES

    assert known == {"components", "settings"}


def test_the_storyteller_needs_nothing_but_numpy() -> None:
    code = PROJECT_DIR / "models" / "storyteller" / "code"
    own = {path.stem for path in code.glob("*.py")}
    optional = {"sagemaker_inference", "ts"}  # there in the SageMaker image, absent elsewhere
    strays = {
        path.name: imported_by(path) - sys.stdlib_module_names - own - optional - {"numpy"}
        for path in code.glob("*.py")
    }

    assert {name: names for name, names in strays.items() if names} == {}
