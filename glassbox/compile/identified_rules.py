"""Rules that keep the labels that distinguish the services of one job, and texts of alerts that name them."""

from collections.abc import Sequence
from dataclasses import replace

from glassbox.query.rules import Alert, Record

_JOB = "{{ $labels.job }}"


def identified_record(record: Record, labels: Sequence[str]) -> Record:
    """The recorded series with these labels in addition to the job."""
    of_one = record.of_one.identified(labels) if record.of_one else None
    return replace(record, expr=record.expr.identified(labels), of_one=of_one)


def identified_alert(alert: Alert, labels: Sequence[str]) -> Alert:
    """The alert with these labels in addition to the job; its summary names those that it has."""
    missing = (label for label in labels if f"$labels.{label} " not in alert.summary)
    named = "".join(f"{{{{ with $labels.{label} }}}}, {label} {{{{ . }}}}{{{{ end }}}}" for label in missing)
    summary = alert.summary.replace(_JOB, f"{_JOB}{named}", 1)
    return replace(alert, expr=alert.expr.identified(labels), summary=summary)
