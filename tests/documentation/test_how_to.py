"""The how-tos work as they stand: their stacks are sound and cost what the pages say, their code answers."""

import json
import re
import runpy
import shutil
from pathlib import Path

import pytest

from handlers.contracts import contract_named
from handlers.generation_request import GenerationRequest, read_request
from rehearsal.rehearse import rehearse
from settings import StackSettings, load_stack
from settings.billed import estimate_of

PROJECT_DIR = Path(__file__).resolve().parents[2]
PAGES = {path.stem: path.read_text() for path in (PROJECT_DIR / "docs" / "how-to").glob("[!R]*.md")}
OVERVIEW = (PROJECT_DIR / "docs" / "how-to" / "README.md").read_text()
CORPUS = "It was a fine morning, and the young lady was fine. "
PROMPT = "It was a fine morning"


def files_of(page: str) -> dict[str, str]:
    """The files that a page shows, by the name that stands at the fence."""
    return dict(re.findall(r"^```\w+ (\S+\.\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project to which somebody has added what the pages show."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(PROJECT_DIR / name, folder)
    shutil.copytree(
        PROJECT_DIR / "models", folder / "models", ignore=shutil.ignore_patterns("__pycache__")
    )
    for page in PAGES.values():
        for name, text in files_of(page).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    (folder / "corpus.txt").write_text(CORPUS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        runpy.run_path("make_bigrams.py")
    return folder


@pytest.fixture
def settings(project: Path, request: pytest.FixtureRequest) -> StackSettings:
    return load_stack(project, request.node.callspec.params["stack"])


def test_there_is_a_page_for_each_kind_of_model() -> None:
    assert sorted(PAGES) == ["embeddings", "gguf", "pytorch", "vllm"]


@pytest.mark.parametrize("stack", PAGES)
def test_its_stack_is_sound_and_costs_what_the_page_says(
    stack: str, settings: StackSettings
) -> None:
    told = estimate_of(settings).told

    assert f"`genai cost {stack}` tells {told}" in PAGES[stack]
    (row,) = re.findall(rf"^\|.*\]\({stack}\.md\).*$", OVERVIEW, re.MULTILINE)
    assert [cell.strip() for cell in row.split("|")][3:5] == [
        f"`{settings.image.family}` on {settings.endpoint.instance_type}",
        told,
    ]


@pytest.mark.parametrize("stack", PAGES)
def test_every_rule_that_a_page_names_exists(stack: str) -> None:
    rules = (PROJECT_DIR / "docs" / "rules.md").read_text()

    assert [
        name for name in re.findall(r"GA\d{3}", PAGES[stack]) if f"### {name}\n" not in rules
    ] == []


def test_the_pytorch_snippet_changes_only_what_the_page_says() -> None:
    whole = files_of(PAGES["pytorch"])["models/bigrams/code/inference.py"]
    (snippet,) = re.findall(
        r"^```python pytorch\n(.*?)^```$", PAGES["pytorch"], re.MULTILINE | re.DOTALL
    )

    compile(snippet, "pytorch.md", "exec")
    hooks = r"^def (\w+\(.*\)):"
    assert set(re.findall(hooks, snippet, re.MULTILINE)) < set(
        re.findall(hooks, whole, re.MULTILINE)
    )


def test_the_model_speaks_the_contract_of_its_family(project: Path) -> None:
    folder = project / "models" / "bigrams"
    hooks = runpy.run_path(str(folder / "code" / "inference.py"))
    contract = contract_named("pipelines")
    request = read_request({"prompt": "It was", "parameters": {"max_new_tokens": 7}}, 7)
    assert isinstance(request, GenerationRequest)

    asked = hooks["input_fn"](contract.payload(request), "application/json")
    reply = hooks["output_fn"](hooks["predict_fn"](asked, hooks["model_fn"](folder)), None)

    assert len(contract.read_reply(reply.encode()).text) == 7


def test_a_text_to_embed_is_asked_as_the_page_shows() -> None:
    (shown,) = re.findall(
        r"^```json request\n(.*?)^```$", PAGES["embeddings"], re.MULTILINE | re.DOTALL
    )
    request = read_request(json.loads(shown), 1)

    assert isinstance(request, GenerationRequest)
    assert contract_named("tei").payload(request) == b'{"inputs": "A fox in the snow"}'


@pytest.mark.matrix
@pytest.mark.parametrize("stack", PAGES)
def test_it_is_deployed_and_answers(stack: str, project: Path) -> None:
    transcript = rehearse(project, stack, PROMPT)

    assert transcript.failure is None
    reply = transcript.reply or {}
    assert reply["status"] == 200
    if stack == "embeddings":
        assert len(reply["embedding"]) == 32
    elif stack == "pytorch":
        assert len(reply["text"]) == 100
        assert set(reply["text"]) <= set(CORPUS)
    else:
        assert reply["text"].strip()
