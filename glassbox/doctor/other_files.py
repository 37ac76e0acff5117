"""Dashboards and rule files of anybody: what of them can work on a Prometheus."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from glassbox.compile.bundle import every_panel
from glassbox.doctor.recorded import Holdings
from glassbox.errors import GlassboxError
from glassbox.files import content_of

# Grafana writes variables as $x, ${x} or ${x:format}, and in old dashboards as [[x]].
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\w+|\[\[[^\]]*\]\]")
_DURATION = re.compile(r"\[\s*(?:\$\{[^}]*\}|\$\w+|\[\[[^\]]*\]\])(?=[:\]])")
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_STANDS_FOR_ONE = "a_variable"
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
    if isinstance(content, dict) and isinstance(content.get("groups"), list):
        return list(_of_rules(content["groups"]))
    board = content.get("dashboard", content) if isinstance(content, dict) else None
    if isinstance(board, dict) and any(isinstance(board.get(key), list) for key in ("panels", "rows")):
        return list(_of_board(board))
    raise GlassboxError(f"{file} holds neither a dashboard nor rule groups: name a file of one of the two.")


def judged(queries: Iterable[OtherQuery], names: Iterable[str]) -> Iterator[Judgement]:
    """Each query against the names of series that are there, and what the queries themselves record."""
    queries, names = list(queries), frozenset(names)
    recorded: dict[str, list[str]] = {}
    for query in queries:
        if query.recorded_as:
            recorded.setdefault(query.recorded_as, []).append(plain(query.text))
    holdings = Holdings(names, recorded)
    for query in queries:
        yield _judgement(query, holdings)


def _judgement(query: OtherQuery, holdings: Holdings) -> Judgement:
    try:
        lacks = holdings.lacks(plain(query.text))
    except GlassboxError as error:
        return Judgement(query.where, {}, unknown=str(error))
    if any(_STANDS_FOR_ONE in name for name in lacks):
        return Judgement(query.where, {}, unknown="a variable stands where a name does.")
    return Judgement(query.where, {name: likeliest(name, holdings.names) for name in lacks})


def plain(text: str) -> str:
    """The query as PromQL: Grafana's variables stand for a duration within brackets, and for a name outside of texts."""
    with_durations = _DURATION.sub("[5m", text)
    texts = _TEXT.findall(with_durations)
    outside = [_VARIABLE.sub(_STANDS_FOR_ONE, part) for part in _TEXT.split(with_durations)]
    return "".join(part + held for part, held in zip(outside, [*texts, ""], strict=True))


def likeliest(name: str, names: Iterable[str]) -> str:
    """The name that is there and most like this one: another spelling of it, or one with a few other letters; empty where none is."""
    names = sorted(names)
    spelled = [each for each in names if _spelling(each) == _spelling(name)]
    return next(iter(spelled or get_close_matches(name, names, n=1, cutoff=0.8)), "")


def _spelling(name: str) -> str:
    return name.replace(":", "_").removeprefix("ray_").removesuffix("_total")


def _content(file: Path) -> Any:
    try:
        text = content_of(file).decode()
        return json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except OSError as error:
        raise GlassboxError(f"{file} cannot be read ({error.strerror}): name another file.") from None
    except (ValueError, RecursionError, yaml.YAMLError):
        raise GlassboxError(f"{file} is neither JSON nor YAML in UTF-8: name a dashboard or a rule file.") from None


def _of_rules(groups: Iterable[Any]) -> Iterator[OtherQuery]:
    for group in filter(_is_object, groups):
        for rule in filter(_is_object, group.get("rules") or ()):
            name = str(rule.get("record") or rule.get("alert") or "a rule without a name")
            if isinstance(rule.get("expr"), str):
                yield OtherQuery(f"{group.get('name')}, {name}", rule["expr"], str(rule.get("record") or ""))


def _of_board(board: Mapping[str, Any]) -> Iterator[OtherQuery]:
    rows = [panel for row in board.get("rows") or () if _is_object(row) for panel in row.get("panels") or ()]
    for panel in filter(_is_object, (*every_panel(board.get("panels")), *rows)):
        for target in filter(_is_object, panel.get("targets") or ()):
            if isinstance(target.get("expr"), str) and target["expr"].strip():
                yield OtherQuery(str(panel.get("title") or "a panel without a title"), target["expr"])
    for variable in filter(_is_object, (board.get("templating") or {}).get("list") or ()):
        asked = variable.get("query")
        text = asked.get("query") if isinstance(asked, dict) else asked
        if isinstance(text, str) and (found := _VALUES_OF.fullmatch(text)):
            yield OtherQuery(f"the variable {variable.get('name')}", found["series"] or found["query"])


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
