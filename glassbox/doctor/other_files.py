"""Any dashboards and rule files: what of them can work on a Prometheus."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import chain
from pathlib import Path

from glassbox.doctor.recorded import Holdings
from glassbox.errors import GlassboxError
from glassbox.lint.reading.files_read import read
from glassbox.lint.subjects.grouped_rules import RuleGroup
from glassbox.lint.subjects.judged_boards import Board
from glassbox.syntax.grafana_variables import is_of_a_variable, plain

_FILLED_IN = "Grafana puts a variable in that decides it."


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
    """All queries of a file of dashboards or rules; raises GlassboxError for one that cannot be read, or holds neither."""
    found = read([file])
    for refused in found.unreadable:
        problem = refused.message[0].lower() + refused.message[1:].removesuffix(".")
        raise GlassboxError(f"{file}: {problem}; name a file of dashboards or rules.")
    for what in found.not_read:
        raise GlassboxError(f"{file} is a {what}, which is not read: render it first.")
    if found.corpus.routes:
        raise GlassboxError(f"{file} holds neither a dashboard nor rule groups: name a file of one of the two.")
    return [
        *chain.from_iterable(map(_of_board, found.corpus.boards)),
        *chain.from_iterable(map(_of_group, found.corpus.groups)),
    ]


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


def _of_board(board: Board) -> Iterator[OtherQuery]:
    for panel in board.panels:
        yield from (OtherQuery(panel.title or "a panel without a title", query.text) for query in panel.queries)
    for variable in board.variables:
        if variable.query:
            yield OtherQuery(f"the variable {variable.name}", variable.query.text)
    for note in board.annotations:
        if note.query:
            yield OtherQuery(f"the annotation {note.name}", note.query.text)


def _of_group(group: RuleGroup) -> Iterator[OtherQuery]:
    for rule in group.rules:
        for query in (rule.query, *rule.more_queries) if rule.query.text else ():
            yield OtherQuery(f"{group.name}, {rule.name}", query.text, "" if rule.is_alert else rule.name)
