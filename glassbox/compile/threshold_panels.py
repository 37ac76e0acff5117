"""What panels say of the exceptions of the setting `thresholds_for`.

Grafana colours all lines of a panel by one set of steps. So the description says for whom another threshold holds, and that the colours
are those of the others.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from glassbox.board.dashboard import Dashboard, Row
from glassbox.board.panels import Panel
from glassbox.compile.threshold_scopes import Scope, scopes
from glassbox.errors import GlassboxError
from glassbox.settings.model import Settings

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_COLOURS = "The colours and limits shown here are those of all others."


def with_exceptions(build: Callable[[Settings], Dashboard], settings: Settings) -> Dashboard:
    """The dashboard, whose panels say what other thresholds hold for whom; raises GlassboxError where these change which panels there are."""

    @cache
    def built(thresholds: frozenset[tuple[str, Any]]) -> Dashboard:
        return build(replace(settings, thresholds=replace(settings.thresholds, **dict(thresholds)), thresholds_for=()))

    usual = build(settings)
    others = {
        scope: built(frozenset(thresholds.items())) for scope, thresholds in scopes(settings.thresholds_for).items()
    }
    for scope, other in others.items():
        if [len(row.panels) for row in other.rows] != [len(row.panels) for row in usual.rows]:
            raise GlassboxError(
                f"Setting thresholds_for: {usual.title} has other panels with the thresholds of {scope.words}; leave them out."
            )
    return (
        replace(usual, rows=tuple(_told_row(at, row, others) for at, row in enumerate(usual.rows))) if others else usual
    )


def _told_row(at: int, row: Row, others: Mapping[Scope, Dashboard]) -> Row:
    panels = (
        _told(panel, {scope: other.rows[at].panels[place] for scope, other in others.items()})
        for place, panel in enumerate(row.panels)
    )
    return replace(row, panels=tuple(panels))


def _told(panel: Panel, others: Mapping[Scope, Panel]) -> Panel:
    """The panel with a sentence for each other text, which names all for whom it holds."""
    texts: dict[str, list[Scope]] = {}
    for scope, other in others.items():
        if text := _other_text(panel, other):
            texts.setdefault(text, []).append(scope)
    said = (f"For {_either(for_whom)}: {text}" for text, for_whom in texts.items())
    return replace(panel, why=" ".join((panel.why, *said)))


def _other_text(panel: Panel, other: Panel) -> str:
    """What the panel would say otherwise; empty where it is the same one."""
    known = _BETWEEN_SENTENCES.split(panel.why)
    sentences = [each for each in _BETWEEN_SENTENCES.split(other.why) if each not in known]
    if replace(other, why=panel.why) != panel:
        sentences.append(_COLOURS)
    return " ".join(sentences)


def _either(for_whom: Sequence[Scope]) -> str:
    return " or ".join(scope.words for scope in for_whom)
