"""What a panel says of engines that do not report what it shows: in its description, and in place of a result."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from glassbox.board.panels import Heatmap, Panel
from glassbox.query.reporters import EVERYBODY, Reporters, lacking, lacking_each

# What stands for no result unless content says otherwise, and what content may begin with.
_NOT_REPORTED = "Not reported"


def with_reporters(panel: Panel) -> Panel:
    """The panel as it is shown: it says which engines report none of it or not all, and what stands for no result says it too."""
    reporters = {name: query.shape.reporters for name, query in panel.named_queries.items()}
    sentences = tuple(_sentences(reporters))
    if not sentences:
        return panel
    told: dict[str, Any] = {"why": " ".join((panel.why, *sentences))}
    if not isinstance(panel, Heatmap):
        told["empty"] = by_this_engine(getattr(panel, "empty", _NOT_REPORTED))
    return replace(panel, **told)


def by_this_engine(empty: str) -> str:
    """A text for no result that also allows for an engine which does not report it."""
    if empty.startswith(_NOT_REPORTED):
        return f"{_NOT_REPORTED} by this engine{empty.removeprefix(_NOT_REPORTED)}"
    return f"{empty}, or not reported by this engine"


def _sentences(reporters: Mapping[str, Reporters]) -> Iterator[str]:
    """Who reports none of the queries, then who lacks one of them besides."""
    missing = {name: EVERYBODY - (EVERYBODY if each is None else each) for name, each in reporters.items()}
    of_all = frozenset.intersection(*missing.values())
    if of_all:
        yield f"Not reported by: {lacking(EVERYBODY - of_all)}."
    if text := lacking_each(reporters, besides=of_all):
        yield f"Not reported: {text}."
