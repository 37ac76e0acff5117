"""Dashboards and rule files of anybody: what of them can work on a Prometheus."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from glassbox.doctor.recorded import Holdings
from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.http.json_text import objects_in
from glassbox.syntax.grafana_variables import is_of_a_variable, plain

_OTHER_SOURCES = ("loki", "tempo", "grafana-pyroscope-datasource", "__expr__")
_MOST_ROWS_IN_ROWS = 3
_FILLED_IN = "Grafana puts a variable in that decides it."
_VALUES_OF = re.compile(r"(?:label_values\((?P<series>.+),\s*\w+\s*\)|query_result\((?P<query>.+)\))\s*", re.DOTALL)


@dataclass(frozen=True)
class OtherQuery:
    """A query of a file: where it stands there, and the name under which its result is recorded, if it is."""

    where: str
    text: str
    recorded_as: str = ""


@dataclass(frozen=True)
class Judgement:
    """What a query lacks, with the likeliest name that is there, or an empty one; `unknown` says why it was not judged."""

    where: str
    lacks: Mapping[str, str]
    unknown: str = ""


def queries_of(file: Path) -> list[OtherQuery]:
    """All queries of a dashboard (JSON) or a rule file (YAML); raises GlassboxError for anything else."""
    content = _content(file)
    # Kubernetes has it in `spec`, and Grafana's API in `dashboard`.
    inner = (content.get(key) for key in ("spec", "dashboard")) if isinstance(content, dict) else ()
    for holder in (each for each in (content, *inner) if isinstance(each, dict)):
        if isinstance(holder.get("groups"), list):
            return list(_of_rules(holder))
        if any(isinstance(holder.get(key), list) for key in ("panels", "rows")):
            return list(_of_board(holder))
    raise GlassboxError(f"{file} holds neither a dashboard nor rule groups: name a file of one of the two.")


def judged(files: Mapping[str, Sequence[OtherQuery]], names: Iterable[str]) -> dict[str, list[Judgement]]:
    """The queries of each file against the names of series that are there, and what any of the files records."""
    recorded: dict[str, list[str]] = {}
    for query in chain.from_iterable(files.values()):
        if query.recorded_as:
            recorded.setdefault(query.recorded_as, []).append(plain(query.text))
    holdings = Holdings(names, recorded)
    return {file: [_judgement(query, holdings) for query in queries] for file, queries in files.items()}


def _judgement(query: OtherQuery, holdings: Holdings) -> Judgement:
    try:
        lacks = _lacks(query.text, holdings)
    except GlassboxError as error:
        return Judgement(query.where, {}, unknown=_FILLED_IN if plain(query.text) != query.text else str(error))
    known = [name for name in lacks if not is_of_a_variable(name)]
    if lacks and not known:
        return Judgement(query.where, {}, unknown=_FILLED_IN)
    return Judgement(query.where, {name: likeliest(name, holdings.names) for name in known})


def _lacks(text: str, holdings: Holdings) -> tuple[str, ...]:
    """As the holdings have it, with a number for each variable where a name is not PromQL."""
    try:
        return holdings.lacks(plain(text))
    except GlassboxError:
        return holdings.lacks(plain(text, stands_for_one="1"))


@cache
def likeliest(name: str, names: frozenset[str]) -> str:
    """The name that is there and most like this one: another spelling of it, or one of the same exporter with a few other letters.

    Empty where none is.
    """
    ordered = sorted(names)
    spelled = [each for each in ordered if _spelling(each) == _spelling(name)]
    of_it = [each for each in ordered if _exporter(each) == _exporter(name)]
    return next(iter(spelled or get_close_matches(name, of_it, n=1, cutoff=0.8)), "")


def _spelling(name: str) -> str:
    return name.replace(":", "_").removeprefix("ray_").removesuffix("_total")


def _exporter(name: str) -> str:
    """What its names begin with."""
    return _spelling(name).partition("_")[0]


def _content(file: Path) -> Any:
    try:
        text = content_of(file).decode("utf-8-sig")
        return json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except OSError as error:
        raise GlassboxError(f"{file} cannot be read ({error.strerror}): name another file.") from None
    # PyYAML raises lookup and attribute errors where a value does not fit the tag before it, as in `!!bool maybe`.
    except (ValueError, LookupError, AttributeError, RecursionError, yaml.YAMLError):
        raise GlassboxError(f"{file} is neither JSON nor YAML in UTF-8: name a dashboard or a rule file.") from None


def _of_rules(holder: Mapping[str, Any]) -> Iterator[OtherQuery]:
    for group in objects_in(holder, "groups"):
        for rule in objects_in(group, "rules"):
            name = str(rule.get("record") or rule.get("alert") or rule.get("title") or "a rule without a name")
            for text in _expressions(rule):
                yield OtherQuery(f"{group.get('name')}, {name}", text, str(rule.get("record") or ""))


def _expressions(rule: Mapping[str, Any]) -> Iterator[str]:
    """Of a rule of Prometheus its query, of one of Grafana its queries without those of other data sources."""
    models = (each["model"] for each in objects_in(rule, "data") if isinstance(each.get("model"), dict))
    for holder in (rule, *models):
        if isinstance(text := holder.get("expr"), str) and _is_prometheus(holder):
            yield text


def _of_board(board: Mapping[str, Any]) -> Iterator[OtherQuery]:
    for panel in _panels(board):
        for target in objects_in(panel, "targets"):
            asked = isinstance(target.get("expr"), str) and target["expr"].strip()
            if asked and _is_prometheus(panel) and _is_prometheus(target):
                yield OtherQuery(str(panel.get("title") or "a panel without a title"), target["expr"])
    for variable in objects_in(board.get("templating"), "list"):
        asked = variable.get("query")
        text = asked.get("query") if isinstance(asked, dict) else asked
        if isinstance(text, str) and (found := _VALUES_OF.fullmatch(text)):
            yield OtherQuery(f"the variable {variable.get('name')}", found["series"] or found["query"])


def _panels(holder: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Every panel, those of rows included; YAML's anchors can put a panel into itself."""
    for panel in (*objects_in(holder, "panels"), *objects_in(holder, "rows")):
        yield panel
        if depth < _MOST_ROWS_IN_ROWS:
            yield from _panels(panel, depth + 1)


def _is_prometheus(asking: Mapping[str, Any]) -> bool:
    """Whether it does not say that it asks another kind of data source, such as Loki, whose queries are also `expr`."""
    source = asking.get("datasource")
    kind = source.get("type") if isinstance(source, dict) else None
    return kind not in _OTHER_SOURCES
