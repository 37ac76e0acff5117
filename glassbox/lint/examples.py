"""Examples of rules: small content as one would write it, and as it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from glassbox.lint.finding import Location
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule, RuleGroup
from glassbox.lint.subjects.judged_boards import Board, BoardPanel
from glassbox.lint.subjects.queries import Query, QueryKind

_BOARD = Location("dashboard.json", object="Example")
_GROUP = Location("rules.yml", object="example")


@dataclass(frozen=True)
class Example:
    """What a rule is tried on and its page shows: `text` for people, `corpus` as it is read."""

    text: str
    corpus: Corpus

    def given(self, text: str, **changes: Any) -> "Example":
        """The same with other things that are known of the corpus, and a text that says so."""
        return Example(f"{self.text}\n{text}", replace(self.corpus, **changes))


def on_panel(expr: str, legend: str = "", panel: Mapping[str, Any] | None = None, **query: Any) -> Example:
    """A panel with one query; `panel` and `query` are fields of BoardPanel and Query."""
    location = _BOARD.within("Panel")
    asked = Query(expr, location.within("query A"), QueryKind.PANEL, "A", legend, **query)
    fields: dict[str, Any] = {"title": "Panel", "type": "timeseries", "id": 1, "description": "What it means."} | dict(
        panel or {}
    )
    shown = BoardPanel(location=location, queries=(asked,), **fields)
    said = [f"expr: {expr}"] + ([f"legend: {legend}"] if legend else [])
    said += [f"{name}: {_shown(value)}" for name, value in (dict(panel or {}) | query).items()]
    return Example("\n".join(said), on_board(panels=(shown,)))


def _shown(value: object) -> object:
    """It, with the values of a set in one order."""
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else value


def on_board(**fields: Any) -> Corpus:
    """A dashboard with these fields of Board."""
    known: dict[str, Any] = {"title": "Example", "location": _BOARD, "uid": "example"}
    return Corpus(boards=(Board(**(known | fields)),))


def as_alert(
    expr: str,
    for_: str = "5m",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    name: str = "Example",
    *,
    grafana: Mapping[str, Any] | None = None,
) -> Example:
    """A rule file with one alert, which is Grafana's where `grafana` has fields of GroupedRule."""
    location = _GROUP.within(name)
    rule = GroupedRule(
        name=name,
        query=Query(expr, location, QueryKind.ALERT),
        location=location,
        labels=labels or {},
        annotations=annotations or {},
        for_text=for_,
        is_grafana=grafana is not None,
        **(grafana or {}),
    )
    said = [f"alert: {name}", f"expr: {expr}"] + ([f"for: {for_}"] if for_ else [])
    said += [f"labels: {{{key}: '{value}'}}" for key, value in (labels or {}).items()]
    said += [f"{key}: {value}" for key, value in (grafana or {}).items()]
    said += [f"annotations: {{{key}: '{value}'}}" for key, value in (annotations or {}).items()]
    return Example("\n".join(said), Corpus(groups=(RuleGroup("example", _GROUP, (rule,)),)))


def as_record(name: str, expr: str, labels: Mapping[str, str] | None = None) -> Example:
    """A rule file with one recorded series."""
    location = _GROUP.within(name)
    rule = GroupedRule(name, Query(expr, location, QueryKind.RECORD), location, labels or {})
    return Example(f"record: {name}\nexpr: {expr}", Corpus(groups=(RuleGroup("example", _GROUP, (rule,)),)))


def together(*examples: Example) -> Example:
    """All of them, read together."""
    boards = tuple(board for each in examples for board in each.corpus.boards)
    groups = tuple(group for each in examples for group in each.corpus.groups)
    return Example("\n\n".join(each.text for each in examples), Corpus(boards, groups))
