"""What differs in contact points, mute timings and templates; the value of a secret is never among it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import Difference, changed

REDACTED = "[REDACTED]"
"""What Grafana returns in place of a secret."""
_RANGES = ("weekdays", "days_of_month", "months", "years")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip  # a table


def contact_point_differences(before: Json, after: Json) -> Iterator[Difference]:
    """Everything that differs between an integration in Grafana and one that is sent."""
    for name in ("name", "type"):
        if before.get(name) != after.get(name):
            yield changed("", name, before.get(name), after.get(name))
    if bool(before.get("disableResolveMessage")) != after["disableResolveMessage"]:
        yield Difference("", "the end of alerts is not sent any more" if after["disableResolveMessage"] else "the end of alerts is sent too", before.get("disableResolveMessage"), after["disableResolveMessage"])  # fmt: skip  # one thing is one line
    old, new = (shown_settings(each, after["secrets"]) for each in (before, after))
    told = [changed("", f"setting {name}", old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)]  # fmt: skip  # one thing is one line
    yield from told
    if not told and after["secrets"]:
        yield Difference("", f"secret {', '.join(sorted(after['secrets']))} sent again")


def shown_settings(found: Json, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """The settings that can be compared and shown: those that have a value, secrets as Grafana shows them."""
    settings = {key: value for key, value in (found.get("settings") or {}).items() if value not in (None, "")}
    return settings | {name: REDACTED for name in secrets if name in settings or name in (found.get("secrets") or ())}


def mute_timing_differences(before: Json, after: Json) -> Iterator[Difference]:
    """The intervals that came and went, in words."""
    old, new = (list(map(_interval_text, intervals(each))) for each in (before, after))
    yield from (Difference("", f"muted {text} removed", text, None) for text in old if text not in new)
    yield from (Difference("", f"muted {text} added", None, text) for text in new if text not in old)


def intervals(timing: Json) -> list[Json]:
    """The intervals of a mute timing in one form: months as numbers, spans of one end as a single value, without empty fields."""
    return [_interval(each) for each in timing.get("time_intervals") or ()]


def _interval(found: Json) -> Json:
    kept: Json = {key: [_range(text) for text in found[key]] for key in _RANGES if found.get(key)}
    if found.get("times"):
        kept["times"] = [f"{span['start_time']}-{span['end_time']}" for span in found["times"]]
    if found.get("location") not in (None, "", "UTC"):
        kept["location"] = found["location"]
    return kept


def _range(text: str) -> str:
    ends = [str(_MONTHS.index(end) + 1) if end in _MONTHS else end for end in text.split(":")]
    return ends[0] if ends[0] == ends[-1] else ":".join(ends)


def _interval_text(interval: Json) -> str:
    parts = [", ".join(interval[key]) for key in ("weekdays", "times") if key in interval]
    parts += [f"{key.replace('_', ' ')} {', '.join(interval[key])}" for key in ("days_of_month", "months", "years") if key in interval]  # fmt: skip  # one thing is one line
    return f"{' '.join(parts)} ({interval.get('location', 'UTC')})"


def template_differences(before: str, after: str) -> Iterator[Difference]:
    """How many lines differ, with both texts."""
    if before != after:
        old, new = before.splitlines(), after.splitlines()
        gone, come = len([line for line in old if line not in new]), len([line for line in new if line not in old])
        yield Difference("", f"text changed ({gone} lines removed, {come} added)", before, after)
