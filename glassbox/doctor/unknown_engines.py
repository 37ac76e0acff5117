"""Series that are called like those of an inference engine but for their beginning: those of an engine that we do not know.

LMDeploy (`lmdeploy:num_requests_running`), Aphrodite, MAX (`maxserve_time_to_first_token_milliseconds`) and text-embeddings-inference
(`te_request_inference_duration`) name their metrics after vLLM's or TGI's.
"""

import re
from collections.abc import Iterator
from functools import cache

from glassbox.doctor.listing import some
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import names_of
from glassbox.metrics import CATALOGUE
from glassbox.metrics.engines import ENGINES

_BEGINNING = re.compile(r"([a-zA-Z0-9]+[:._])(.+)")
_ENDS = re.compile(r"(_bucket|_sum|_count|_created|_total|_milliseconds|_seconds|_ms|_percent|_perc|_ratio)+$")
# Software of any kind has a queue and requests.
_OF_ENGINES_ALONE = re.compile(r"token|prompt|prefill|decode|inference|num_requests|kv_cache")
_LEAST = 2


def unknown_engines(held: frozenset[str]) -> Iterator[Obstacle]:
    """Each beginning of names under which several metrics are called as those of an engine, and that no engine of ours has."""
    found: dict[str, dict[str, str]] = {}
    for name in sorted(held):
        beginning, metric = _parts(name)
        if metric in _metrics() and beginning not in _beginnings() and _ENDS.sub("", name) not in _known():
            found.setdefault(beginning, {}).setdefault(metric, name)
    for beginning, names in found.items():
        if len(names) >= _LEAST and any(map(_OF_ENGINES_ALONE.search, names)):
            yield Obstacle(
                f"Series that begin with {beginning}",
                f"may be of an engine that we do not know ({some(list(names.values()))}), and no rule of ours reads them",
                'see ARCHITECTURE.md, "An engine", for how one is added, or watch it with content of your own',
            )


def _parts(name: str) -> tuple[str, str]:
    """What the name begins with, and the metric without its unit and the parts of a histogram; both empty where it has no beginning."""
    found = _BEGINNING.fullmatch(name)
    return (found[1], _ENDS.sub("", found[2])) if found else ("", "")


@cache
def _names() -> frozenset[str]:
    return frozenset(
        name
        for engine in ENGINES
        for metric in CATALOGUE[engine.name]
        if not metric.shared_name
        for part in metric.parts
        for name in names_of(part)
    )


@cache
def _known() -> frozenset[str]:
    """Every metric that is read of any exporter, without the ends of its series: of ours too."""
    return frozenset(_ENDS.sub("", metric.name) for metrics in CATALOGUE.values() for metric in metrics)


@cache
def _metrics() -> frozenset[str]:
    return frozenset(_parts(name)[1] for name in _names())


@cache
def _beginnings() -> frozenset[str]:
    """With any sign: gateways change it."""
    return frozenset(f"{_parts(name)[0][:-1]}{sign}" for name in _names() for sign in ":._")
