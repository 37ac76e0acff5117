"""Rules that keep the labels by which one job's services are told apart, and texts of alerts that name them."""

from collections.abc import Sequence
from dataclasses import replace

from glassbox.query.rules import Alert, Record

_JOB = "{{ $labels.job }}"


def identified_record(record: Record, labels: Sequence[str]) -> Record:
    """The recorded series with these labels beside the job."""
    of_one = record.of_one.identified(labels) if record.of_one else None
    return replace(record, expr=record.expr.identified(labels), of_one=of_one)


def identified_alert(alert: Alert, labels: Sequence[str]) -> Alert:
    """The alert with these labels beside the job; its summary names those that it has."""
    missing = (label for label in labels if f"$labels.{label} " not in alert.summary)
    named = "".join(f"{{{{ with $labels.{label} }}}}, {label} {{{{ . }}}}{{{{ end }}}}" for label in missing)
    summary = alert.summary.replace(_JOB, f"{_JOB}{named}", 1)
    return replace(alert, expr=alert.expr.identified(labels), summary=summary)
