"""Our own content as lint reads it."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain

from glassbox.compile.bundle import Bundle
from glassbox.compile.kubernetes import SCRAPE_INTERVAL
from glassbox.compile.left_out import dead_ends
from glassbox.lint.finding import Location
from glassbox.lint.reading.boards import board_of
from glassbox.lint.reading.read_rules import group_of
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.exemptions import Exemption
from glassbox.syntax.promql_durations import seconds_of

_LEADS_LEFT_OUT = "The settings leave out the dashboards that it leads to."


def corpus_of(bundle: Bundle) -> Corpus:
    """Everything in a bundle, with the exemptions that content declares. Files are named as `build` writes them."""
    rules = {f"recording_rules/{name}": content for name, content in bundle.recording_rules.items()}
    rules |= {f"alerts/{name}": content for name, content in bundle.alerts.items()}
    return Corpus(
        boards=tuple(board_of(board, _file_of(uid), uid=uid) for uid, board in bundle.dashboards.items()),
        groups=tuple(group_of(group, file) for file, content in rules.items() for group in content["groups"]),
        exemptions=tuple(chain(_of_boards(bundle), _of_rules(bundle))),
        own=True,
        scrape_interval_seconds=seconds_of(SCRAPE_INTERVAL),
        runbooks={
            path.stem: path.read_text(encoding="utf-8") for place in bundle.runbooks for path in place.glob("*.md")
        },
        left_out_alerts=bundle.left_out.alerts,
        # JSON is YAML, and is written much faster.
        rule_files={file: json.dumps(content) for file, content in rules.items()},
        buckets=bundle.buckets,
        buckets_of_engines=bundle.buckets_of_engines,
    )


def _file_of(uid: str) -> str:
    return f"dashboards/{uid}.json"


def _of_boards(bundle: Bundle) -> Iterator[Exemption]:
    for uid in sorted(dead_ends(bundle.dashboards) & bundle.left_out.dead_ends):
        yield Exemption("dead-end", _LEADS_LEFT_OUT, Location(_file_of(uid), object=bundle.dashboards[uid]["title"]))
    for uid, board in bundle.content.dashboards.items():
        at = Location(_file_of(uid), object=board.declared.title)
        yield from _exemptions(board.declared.exempt_from, at)
        for panel in board.declared.panels:
            yield from _exemptions(panel.exempt_from, at.within(panel.title))


def _of_rules(bundle: Bundle) -> Iterator[Exemption]:
    file_of = {
        group["name"]: f"{folder}/{name}"
        for folder, files in (("recording_rules", bundle.recording_rules), ("alerts", bundle.alerts))
        for name, content in files.items()
        for group in content["groups"]
    }
    for records in bundle.content.records:
        for record in records.records:
            at = Location(file_of.get(records.name, ""), object=f"{records.name} / {record.name}")
            yield from _exemptions(record.exempt_from, at)
    for alerts in bundle.content.alerts:
        for alert in alerts.alerts:
            at = Location(file_of.get(alerts.name, ""), object=f"{alerts.name} / {alert.name}")
            yield from _exemptions(alert.exempt_from, at)


def _exemptions(exempt_from: Iterable[tuple[str, str]], at: Location) -> Iterator[Exemption]:
    return (Exemption(rule, reason, at) for rule, reason in exempt_from)
