"""All queries asked, each once, a few at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from glassbox.errors import GlassboxError
from glassbox.grafana.at_once import at_once
from glassbox.grafana.data_source_queries import DataSourceQueries, QueryReply
from glassbox.verifying.parts import STEP_SECONDS, AskedQuery

AT_ONCE = 4
"""A board sends as many as a browser has connections, which is six; a check leaves room for people."""
_UNANSWERED_MAX = 8


def replies_to(queries: Iterable[AskedQuery], source: DataSourceQueries, now: int) -> dict[AskedQuery, QueryReply]:
    """The reply to each query. GlassboxError where the data source stops answering: the rest would wait for the same time each."""
    wanted = list(dict.fromkeys(queries))
    watched = _Watched(source, now)
    return dict(zip(wanted, at_once(AT_ONCE, watched.ask, wanted), strict=True))


class _Watched:
    """Asks, and counts the queries without any answer."""

    def __init__(self, source: DataSourceQueries, now: int) -> None:
        self._source, self._now = source, now
        self._lock, self._unanswered = Lock(), 0
        self._given_up: GlassboxError | None = None

    def ask(self, query: AskedQuery) -> QueryReply:
        """The reply; raises GlassboxError after too many without an answer."""
        if self._given_up:
            raise self._given_up
        reply = self._reply(query)
        with self._lock:
            self._unanswered += not reply.answered
            if self._unanswered >= _UNANSWERED_MAX and not self._given_up:
                self._given_up = GlassboxError(
                    f"{self._unanswered} queries got no answer from data source {self._source.source.name} ({reply.problem}): "
                    "nothing more was asked. Look at its load, and run this again."
                )
        return reply

    def _reply(self, query: AskedQuery) -> QueryReply:
        if query.instant:
            return self._source.instant(query.expr, self._now)
        return self._source.over(query.expr, self._now - query.range_seconds, self._now, STEP_SECONDS)
