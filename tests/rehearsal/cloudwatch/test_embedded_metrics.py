"""Metrics out of log lines."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.cloudwatch.embedded_metrics import embedded_in
from tests.rehearsal.tenant import Tenant, poll, unique

NOW = round(time.time() * 1000)


def line(values: dict[str, Any] | None = None, **directive: Any) -> dict[str, Any]:
    told = {
        "Namespace": "genai",
        "Dimensions": [["Endpoint"], ["Endpoint", "Status"]],
        "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}],
        **directive,
    }
    return {
        "_aws": {"Timestamp": NOW, "CloudWatchMetrics": [told]},
        "Endpoint": "e",
        "Status": "200",
        "Latency": 12,
        **(values or {}),
    }


@pytest.mark.fact("§10 EMF: every set of dimensions of a directive is a metric of its own")
def test_a_line_holds_a_metric_for_each_set_of_dimensions() -> None:
    found = embedded_in(json.dumps(line()))

    assert [dict(each.key.dimensions) for each in found] == [
        {"Endpoint": "e"},
        {"Endpoint": "e", "Status": "200"},
    ]
    assert {(e.key.namespace, e.key.name, e.values, e.unit) for e in found} == {
        ("genai", "Latency", (12.0,), "Milliseconds")
    }
    assert found[0].at == datetime.fromtimestamp(NOW / 1000, UTC)


def test_a_target_may_be_many_values_and_have_no_unit() -> None:
    (found,) = embedded_in(
        json.dumps(line({"Latency": [1, 2.5]}, Dimensions=[[]], Metrics=[{"Name": "Latency"}]))
    )

    assert (found.values, found.unit, found.key.dimensions) == ((1.0, 2.5), "None", frozenset())


@pytest.mark.fact("§10 EMF: what breaks the specification makes no metric")
@pytest.mark.parametrize(
    "document",
    [
        line({"Latency": "12"}),
        line({"Latency": True}),
        line({"Latency": None}),
        line({"Latency": float("nan")}),
        line({"Latency": [1] * 101}),
        line({"Endpoint": 3}),
        line({"Endpoint": ""}),
        line(Metrics=[{"Name": "Nothing"}]),
        line(Metrics=[{"Name": "Latency", "Unit": "Parsecs"}]),
        line(Metrics=[{"Name": "Latency"}] * 101),
        line(Dimensions=[["Nobody"]]),
        line(Dimensions=["Endpoint"]),
        line(Dimensions=[["Endpoint"] * 31]),
        line(Namespace=""),
        {"_aws": {"Timestamp": NOW}},
        {"_aws": {"Timestamp": "now", "CloudWatchMetrics": []}},
        {"_aws": {"Timestamp": 10**30, "CloudWatchMetrics": []}},
        {"_aws": 3},
        ["_aws"],
    ],
)
def test_a_line_that_breaks_the_specification_holds_none(document: Any) -> None:
    assert embedded_in(json.dumps(document)) == []


@pytest.mark.parametrize("text", ["", "a line", '"_aws"', 'x {"_aws": {}}', '"_aws"' + "[" * 9999])
def test_a_line_that_is_no_document_holds_none(text: str) -> None:
    assert embedded_in(text) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
    )
)
def test_no_line_makes_it_fail(told: Any) -> None:
    assert embedded_in(json.dumps({"_aws": told})) == []
    embedded_in(json.dumps(line({"Latency": told})))


def test_what_a_function_prints_is_found_as_a_metric(tenant: Tenant) -> None:
    namespace = unique("namespace")
    document = line(Namespace=namespace)
    document["_aws"]["Timestamp"] = round(time.time() * 1000)
    function = tenant.function(
        "import json\n"
        "def handler(event, context):\n"
        "    print('a line like any other')\n"
        "    print(json.dumps(event))\n"
    )
    tenant.call(function, document)

    def published() -> Any:
        now = datetime.now(UTC)
        return tenant.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName="Latency",
            Dimensions=[{"Name": "Endpoint", "Value": "e"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]

    (point,) = poll(published, "the line is a metric")
    assert (point["Sum"], point["SampleCount"], point["Unit"]) == (12, 1, "Milliseconds")
