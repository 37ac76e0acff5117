"""Recorded series and alerts as they are declared: what contradicts itself is refused at its line."""

import pytest

from glassbox.errors import GlassboxError
from glassbox.metrics import vllm
from glassbox.metrics.types import Unit
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import ALERT_LABELS, Alert, Series, Severity
from glassbox.query.selectors import QueryError

RUNNING = instant(vllm.NUM_REQUESTS_RUNNING)
LIMIT = Series("model:limit:max", Unit.SECONDS, ("job", "slo"))


def alert(label):
    return Alert(
        name="Busy",
        expr=sum_by(("job",), RUNNING) > 5,
        for_="5m",
        severity=Severity.TICKET,
        summary="Busy.",
        description="Too busy.",
        panel=("llm-serving", "Requests"),
        labels=((label, "x"),),
    )


def test_a_series_is_recorded_with_its_unit_and_exactly_its_labels():
    record = LIMIT.recorded(sum_by(("job",), RUNNING), "The limit.", slo="latency")
    assert (str(record), record.unit, set(record.all_labels)) == (
        "model:limit:max{slo=latency}",
        Unit.SECONDS,
        {"job", "slo"},
    )
    for labels, added in ((("job",), {}), (("job", "model_name"), {"slo": "a"}), ((), {"slo": "a"})):
        with pytest.raises(QueryError, match=r"model:limit:max has the labels job, slo, but .* gives others"):
            LIMIT.recorded(sum_by(labels, RUNNING), "The limit.", **added)


@pytest.mark.parametrize("label", [*ALERT_LABELS, "job"])
def test_an_alert_adds_no_label_that_says_something_else_already(label):
    with pytest.raises(GlassboxError, match=f"Alert Busy cannot add the label '{label}', which alerts or its series"):
        alert(label)
    assert alert("team").labels == (("team", "x"),)
