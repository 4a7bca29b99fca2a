"""A shadow variant gets a copy of each request; nobody hears its answer."""

from pathlib import Path

from tests.rehearsal.tenant import Tenant, on_instances, poll

# Notes every request in a file before it answers as it is told to.
NOTING = """
import os, time

def model_fn(model_dir): return os.environ["NAME"]

def transform_fn(model, body, content_type, accept):
    with open(os.environ["NOTES"], "a") as notes: notes.write(f"{model}:{body.decode()}\\n")
    if os.environ.get("FAILS"): raise RuntimeError("the shadow is broken")
    while os.environ.get("GATE") and not os.path.exists(os.environ["GATE"]): time.sleep(0.01)
    return model
"""


def serve(
    tenant: Tenant, notes: Path, weight: float = 1.0, trouble: dict[str, str] | None = None
) -> str:
    def model(name: str, **environment: str) -> str:
        variables = {"NAME": name, "NOTES": str(notes), **environment}
        return tenant.model({"code/inference.py": NOTING}, Environment=variables)

    notes.touch()
    return tenant.in_service(
        tenant.configured(
            on_instances(model("real")),
            ShadowProductionVariants=[
                on_instances(
                    model("shadow", **(trouble or {})), "shadow", InitialVariantWeight=weight
                )
            ],
        )
    )


def invoke(tenant: Tenant, endpoint: str, body: str) -> str:
    answer = tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=body, ContentType="text/plain"
    )
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    return answer["Body"].read().decode()


def test_the_shadow_gets_the_request_and_its_answer_is_dropped(
    tenant: Tenant, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    endpoint = serve(tenant, notes)
    found = tenant.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    (described,) = found["ShadowProductionVariants"]

    assert invoke(tenant, endpoint, "hello") == "real"

    poll(lambda: "shadow:hello" in notes.read_text(), "the shadow was asked")
    assert sorted(notes.read_text().split()) == ["real:hello", "shadow:hello"]
    assert described["VariantName"] == "shadow"
    assert [v["VariantName"] for v in found["ProductionVariants"]] == ["AllTraffic"]


def test_a_shadow_that_hangs_or_fails_harms_nobody(tenant: Tenant, tmp_path: Path) -> None:
    for name, trouble in (
        ("hangs", {"GATE": str(tmp_path / "gate")}),
        ("fails", {"FAILS": "1"}),
    ):
        notes = tmp_path / name
        endpoint = serve(tenant, notes, trouble=trouble)

        assert [invoke(tenant, endpoint, text) for text in ("a", "b")] == ["real", "real"]
        poll(lambda seen=notes: "shadow:" in seen.read_text(), "the shadow was asked")
    (tmp_path / "gate").touch()


def test_the_shadows_weight_says_how_many_requests_it_gets(tenant: Tenant, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    endpoint = serve(tenant, notes, weight=0.0)
    other = tmp_path / "other"
    always = serve(tenant, other)

    for _ in range(5):
        invoke(tenant, endpoint, "x")
    invoke(tenant, always, "x")

    poll(lambda: "shadow" in other.read_text(), "what came later was copied")
    assert notes.read_text().split() == ["real:x"] * 5
