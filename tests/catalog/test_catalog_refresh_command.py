"""`python -m catalog.refresh` against sources that were made from the committed catalog."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from urllib.request import Request

import pytest

from catalog.refresh.__main__ import CHANGES_LEFT, DATA, FAILED, UP_TO_DATE, main
from catalog.refresh.errors import RefreshError
from catalog.refresh.github import fetch_text
from catalog.refresh.hardware_page import parse_hardware
from catalog.refresh.image_file import parse_image_file
from catalog.refresh.image_rows import family_rows
from catalog.refresh.instance_rows import instance_rows
from catalog.refresh.json_layout import render
from catalog.refresh.plan import plan_refresh

HARDWARE_PAGE = "website/content/en/preview/reference/instance-types.md"
REGION_PAGE = "docs/reference/region_availability.md"
SDK_FOLDER = "sagemaker-core/src/sagemaker/core/image_uri_config"
SHA = "0123456789abcdef0123456789abcdef01234567"
Tables = dict[str, Any]


def read(name: str) -> Tables:
    return json.loads((DATA / name).read_text())


class Sources:
    """The public repositories, as they would be if the catalog had been made from them today."""

    def __init__(self) -> None:
        self.instances = read("instances.json")["instances"]
        images = read("images.json")
        self.images = {row["file"]: row for row in images["available"]}
        self.accounts: dict[str, dict[str, str]] = images["registries"]
        self.sdk_accounts: dict[str, dict[str, str]] = images["registries"]
        self.is_tree_cut = False

    def fetch(self, address: str) -> str:
        if address.endswith("/commits/HEAD"):
            date = "2026-12-24T08:00:00Z"
            return json.dumps({"sha": SHA, "commit": {"committer": {"date": date}}})
        if "/git/trees/" in address:
            entries = [{"path": file, "type": "blob"} for file in (*self.images, "README.md")]
            folder = {"path": "docs/src/data/vllm/folder.yml", "type": "tree"}
            return json.dumps({"tree": [*entries, folder], "truncated": self.is_tree_cut})
        path = unquote(address.partition(f"{SHA}/")[2])
        if path == HARDWARE_PAGE:
            return self._hardware_page()
        if path == REGION_PAGE:
            return self._region_page()
        if path.startswith(SDK_FOLDER):
            registry = "dlc" if path.endswith("llamacpp.json") else "algorithms"
            return json.dumps({"versions": {"1": {"registries": self.sdk_accounts[registry]}}})
        return self._image_file(self.images[path])

    def _hardware_page(self) -> str:
        on_page = {
            name: row
            for name, row in self.instances.items()
            if row["source"] == "karpenter-preview"
        }
        return "\n".join(line for name in on_page for line in self._section(name, on_page[name]))

    def _section(self, name: str, row: Tables) -> list[str]:
        nvidia = (row["accelerator_kind"] or "").startswith("nvidia-")
        count = row["accelerator_count"]
        labels: dict[str, Any] = {
            "cpu": row["vcpu"],
            "memory": round(row["memory_gib"] * 1024),
        }
        if row["local_nvme_gb"]:
            labels["local-nvme"] = row["local_nvme_gb"]
        if nvidia:
            labels["gpu-count"], labels["gpu-manufacturer"] = count, "nvidia"
            labels["gpu-name"] = row["accelerator_kind"].removeprefix("nvidia-")
            labels["gpu-memory"] = self._memory_of_one_gpu(row["family"])
        elif count:
            labels["accelerator-count"] = count
        arch = {"x86_64": "amd64", "arm64": "arm64"}[row["arch"]]
        return [
            f"### `{name.removeprefix('ml.')}`",
            *(f" |karpenter.k8s.aws/instance-{label}|{labels[label]}|" for label in labels),
            f" |kubernetes.io/arch|{arch}|",
        ]

    def _memory_of_one_gpu(self, family: str) -> int:
        """In MiB, from the type with the most of them, where rounding took the least."""
        siblings = [row for row in self.instances.values() if row["family"] == family]
        most = max(siblings, key=lambda row: row["accelerator_count"])
        return round(most["accelerator_memory_gib"] * 1024 / most["accelerator_count"])

    def _region_page(self) -> str:
        headings = {"dlc": "Deep Learning Containers", "algorithms": "SageMaker Algorithm Registry"}
        lines: list[str] = []
        for registry, heading in headings.items():
            lines.append(f"## {heading}")
            lines += [f"| Somewhere | {r} | {a} |" for r, a in self.accounts[registry].items()]
        return "\n".join(lines)

    def _image_file(self, row: Tables) -> str:
        facts = {
            name: row[name] for name in ("version", "engine", "os", "python", "eop") if name in row
        }
        facts |= {"platform": "sagemaker", "tags": [row["tag"]], "accelerator": row["processor"]}
        facts |= {"ecr_repository": row["repository"], "transformers": "5.5.3"}
        if row["cuda"]:
            facts["cuda"] = f"cu{row['cuda'].replace('.', '')}"
        return json.dumps(facts)  # which is YAML too


@pytest.fixture
def sources() -> Sources:
    return Sources()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("instances.json", "images.json"):
        shutil.copy(DATA / name, tmp_path)
    return tmp_path


def contents(data: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in data.iterdir()}


def change(rows: dict[str, Tables], key: str, **facts: Any) -> None:
    """Change a row without changing what it was read from."""
    rows[key] = {**rows[key], **facts}


@pytest.mark.parametrize(
    ("name", "rows"),
    [("instances.json", {"instances"}), ("images.json", {"available", "families"})],
)
def test_the_committed_files_are_laid_out_as_a_refresh_lays_them_out(
    name: str, rows: set[str]
) -> None:
    assert render(read(name), row_per_line=rows) == (DATA / name).read_text()


@pytest.mark.parametrize("option", ["--check", "--accept"])
def test_a_catalog_that_is_what_its_sources_say_is_left_alone(
    sources: Sources, data: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    before = contents(data)

    assert main([option], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert capsys.readouterr().out == "The catalog is what its sources say.\n"
    assert contents(data) == before


def test_changed_hardware_is_told_and_written(
    sources: Sources, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(sources.instances, "ml.m5.large", memory_gib=16)

    assert main([], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert capsys.readouterr().out == (
        "  ml.m5.large: memory_gib 8 -> 16\n"
        "Wrote instances.json. Run the tests, and read the difference.\n"
    )
    tables = json.loads((data / "instances.json").read_text())
    assert tables["instances"] == sources.instances
    assert tables["sources"]["karpenter-preview"] == {
        "date": "2026-12-24",
        "url": f"https://github.com/aws/karpenter-provider-aws/blob/{SHA}/{HARDWARE_PAGE}",
    }
    assert tables["_about"]["coverage"] == f"{len(sources.instances)} of {len(sources.instances)}"


def test_a_written_refresh_leaves_nothing_to_do(sources: Sources, data: Path) -> None:
    change(sources.instances, "ml.m5.large", memory_gib=16)
    change(sources.images, VLLM, tag="server-sagemaker-cuda-v9")

    assert main([], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert main(["--check"], fetch=sources.fetch, data=data) == UP_TO_DATE


VLLM = "docs/src/data/vllm-server/0.27.0+amzn2023.4bdc8a78-gpu-sagemaker.yml"


def test_a_check_only_tells(
    sources: Sources, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(sources.instances, "ml.m5.large", memory_gib=16)
    before = contents(data)

    assert main(["--check"], fetch=sources.fetch, data=data) == CHANGES_LEFT
    assert capsys.readouterr().out == "  ml.m5.large: memory_gib 8 -> 16\n"
    assert contents(data) == before


def test_a_family_takes_the_newest_image_that_it_follows(
    sources: Sources, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = "docs/src/data/vllm-server/0.100.0+amzn2023.0-gpu-sagemaker.yml"
    sources.images[newer] = {
        **sources.images[VLLM],
        "file": newer,
        "version": "0.100.0+amzn2023.0",
        "tag": "server-sagemaker-cuda-v3",
    }

    assert main([], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert capsys.readouterr().out == (
        "  vllm:server-sagemaker-cuda-v3: new\n"
        "  family vllm: tag server-sagemaker-cuda-v2.3 -> server-sagemaker-cuda-v3\n"
        "Wrote images.json. Run the tests, and read the difference.\n"
    )
    tables = json.loads((data / "images.json").read_text())
    row, before = tables["families"]["vllm"], read("images.json")["families"]["vllm"]
    assert row == {
        **before,
        "date": "2026-12-24",
        "engine": "vLLM 0.100.0",
        "source": f"https://github.com/aws/deep-learning-containers/blob/{SHA}/"
        + newer.replace("+", "%2B"),
        "tag": "server-sagemaker-cuda-v3",
    }
    assert tables["available"][-1]["tag"] == "server-sagemaker-cuda-v3"
    assert tables["sources"]["dlc-data"]["date"] == "2026-12-24"


def make_vanish(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> str:
    types = [name for name in sources.instances if name != "ml.p2.xlarge"]
    monkeypatch.setattr("catalog.refresh.plan.shape_enum", lambda *_: types)
    return "! ml.p2.xlarge: gone from AWS's list of hosting types\n"


def move_a_registry(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> str:
    del monkeypatch
    dlc = {**sources.accounts["dlc"], "us-west-2": "111122223333"}
    sources.accounts = sources.sdk_accounts = {**sources.accounts, "dlc": dlc}
    return "! registry dlc: us-west-2 763104351884 -> 111122223333\n"


def close_a_registry(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> str:
    del monkeypatch
    dlc = {
        region: account
        for region, account in sources.accounts["dlc"].items()
        if region != "us-west-2"
    }
    sources.accounts = sources.sdk_accounts = {**sources.accounts, "dlc": dlc}
    return "! registry dlc: us-west-2 763104351884 -> gone\n"


def raise_cuda(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> str:
    del monkeypatch
    change(sources.images, VLLM, cuda="13.2", tag="server-sagemaker-cuda-v3")
    return "! family vllm: cuda 13.0 -> 13.2; its host image and notes are to be read again\n"


@pytest.mark.parametrize("spring", [make_vanish, move_a_registry, close_a_registry, raise_cuda])
def test_what_may_break_a_stack_is_written_only_when_accepted(
    sources: Sources,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    spring: Callable[[Sources, pytest.MonkeyPatch], str],
) -> None:
    told, before = spring(sources, monkeypatch), contents(data)

    assert main([], fetch=sources.fetch, data=data) == CHANGES_LEFT
    output = capsys.readouterr()
    assert told in output.out
    assert output.err.startswith("Nothing was written: what is marked with ! may break a stack.")
    assert contents(data) == before
    assert main(["--accept"], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert contents(data) != before
    assert main(["--check"], fetch=sources.fetch, data=data) == UP_TO_DATE


def test_a_new_region_needs_no_acceptance(
    sources: Sources, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dlc = {**sources.accounts["dlc"], "me-west-1": "124382933778"}
    sources.accounts = {**sources.accounts, "dlc": dlc}

    assert main([], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert "  registry dlc: me-west-1 new, 124382933778\n" in capsys.readouterr().out


def test_a_tag_that_left_the_documentation_is_told(
    sources: Sources, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del sources.images["docs/src/data/vllm/0.13.0-gpu-sagemaker.yml"]

    assert main([], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert "  vllm:0.13.0-gpu-py312-cu129-ubuntu22.04-sagemaker: gone\n" in capsys.readouterr().out


def test_a_new_hosting_type_is_added_with_its_hardware(
    sources: Sources,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = sources.instances["ml.g5.xlarge"]
    sources.instances["ml.g5.3xlarge"] = {**known, "size": "3xlarge", "vcpu": 12}
    monkeypatch.setattr("catalog.refresh.plan.shape_enum", lambda *_: list(sources.instances))

    assert main([], fetch=sources.fetch, data=data) == UP_TO_DATE
    assert "  ml.g5.3xlarge: new\n" in capsys.readouterr().out
    written = json.loads((data / "instances.json").read_text())["instances"]
    assert written["ml.g5.3xlarge"] == sources.instances["ml.g5.3xlarge"]


def test_a_source_that_cannot_be_understood_changes_nothing(
    sources: Sources, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources.is_tree_cut, before = True, contents(data)

    assert main(["--accept"], fetch=sources.fetch, data=data) == FAILED
    assert capsys.readouterr().err == (
        "GitHub's list of files of aws/deep-learning-containers is cut off\nNothing was written.\n"
    )
    assert contents(data) == before


@pytest.mark.parametrize(
    ("part", "answer", "message"),
    [
        ("/commits/HEAD", "{}", "newest commit of aws/karpenter-provider-aws is not understood"),
        (
            "/commits/HEAD",
            '{"sha": "1", "commit": {"committer": {"date": 2026}}}',
            "newest commit of aws/karpenter-provider-aws is not understood",
        ),
        ("/commits/HEAD", "<html>", "answer for aws/karpenter-provider-aws is no JSON"),
        ("/git/trees/", "[]", "list of files of aws/deep-learning-containers is not understood"),
        (
            "/git/trees/",
            '{"tree": [], "truncated": false}',
            "aws/deep-learning-containers has no images for SageMaker where they were",
        ),
    ],
)
def test_answers_of_github_that_are_not_understood_are_refused(
    sources: Sources, data: Path, part: str, answer: str, message: str
) -> None:
    def fetch(address: str) -> str:
        return answer if part in address else sources.fetch(address)

    with pytest.raises(RefreshError, match=message):
        plan_refresh(data, fetch, "2026-11-24")


def test_an_address_gives_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(request: Request, **_: Any) -> io.BytesIO:
        asked.append(request.full_url)
        return io.BytesIO("Zürich".encode())

    monkeypatch.setattr("catalog.refresh.github.urlopen", answer)

    assert fetch_text("https://example.org/x") == "Zürich"
    assert asked == ["https://example.org/x"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff", "https://example.org/x is no text"), (b"1234", "x has more than 3 bytes")],
)
def test_an_answer_that_is_no_text_or_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    monkeypatch.setattr("catalog.refresh.github.urlopen", lambda *_, **__: io.BytesIO(content))
    monkeypatch.setattr("catalog.refresh.github._MOST_BYTES", 3)

    with pytest.raises(RefreshError, match=message):
        fetch_text("https://example.org/x")


def test_an_address_that_does_not_answer_is_refused_by_name() -> None:
    with pytest.raises(RefreshError, match=r"http://127.0.0.1:9/x cannot be read: "):
        fetch_text("http://127.0.0.1:9/x")


PAGE = (Path(__file__).parent / "data" / "instance-types.md").read_text()


def test_the_rows_of_real_excerpts_are_those_of_the_catalog() -> None:
    committed = read("instances.json")["instances"]
    names = [
        "ml.g5.xlarge",
        "ml.g5.12xlarge",
        "ml.g6e.12xlarge",
        "ml.g6e.16xlarge",
        "ml.inf2.xlarge",
        "ml.inf2.24xlarge",
    ]

    rows = instance_rows(committed, names, parse_hardware(PAGE))

    assert rows == {name: committed[name] for name in names}


def test_a_type_whose_hardware_nobody_has_is_refused_by_name() -> None:
    with pytest.raises(RefreshError, match=r"hardware of ml.q1.large, ml.q2.large; write the row"):
        instance_rows({}, ["ml.q1.large", "ml.q2.large"], parse_hardware(PAGE))


def test_a_new_family_of_gpus_is_named_as_ec2_names_it() -> None:
    rows = instance_rows({}, ["ml.g5.12xlarge"], parse_hardware(PAGE))

    assert rows["ml.g5.12xlarge"]["accelerator_kind"] == "nvidia-a10g"
    assert rows["ml.g5.12xlarge"]["accelerator_memory_gib"] == 89.41


def test_accelerators_whose_memory_no_page_has_are_written_by_hand() -> None:
    with pytest.raises(
        RefreshError, match=r"memory of the accelerators of ml.inf2.xlarge is on no"
    ):
        instance_rows({}, ["ml.inf2.xlarge"], parse_hardware(PAGE))


def test_gpus_of_one_family_with_different_memory_are_refused() -> None:
    page = PAGE.replace("gpu-memory|183105|", "gpu-memory|99999|")
    names = ["ml.g6e.12xlarge", "ml.g6e.16xlarge"]

    with pytest.raises(RefreshError, match=r"GPUs of ml.g6e.12xlarge have 99999 MiB, others 45776"):
        instance_rows({}, names, parse_hardware(page))


FOLLOWS = {"engine": "vLLM {version}", "files": "docs/src/data/vllm-server/*-gpu-sagemaker.yml"}


def parsed_image(version: str, **facts: Any) -> Tables:
    text = (Path(__file__).parent / "data" / "images" / "vllm-server.yml").read_text()
    path = f"docs/src/data/vllm-server/{version}-gpu-sagemaker.yml"
    row = parse_image_file(path, text)
    assert row is not None
    return {**row, "version": version, "tag": version, **facts}


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (["0.9.0", "0.10.0", "0.9.9"], "0.10.0"),
        (["0.22.1rc0+amzn2023.6", "0.22.1+amzn2023.1"], "0.22.1+amzn2023.1"),
        (["0.22.1", "0.22.2rc0"], "0.22.2rc0"),
    ],
)
def test_versions_are_compared_as_numbers_and_a_release_follows_its_candidates(
    versions: list[str], newest: str
) -> None:
    committed = {"vllm": {"tag": "old", "cuda": "13.0", "follows": FOLLOWS}}

    for order in (versions, versions[::-1]):
        rows = family_rows(committed, map(parsed_image, order), "https://x", "2026-12-24")
        assert rows["vllm"]["tag"] == newest


def test_a_version_that_was_published_again_counts_by_its_tag() -> None:
    committed = {"vllm": {"tag": "old", "cuda": "13.0", "follows": FOLLOWS}}
    tags = [f"server-sagemaker-cuda-v2.{number}" for number in (9, 10)]

    for order in (tags, tags[::-1]):
        images = [parsed_image("0.30.0+amzn2023.ec4a3a53", tag=tag) for tag in order]
        rows = family_rows(committed, images, "https://x", "2026-12-24")
        assert rows["vllm"]["tag"] == "server-sagemaker-cuda-v2.10"


def test_a_family_whose_files_are_gone_is_refused() -> None:
    committed = {"vllm": {"tag": "old", "follows": {**FOLLOWS, "files": "elsewhere/*.yml"}}}

    with pytest.raises(
        RefreshError, match=r"vllm follows elsewhere/\*.yml, and no file is named so"
    ):
        family_rows(committed, [parsed_image("1.0.0")], "https://x", "2026-12-24")


def test_an_engine_that_cannot_be_named_is_refused() -> None:
    committed = {"vllm": {"tag": "old", "follows": {**FOLLOWS, "engine": "vLLM {transformers}"}}}

    with pytest.raises(RefreshError, match=r"1.0.0-gpu-sagemaker.yml has no transformers, which"):
        family_rows(committed, [parsed_image("1.0.0")], "https://x", "2026-12-24")
