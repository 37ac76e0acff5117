"""The hours before the demo in its Prometheus: raw series of its targets, and what its rules make of them."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from demo.feeds import Feeds
from demo.raw_past import Labels, raw_series
from demo.scenarios import Incident
from glassbox.past.alerts_past import alerting_rules_of
from glassbox.past.evaluating import Evaluator
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.past.rule_order import in_order, rules_of
from glassbox.past.working_out import PIECE_SECONDS

_FILLING_SECONDS = 900


@dataclass(frozen=True)
class WrittenPast:
    """From when to when it is (Unix seconds), and what happened in it."""

    begin_seconds: int
    end_seconds: int
    incident: Incident

    @property
    def shown_seconds(self) -> int:
        """When its windows are full, except for those of hours."""
        return self.begin_seconds + _FILLING_SECONDS

    @property
    def incident_seconds(self) -> tuple[int, int]:
        """When the incident began and ended."""
        began, ended = self.incident.began_minutes, self.incident.ended_minutes
        return self.end_seconds - 60 * began, self.end_seconds - 60 * ended

    @property
    def notice(self) -> str:
        """What is written and what is live, and what happened, for the top of each page."""
        began, ended = map(_clock, self.incident_seconds)
        return (
            f"Until {_clock(self.end_seconds)} UTC these boards show a past that was written as the demo started: replayed captures, "
            f"and what the rules make of them. From then on they are live. From {began} to {ended} UTC there was an incident with "
            f"{self.incident.model_name}: {self.incident.story}, and {self.incident.alert} fired."
        )


def write_past(data: Path, build: Path, feeds: Feeds, labels: Mapping[str, Labels], past: WrittenPast) -> None:
    """Fill Prometheus' data folder, which is named `data`, with raw series and with what the rules in `build` record and fire.

    `labels` are those of each target by its URL. Raises GlassboxError.
    """
    levels = in_order(rules_of(_rule_files(build / "recording_rules")), PIECE_SECONDS)
    alerts = alerting_rules_of(_rule_files(build / "alerts"))
    with own_prometheus(data) as own:
        write(own.url, _raw(feeds, labels, past))
        evaluator = Evaluator(own.url)
        for after, until in pairwise([*range(past.begin_seconds, past.end_seconds, PIECE_SECONDS), past.end_seconds]):
            evaluator.work_out(levels, after * 1000, until * 1000)
            evaluator.fire(alerts, after * 1000, until * 1000)


def _raw(feeds: Feeds, labels: Mapping[str, Labels], past: WrittenPast) -> Iterator[Samples]:
    for number, (url, history) in enumerate(feeds.histories.items()):
        yield from raw_series(labels[url], number, history, past.begin_seconds, past.end_seconds)


def _rule_files(folder: Path) -> Iterator[Mapping[str, Any]]:
    return (yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.yaml")))


def _clock(moment_seconds: int) -> str:
    return time.strftime("%H:%M", time.gmtime(moment_seconds))
