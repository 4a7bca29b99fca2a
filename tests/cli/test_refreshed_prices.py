"""`genai cost --refresh` against a server that speaks as the Price List API does."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from catalog import prices
from cli.main import app
from tests.catalog.price_list_documents import all_of_us_east_1, hosting

PROJECT_DIR = Path(__file__).resolve().parents[2]
PAGE = 100


class PriceList(BaseHTTPRequestHandler):
    """Answers GetProducts page by page, or with an error."""

    products: ClassVar[list[str]] = []
    refusal: ClassVar[dict[str, str] | None] = None
    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "AWSPriceListService.GetProducts"
        self.asked.append(request)
        start = int(request.get("NextToken", 0))
        page: dict[str, Any] = {
            "FormatVersion": "aws_v1",
            "PriceList": self.products[start:][:PAGE],
        }
        if start + PAGE < len(self.products):
            page["NextToken"] = str(start + PAGE)
        body = json.dumps(self.refusal or page).encode()
        self.send_response(400 if self.refusal else 200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...  # pyright: ignore[reportIncompatibleMethodOverride]  # to nobody


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog of its own, in a project of its own."""
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml"):
        shutil.copy(PROJECT_DIR / name, tmp_path)
    copied = tmp_path / "prices.json"
    shutil.copy(prices.DATA, copied)
    monkeypatch.setattr(prices, "DATA", copied)
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return copied


@pytest.fixture
def price_list(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[PriceList]]:
    PriceList.products = all_of_us_east_1(json.loads(file.read_bytes()))
    PriceList.refusal, PriceList.asked = None, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), PriceList)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield PriceList
    server.shutdown()
    server.server_close()


def refresh(*more: str) -> Result:
    return CliRunner().invoke(app, ["cost", "prod", "--refresh", *more])


def hourly(file: Path, name: str) -> float | None:
    return json.loads(file.read_bytes())["hosting_usd_per_hour"][name]["us-east-1"]


def test_all_pages_are_asked_for_in_the_stacks_region(
    price_list: type[PriceList], file: Path
) -> None:
    price_list.products.append(hosting("ml.m6i.large", "0.115"))

    done = refresh()

    assert done.exit_code == 0
    assert len(price_list.asked) == 3
    assert price_list.asked[0] == {
        "ServiceCode": "AmazonSageMaker",
        "Filters": [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-east-1"}],
    }
    assert done.output.splitlines() == [
        "  ml.m6i.large in us-east-1: 0.115 USD, not known before",
        "us-east-1: 1 prices changed, as published on 2026-11-20",
    ]
    assert hourly(file, "ml.m6i.large") == 0.115


@pytest.mark.usefixtures("price_list")
def test_a_price_that_has_jumped_is_written_only_when_it_is_accepted(file: Path) -> None:
    PriceList.products.append(hosting("ml.g6e.xlarge", "9"))
    before = file.read_bytes()

    refused = refresh()

    assert refused.exit_code == 1
    assert "! ml.g6e.xlarge in us-east-1: 9 USD, 2.6054 before" in refused.output
    assert "look at it, then add --accept\nnothing was changed" in refused.output
    assert file.read_bytes() == before

    assert refresh("--accept").exit_code == 0
    assert hourly(file, "ml.g6e.xlarge") == 9


@pytest.mark.usefixtures("price_list")
def test_without_credentials_nothing_is_changed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    before = file.read_bytes()

    done = refresh()

    assert done.exit_code == 1
    assert done.output == (
        "genai: there are no AWS credentials, and the Price List API asks for some; run aws configure, or set AWS_PROFILE\n"
        "nothing was changed\n"
    )
    assert file.read_bytes() == before


@pytest.mark.usefixtures("price_list")
def test_a_refusal_by_aws_is_told_with_the_permission(file: Path) -> None:
    PriceList.refusal = {"__type": "AccessDeniedException", "Message": "not authorized"}
    before = file.read_bytes()

    done = refresh()

    assert done.exit_code == 1
    assert "not authorized; whoever asks needs pricing:GetProducts" in done.output
    assert file.read_bytes() == before


@pytest.mark.usefixtures("price_list")
def test_a_list_that_is_not_understood_changes_nothing(file: Path) -> None:
    PriceList.products = ["{}"]
    before = file.read_bytes()

    done = refresh()

    assert done.exit_code == 1
    assert "the price list holds what is not understood: {}" in done.output
    assert file.read_bytes() == before


@pytest.mark.usefixtures("price_list")
def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    done = refresh()

    assert done.exit_code == 1
    assert "Could not connect to the endpoint URL" in done.output
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("price_list")
def test_a_broken_stack_is_told_and_no_price_asked_for() -> None:
    done = CliRunner().invoke(app, ["cost", "dve", "--refresh"])

    assert done.exit_code == 1
    assert 'there is no stack "dve"' in done.output
    assert PriceList.asked == []


@pytest.mark.usefixtures("file")
def test_there_is_nothing_to_accept_without_a_refresh() -> None:
    done = CliRunner().invoke(app, ["cost", "--accept"])

    assert done.exit_code == 2
    assert "nothing to accept without --refresh" in done.output
