"""Bounds that are not buckets."""

from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Repair, Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Histogram
from glassbox.query.buckets import EITHER_ENDING, SETTING, Buckets, bound_text
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import SeriesNode

_E2E = "vllm:e2e_request_latency_seconds_bucket"
# Their client library writes every bound as a float, 120 as 120.0.
_WRITES_FLOATS = ("vllm", "sglang", "trtllm")


def _of_catalogue() -> dict[str, Buckets]:
    histograms = (each for engine in _WRITES_FLOATS for each in CATALOGUE[engine] if isinstance(each, Histogram))
    return {each.bucket.name: Buckets(each.bounds) for each in histograms if not each.shared_name}


_KNOWN = _of_catalogue()


def known_bounds(name: str) -> tuple[float, ...]:
    """The finite bounds of buckets of this name, where one engine alone has them; empty where they are not known."""
    known = _KNOWN.get(name)
    return tuple(known.bounds) if known else ()


@lint_rule(
    "unknown-bucket",
    Severity.ERROR,
    title="A bound that is not a bucket",
    why="Histograms have series for their own bounds only, and Prometheus compares bounds as text: any other finds nothing, and nobody notices.",
    fix="Select a bucket that the servers have, written as they write it.",
    bad=on_panel(f'rate({_E2E}{{le="120"}}[5m])'),
    good=on_panel(f'rate({_E2E}{{le="120.0"}}[5m])'),
)
def unknown_bucket(corpus: Corpus) -> Iterator[Defect]:
    """Of histograms that are known, and of series that our own rules record of them, with every supported server."""
    for query in corpus.queries:
        for series in query.series:
            bound = _bound(series)
            problem = _problem(bound, series, corpus) if bound else ""
            if bound and problem:
                message = f"{series.name}{{{bound.matcher}}}: {problem}."
                yield in_query(query, message, bound.matcher, repairs=_as_written(query, bound, series, corpus))


@dataclass(frozen=True)
class _Bound:
    """The one finite bound that a matcher selects, in the forms that it matches."""

    matcher: str
    forms: tuple[str, ...]


def _bound(series: SeriesNode) -> _Bound | None:
    """None where all are selected, several, or those that a variable chooses."""
    if series.either:
        return None
    for each in series.matchers:
        if (each.label, each.operator) == ("le", "=") and each.value not in ("+Inf", ""):
            return None if is_of_a_variable(each.value) else _Bound(f'le="{each.value}"', (each.value,))
        if (each.label, each.operator) == ("le", "=~") and each.value.endswith(EITHER_ENDING):
            whole = each.value.removesuffix(EITHER_ENDING)
            return _Bound(f'le=~"{each.value}"', (whole, f"{whole}.0"))
    return None


def _as_written(query: Query, bound: _Bound, series: SeriesNode, corpus: Corpus) -> tuple[Repair, ...]:
    """The repair where there is such a bucket, which its servers write in another way."""
    known = _buckets_of(series, corpus)
    alike = [each for each in known.bounds if f"{each:g}" in bound.forms] if known else []
    alone = query.text.count(bound.matcher) == 1
    return with_part(query, bound.matcher, f'le="{bound_text(alike[0])}"') if alike and alone else ()


def _problem(bound: _Bound, series: SeriesNode, corpus: Corpus) -> str:
    known = _buckets_of(series, corpus)
    if known is None:
        return "no histogram or recorded series of that name has buckets" if corpus.own else ""
    written = {bound_text(each): each for each in known.bounds}
    chosen = next((written[form] for form in bound.forms if form in written), None)
    if chosen is None:
        return f"no such bucket; servers have {', '.join(written)}"
    for name, end in known.former_ends:
        if chosen > end.bound:
            return (
                f"{name} ends at {end.bound:g} up to version {end.last}; choose a smaller bound, "
                f"or name the buckets that your servers have in the setting {SETTING}"
            )
    return ""


def _buckets_of(series: SeriesNode, corpus: Corpus) -> Buckets | None:
    """Those of the engine whose series are selected, else those of the first."""
    if not corpus.own:
        return _KNOWN.get(series.name)
    engines = (each.value for each in series.matchers if (each.label, each.operator) == ("inference_engine", "="))
    return corpus.buckets_of_engines.get((series.name, next(engines, ""))) or corpus.buckets.get(series.name)


RULES = (unknown_bucket,)
