"""Who reports what a query reads: the inference engines of the table, and services beside our exporter."""

from collections.abc import Iterator, Mapping

from glassbox.metrics import CATALOGUE, service
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.roles import Role
from glassbox.metrics.types import Histogram, Metric

# None where a value does not depend on who reports it.
Reporters = frozenset[str] | None

# Services that tell of their requests in their own process.
OUR_EXPORTER = "service"
TITLES = {engine.name: engine.title for engine in ENGINES} | {OUR_EXPORTER: "our exporter"}
EVERYBODY = frozenset(TITLES)
# Where so few report a value, they are named instead of all others.
_FEW = 2


def _of_catalogue() -> Iterator[tuple[str, Metric]]:
    own = (service.HTTP_REQUESTS, service.HTTP_REQUEST_DURATION, service.HTTP_REQUESTS_INPROGRESS)
    work = (service.PAGES, service.PROMPT_TOKENS, service.GENERATION_TOKENS)
    for name, metrics in {engine.name: CATALOGUE[engine.name] for engine in ENGINES}.items():
        yield from ((name, part) for metric in metrics for part in _parts(metric))
    yield from ((OUR_EXPORTER, part) for metric in (*own, *work) for part in _parts(metric))


def _parts(metric: Metric) -> tuple[Metric, ...]:
    return (metric.bucket, metric.sum, metric.count) if isinstance(metric, Histogram) else (metric,)


# By name and labels, since Triton's backend uses names of vLLM with other labels.
_BY_METRIC = {(metric.name, metric.all_labels): frozenset({name}) for name, metric in _of_catalogue()}


# What a label of ours is called in the series of a metric, where they call it something else.
_RENAMED = {
    (reading.metric.name, reading.metric.all_labels): {ours: theirs for theirs, ours in reading.renamed.items()}
    for engine in ENGINES
    for role in engine.reports
    for part in ([role] if isinstance(role, Role) else [part for _, part in role.parts()])
    for each in engine.readings(part)
    for reading in (each, *each.also)
    if reading.renamed
}


def renamed_labels(name: str, labels: tuple[str, ...]) -> Mapping[str, str]:
    """How the series of a metric call labels of ours that have another name there: theirs by ours."""
    return _RENAMED.get((name, labels), {})


def reporters_of(name: str, labels: tuple[str, ...]) -> Reporters:
    """Who reports the metric of this name and these labels; None where it is no engine's."""
    return _BY_METRIC.get((name, labels))


def telling(role: Role, label: str) -> frozenset[str]:
    """The engines that report the role by this label."""
    return frozenset(
        engine.name
        for engine in ENGINES
        if any(label in (*each.metric.labels, *each.renamed.values()) for each in engine.readings(role))
    )


def of_both(first: Reporters, second: Reporters) -> Reporters:
    """Who reports what needs both sides."""
    if first is None or second is None:
        return second if first is None else first
    return first & second


def of_either(first: Reporters, second: Reporters) -> Reporters:
    """Who reports what needs one of the sides."""
    return None if first is None or second is None else first | second


def lacking(reporters: Reporters, besides: frozenset[str] = frozenset()) -> str:
    """Who does not report it, except for those `besides`; empty if everybody does."""
    silent = EVERYBODY - besides - (EVERYBODY if reporters is None else reporters)
    if not silent or reporters is None:
        return ""
    if len(reporters) > _FEW:
        return titles(silent)
    return f"all but {titles(reporters)}" if reporters else "all"


def lacking_each(named: Mapping[str, Reporters], besides: frozenset[str] = frozenset()) -> str:
    """Who does not report which of several: `queue by TGI; prefill, decode by all but vLLM`; empty where everybody does."""
    alike: dict[str, list[str]] = {}
    for name, reporters in named.items():
        if text := lacking(reporters, besides):
            alike.setdefault(text, []).append(name)
    return "; ".join(f"{', '.join(names)} by {text}" for text, names in alike.items())


def titles(names: frozenset[str]) -> str:
    """Their names for people, in the order of the table."""
    return ", ".join(title for name, title in TITLES.items() if name in names)
