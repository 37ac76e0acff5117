"""What the replies say about each panel and alert, and why one is empty, if doctor knows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from glassbox.compile.bundle import Bundle
from glassbox.deploying.selection import Selection
from glassbox.doctor.examination_text import lacked
from glassbox.doctor.fleet import LATELY_SECONDS
from glassbox.doctor.gpus_there import is_of_gpus
from glassbox.doctor.listing import some
from glassbox.doctor.needs import missing
from glassbox.doctor.outlook import lack_of
from glassbox.doctor.recorded import Holdings, recorded_by
from glassbox.errors import GlassboxError
from glassbox.grafana.data_source_queries import DataSourceQueries, QueryReply
from glassbox.verifying.asking import replies_to
from glassbox.verifying.choosing import choices_of
from glassbox.verifying.parts import AskedQuery, Part, parts_of
from glassbox.verifying.recording import FindsNothing, Recording

KINDS_OF_SELECTION = ("dashboard", "alert")


class PartState(Enum):
    """What was found of a panel or alert."""

    FINE = "fine"
    DECLARED_EMPTY = "empty as declared"
    CANNOT_FIRE = "cannot fire"
    EMPTY = "empty"
    FAILING = "failing"
    SLOW = "slow"


FOUND = (PartState.EMPTY, PartState.FAILING, PartState.SLOW)
"""What needs a look."""


@dataclass(frozen=True)
class VerifiedPart:
    """A panel or alert with its state, the reason ("" where there is none), and the seconds of its slowest query."""

    board: str
    title: str
    state: PartState
    reason: str
    seconds: float


@dataclass(frozen=True)
class Verification:
    """All that was asked, in the order of the dashboards; the alerts last."""

    parts: tuple[VerifiedPart, ...]
    queries: int

    @property
    def is_fine(self) -> bool:
        """Whether nothing is empty, failing or slow that should not be."""
        return not any(part.state in FOUND for part in self.parts)


def verify(bundle: Bundle, source: DataSourceQueries, selection: Selection, slow_seconds: float) -> Verification:
    """Ask everything that the selection takes; raises GlassboxError where it cannot be asked at all."""
    now = int(time.time())
    names = source.values_of("__name__", now - LATELY_SECONDS, now)
    chosen = [part for part in parts_of(bundle, choices_of(bundle, source, now)) if _takes(selection, part)]
    if not chosen:
        raise GlassboxError(f"--only {selection.pattern!r} fits nothing: give the title of a dashboard, a panel or an alert, or a pattern such as 'dashboard/*'.")  # fmt: skip  # a refusal is one line
    replies = replies_to((query for part in chosen for query in part.queries), source, now)
    known = _Known(names, bundle, lambda query: _finds_nothing(source.instant(query, now)))
    return Verification(tuple(_verified(part, replies, known, slow_seconds) for part in chosen), len(replies))


def _takes(selection: Selection, part: Part) -> bool:
    kind = KINDS_OF_SELECTION[part.is_alert]
    return selection.takes(kind, part.title if part.is_alert else part.board, part.title)


def _verified(part: Part, replies: Mapping[AskedQuery, QueryReply], known: _Known, slow_seconds: float) -> VerifiedPart:
    answers = [replies[query] for query in part.queries]
    seconds = max((answer.seconds for answer in answers), default=0.0)
    state, reason = _state(part, answers, known)
    if state in (PartState.FINE, PartState.DECLARED_EMPTY, PartState.CANNOT_FIRE) and seconds > slow_seconds:
        state, reason = PartState.SLOW, f"its slowest query took {seconds:.1f} s"
    return VerifiedPart(part.board, part.title, state, reason, seconds)


def _state(part: Part, answers: Sequence[QueryReply], known: _Known) -> tuple[PartState, str]:
    if problem := next((answer.problem for answer in answers if answer.problem), ""):
        return PartState.FAILING, problem
    if any(answer.with_numbers for answer in answers):
        return PartState.FINE, ""
    lack = known.lack(part)
    if part.is_alert:
        return (PartState.CANNOT_FIRE, lack) if lack else (PartState.FINE, "")
    if part.may_be_empty:
        return PartState.DECLARED_EMPTY, part.empty
    if not lack and any(answer.series for answer in answers):
        lack = "its values are not numbers (NaN), such as a share of nothing"
    unknown = "its series exist, but the query has no result now; the reason is not known"
    return PartState.EMPTY, lack or known.silence(part) or unknown


def _finds_nothing(reply: QueryReply) -> bool:
    return not reply.series and not reply.problem


class _Known:
    """What doctor knows of a server that has series of these names, and which of our rules are evaluated there."""

    def __init__(self, names: Sequence[str], bundle: Bundle, finds_nothing: FindsNothing) -> None:
        self._names = frozenset(names)
        self._holdings = Holdings(names, recorded_by(bundle))
        self._recording = Recording(names, bundle, finds_nothing)
        self._has_gpus = any(map(is_of_gpus, names))

    def lack(self, part: Part) -> str:
        """What is missing and what brings it; "" where nothing is missing."""
        if not self._names:
            return f"the data source has no series of the last {LATELY_SECONDS // 60} minutes: check that Prometheus scrapes its targets"  # fmt: skip  # one thing is one line
        if lack := lack_of(part.title, list(part.declared), self._holdings):
            return f"without {lacked(lack, has_gpus=self._has_gpus)}"
        unrecorded = [name for name in self._missing(part) if not self._recording.records(name)]
        return f"not recorded: {some(unrecorded)}; load the rules where they are to be evaluated" if unrecorded else ""

    def silence(self, part: Part) -> str:
        """Which recorded series it cannot do without, and have no sample although their rules are evaluated; "" for none."""
        wanted = (missing(str(expr), lambda name: not self._recording.is_missing(name)) for expr in part.declared)
        silent = list(dict.fromkeys(name for names in wanted for name in names))
        return (
            f"the rules of {some(silent)} find nothing now; doctor says which jobs and series are there"
            if silent
            else ""
        )

    def _missing(self, part: Part) -> list[str]:
        """The recorded series without a sample that the part reads."""
        read = dict.fromkeys(series.name for expr in part.declared for series in expr.selectors)
        return [name for name in read if self._recording.is_missing(name)]
