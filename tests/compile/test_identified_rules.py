"""Rules with labels that identify a service beside its job."""

from dataclasses import replace

from glassbox.compile.identified_rules import identified_alert, identified_record
from glassbox.metrics.types import Unit
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Alert, Record, Series, Severity

SERVED = Series("model:requests:rate", Unit.NONE, ("job", "model_name"))
RECORD = Record(
    "job:requests:rate", sum_by(("job",), instant(SERVED)), "Requests.", of_one=sum_by(("job",), instant(SERVED))
)
ALERT = Alert(
    name="Few",
    expr=sum_by(("job",), instant(SERVED)) < 1,
    for_="1m",
    severity=Severity.TICKET,
    summary="Few requests for {{ $labels.job }}, and {{ $labels.job }} is up",
    description="{{ $labels.job }}",
    panel=("x", "y"),
)
LABELS = ("cluster", "namespace")


def test_a_record_and_what_stands_for_it_keep_the_labels():
    found = identified_record(RECORD, LABELS)
    assert str(found.expr) == "sum by (job, cluster, namespace) (model:requests:rate)"
    assert str(found.of_one) == "sum by (job, cluster, namespace) (model:requests:rate)"


def test_an_alert_keeps_the_labels_and_names_those_it_has_once():
    found = identified_alert(ALERT, LABELS)
    assert str(found.expr) == "sum by (job, cluster, namespace) (model:requests:rate) < 1"
    assert found.summary == (
        "Few requests for {{ $labels.job }}{{ with $labels.cluster }}, cluster {{ . }}{{ end }}"
        "{{ with $labels.namespace }}, namespace {{ . }}{{ end }}, and {{ $labels.job }} is up"
    )


def test_a_label_that_the_summary_names_already_is_not_named_again():
    named = replace(ALERT, summary="{{ $labels.job }} in {{ $labels.namespace }}")
    assert identified_alert(named, LABELS).summary == (
        "{{ $labels.job }}{{ with $labels.cluster }}, cluster {{ . }}{{ end }} in {{ $labels.namespace }}"
    )
