"""Whether the demo's Prometheus has the past that was written for it."""

from demo.written_past import WrittenPast
from glassbox.errors import GlassboxError
from glassbox.prometheus.board_queries import api_data

LEAST_SERIES = 500
"""Recorded series at a moment."""
# By when the alert has ended after an incident.
_OVER_SECONDS = 900
_RECORDED = r'{__name__=~"[a-z]+:\\w+:\\w+"}'


def check_past(prometheus_url: str, past: WrittenPast) -> str:
    """What is there, in words; raises GlassboxError where recorded series lack, or the alert did not fire in the incident alone."""
    early = past.shown_seconds
    series = _recorded_series(prometheus_url, early)
    if series < LEAST_SERIES:
        raise GlassboxError(
            f"At the beginning of the past there are {series} recorded series, fewer than {LEAST_SERIES}."
        )
    began, ended = past.incident_seconds
    alert = past.incident.alert
    firing, before = (_firing_minutes(prometheus_url, past, *each) for each in ((began, ended), (early, began)))
    after = _firing_minutes(prometheus_url, past, ended + _OVER_SECONDS, ended + 4 * _OVER_SECONDS)
    if not firing or before or after:
        raise GlassboxError(
            f"{alert} fired for {firing} minutes of the incident, {before} before it and {after} after it."
        )
    return (
        f"{(past.end_seconds - early) / 3600:.1f} h before the start there are {series} recorded series, "
        f"and {alert} fired for {firing} of the {(ended - began) // 60} minutes of the incident, and not around it."
    )


def _recorded_series(url: str, moment_seconds: int) -> int:
    found = api_data(url, "query", query=f"count({_RECORDED})", time=moment_seconds)["result"]
    return int(found[0]["value"][1]) if found else 0


def _firing_minutes(url: str, past: WrittenPast, start_seconds: int, end_seconds: int) -> int:
    labels = f'alertname="{past.incident.alert}", alertstate="firing", model_name="{past.incident.model_name}"'
    fires, last = f"count(ALERTS{{{labels}}})", end_seconds - 1
    found = api_data(url, "query_range", query=fires, start=start_seconds, end=last, step=60)["result"]
    return len(found[0]["values"]) if found else 0
