"""Bounds that are not buckets."""

from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Repair, Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Histogram
from glassbox.query.buckets import SETTING, Buckets, bound_text
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
            if problem:
                message = f'{series.name}{{le="{bound}"}}: {problem}.'
                yield in_query(query, message, f'le="{bound}"', repairs=_as_written(query, bound, series, corpus))


def _as_written(query: Query, bound: str, series: SeriesNode, corpus: Corpus) -> tuple[Repair, ...]:
    """The repair where there is such a bucket, which its servers write in another way."""
    known = _buckets_of(series, corpus)
    alike = [each for each in known.bounds if f"{each:g}" == bound] if known else []
    alone = query.text.count(f'le="{bound}"') == 1
    return with_part(query, f'le="{bound}"', f'le="{bound_text(alike[0])}"') if alike and alone else ()


def _bound(series: SeriesNode) -> str:
    """The one finite bound that is selected; empty where all are, or where a variable chooses."""
    chosen = (each.value for each in series.matchers if (each.label, each.operator) == ("le", "="))
    bound = next(chosen, "")
    return "" if series.either or bound in ("+Inf", "") or is_of_a_variable(bound) else bound


def _problem(bound: str, series: SeriesNode, corpus: Corpus) -> str:
    known = _buckets_of(series, corpus)
    if known is None:
        return "no histogram or recorded series of that name has buckets" if corpus.own else ""
    written = {bound_text(each): each for each in known.bounds}
    if bound not in written:
        return f"no such bucket; servers have {', '.join(written)}"
    for name, end in known.former_ends:
        if written[bound] > end.bound:
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
