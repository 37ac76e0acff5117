"""Names of metrics and labels that no exporter has."""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import cache

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.known_metrics import HISTOGRAM, ExposedSeries, dcgm_fields, first_word, former_metrics, known_series
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Histogram, spellings

# Names of one exporter are as like as this, so that only a slip of the pen is nearer.
_LIKE = 0.92
_LABELS_LIKE = 0.85
_WORDS_LIKE = 0.75
_WHO = {True: "The exposition has no", False: "No version has"}
# Client libraries give these to the metrics of every program.
_OF_ANY_EXPORTER = frozenset({"go", "process", "python", "http", "promhttp", "jvm", "up", "scrape", "target"})
# Exporters all of whose metrics are known: others have more than are listed. vLLM-Omni is another server, with the same prefix.
_OF_VLLM, _OF_DCGM, _OF_LLAMACPP = r"vllm:(?!omni_)[^:]+", r"DCGM_FI_(?:DEV|PROF)_[A-Z0-9_]+", r"llamacpp:[^:]+"
_COMPLETE = re.compile(f"{_OF_VLLM}|{_OF_LLAMACPP}|{_OF_DCGM}")
# Hardly anybody records a series under such a name, which is how client libraries end theirs.
_CERTAIN = re.compile(rf"(?:{_OF_VLLM}|{_OF_LLAMACPP})_(?:total|bucket|sum|count|counter)|{_OF_DCGM}")
_ENDING = re.compile(r"_(?:total|bucket|sum|count)$")
# Nearly all of whose metrics are known, so that a slip of the pen is likelier than one more.
_NEARLY_COMPLETE = ("kube_", "redis_")
# Others have the same words in another order: older client libraries for Java, own queries of postgres_exporter, and programs named after an engine.
_OF_OTHERS_TOO = ("jvm_", "pg_", "ray_", "vllm_", "sglang_", "llamacpp_")
# What is often read of vLLM and was never there: it counts requests that fail by the reason for which they end.
_OF_FAILURES = re.compile(r"vllm:(?:num_)?requests?_(?:fail(?:ures?|ed)|errors?)(?:_total)?")
_FIX_OF_FAILURES = 'Read vllm:request_success_total{finished_reason="error"}, which counts them from version 0.13 on.'
_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
# Their client library writes the endings, so that no version had the bare names.
_SPELLED = frozenset(
    spelled
    for engine in ("vllm", "sglang")
    for metric in CATALOGUE[engine]
    if isinstance(metric, Histogram)
    # In the spelling that Prometheus 2 or a gateway gives it: other names that begin so are of anybody's programs.
    for spelled in spellings(metric.name)[1:]
)
_OF_PYTHON = ("vllm:", "sglang:", "trtllm_", "litellm_")


@lint_rule(
    "missing-suffix",
    Severity.ERROR,
    title="The name of a metric without that of its series",
    why="A counter is stored under a name that ends in _total, a histogram under three: _bucket, _sum and _count. "
    "Under the bare name there is nothing, so that the panel is empty and the alert never fires.",
    fix="Read the series that are there.",
    bad=as_alert("rate(vllm:num_preemptions[5m]) > 1"),
    good=as_alert("rate(vllm:num_preemptions_total[5m]) > 1"),
)
def missing_suffix(corpus: Corpus) -> Iterator[Defect]:
    """Of exporters whose client library writes the endings, and of those whose exposition was given."""
    for query in corpus.queries:
        for series in corpus.scraped_series(query):
            if series.name not in former_metrics() and (there := _there_instead(series.name, corpus)):
                fix = f"Read {there}."
                repairs = with_part(query, series.name, there) if _NAME.fullmatch(there) else ()
                yield in_query(query, f"There are no series {series.name}.", series.name, fix, repairs)


def _there_instead(name: str, corpus: Corpus) -> str:
    known = corpus.series_there.get(name)
    if known is None:
        certain = name.startswith(_OF_PYTHON) or f"{name}_total" in corpus.exposed
        return f"{name}_total" if certain and f"{name}_total" in corpus.series_there else ""
    # Prometheus may store any histogram as a native one, under its bare name; client libraries of Python never expose one.
    bare = known.type == HISTOGRAM and (name.startswith(_OF_PYTHON) or name in _SPELLED)
    return f"{name}_bucket, {name}_sum or {name}_count" if bare else ""


@lint_rule(
    "unknown-metric",
    Severity.WARNING,
    title="A metric that its exporter does not have",
    why="A slip of the pen in a name is an empty panel, or an alert that never fires.",
    fix="Correct the name.",
    bad=on_panel("vllm:num_request_waiting"),
    good=on_panel("vllm:num_requests_waiting"),
)
def unknown_metric(corpus: Corpus) -> Iterator[Defect]:
    """Where all metrics of the exporter are known, if the name is nearly one of them or ends as exporters' names do; where it has the words of a known one in another order; and of exporters whose exposition was given."""
    prefixes = {prefix for name in corpus.exposed if (prefix := first_word(name)) not in _OF_ANY_EXPORTER}
    for query in corpus.queries:
        for series in corpus.scraped_series(query):
            if not _is_known(series.name, corpus):
                yield from _unknown(query, series.name, corpus, exposed=first_word(series.name) in prefixes)


def _is_known(name: str, corpus: Corpus) -> bool:
    """Whether it is there, or another rule reports it."""
    there = name in corpus.series_there or name in former_metrics() or name in dcgm_fields()
    return there or bool(_there_instead(name, corpus))


def _unknown(query: Query, name: str, corpus: Corpus, *, exposed: bool) -> Iterator[Defect]:
    of_failures = _OF_FAILURES.fullmatch(name)
    certain = exposed or of_failures or _CERTAIN.fullmatch(name)
    listed = certain or _COMPLETE.fullmatch(name) or name.startswith(_NEARLY_COMPLETE)
    near = _near(name, corpus) if listed else ""
    of_a_program = not certain and name.startswith(_NEARLY_COMPLETE) and not _is_a_slip(name, near)
    near = ("" if of_a_program else near) or _same_words(name)
    if near or certain:
        nearest = f"; {near} is nearest" if near and not of_failures else ""
        fix = _FIX_OF_FAILURES if of_failures else f"Read {near}, or correct the name." if near else ""
        yield in_query(query, f"{_WHO[exposed]} {name}{nearest}.", name, fix)


def _near(name: str, corpus: Corpus) -> str:
    """The metric of the same exporter that has nearly this name, or what answers instead of it; "" where none has."""
    without_ending = _ENDING.sub("", name)
    if without_ending in corpus.series_there:
        return without_ending
    exporter = name[: len(first_word(name)) + 1]
    names = (*corpus.series_there, *former_metrics(), *dcgm_fields())
    same = [each for each in names if each.startswith(exporter)]
    found = next(iter(get_close_matches(name, same, n=1, cutoff=_LIKE)), "")
    former = former_metrics().get(found)
    return former.replacement if former and found not in corpus.series_there else found


def _is_a_slip(name: str, known: str) -> bool:
    """Whether each word is that of the known name, or nearly: a program that has its own names has other words."""
    words, others = name.split("_"), known.split("_")
    pairs = zip(words, others, strict=False)
    return len(words) == len(others) and all(SequenceMatcher(None, *pair).ratio() >= _WORDS_LIKE for pair in pairs)


@cache
def _same_words(name: str) -> str:
    """A known name of the same exporter that has the same letters, as its words in another order; empty where there is none."""
    if name.startswith(_OF_OTHERS_TOO):
        return ""
    alike = (each for each in _names_by_length().get(_length(name), ()) if first_word(each) == first_word(name))
    return next((each for each in alike if _letters(each) == _letters(name)), "")


@cache
def _names_by_length() -> Mapping[int, tuple[str, ...]]:
    """The known names of series, by how many letters they have."""
    found: dict[int, list[str]] = {}
    for name in known_series():
        found.setdefault(_length(name), []).append(name)
    return {length: tuple(names) for length, names in found.items()}


def _length(name: str) -> int:
    return len(name) - name.count("_")


def _letters(name: str) -> list[str]:
    return sorted(name.replace("_", ""))


@lint_rule(
    "unknown-label",
    Severity.WARNING,
    title="A label that its metric does not have",
    why="A selector by a label that is not there finds nothing.",
    fix="Correct the label.",
    bad=on_panel('rate(vllm:request_success_total{finish_reason="length"}[5m])'),
    good=on_panel('rate(vllm:request_success_total{finished_reason="length"}[5m])'),
)
def unknown_label(corpus: Corpus) -> Iterator[Defect]:
    """Only where the metric has one of nearly the same name: any other may have been added when it was scraped."""
    for query in corpus.queries:
        for series in query.series:
            known = corpus.known_series(series.name)
            for each in series.matchers if known and not series.either else ():
                if near := _near_label(each.label, known):
                    yield in_query(query, f"{series.name} has no label {each.label!r}, but {near!r}.", each.label)


def _near_label(label: str, known: ExposedSeries | None) -> str:
    if known is None or known.labels is None or label in known.labels:
        return ""
    return next(iter(get_close_matches(label, known.labels, n=1, cutoff=_LABELS_LIKE)), "")


RULES = (missing_suffix, unknown_metric, unknown_label)
