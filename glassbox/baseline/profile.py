"""What was measured of each model at each load: blocks of five minutes from Prometheus, in the order of time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from glassbox.errors import GlassboxError
from glassbox.prometheus.api import Prometheus
from glassbox.query.expr import Expr
from glassbox.query.measures import BLOCK_SECONDS, Measures
from glassbox.query.selectors import regex
from glassbox.settings.model import Settings


@dataclass(frozen=True, order=True)
class Served:
    """A model as a job serves it; a label that a target lacks is empty."""

    job: str
    model_name: str
    model_version: str
    inference_engine: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.job, self.model_name, self.model_version, self.inference_engine) if part)

    @property
    def whatever_version(self) -> tuple[str, str, str]:
        """What two versions have in common."""
        return self.job, self.model_name, self.inference_engine


LABELS = tuple(field.name for field in fields(Served))
"""The labels by which a measure's series belong to a model."""

BLOCK_REQUESTS = 20
"""The block of a load test is this many requests instead of five minutes: with fewer there is no p95."""

# Requests per second and replica; less is one request in an hour.
LEAST_LOAD = 2.0**-12
# Of one measure at one level.
MOST_BLOCKS = 300

# What a series without labels is of, such as the mean of all GPUs.
OF_NO_MODEL = Served("", "", "", "")

# A level of load: k stands for 2**k up to 2**(k + 1) requests per second and replica. Demand defines the level, and
# not requests in progress: a slower version has more of these at the same demand, and would be compared with a higher load.
# Steps of two, since how near the limit is nobody knows: wide enough for a quiet service to stay within one, and what still
# differs within one is looked at (`judge.LOAD_TOLERANCE_RATIO`).
Level = int
Values = Mapping[str, Sequence[float]]
Profile = Mapping[Served, Mapping[Level, Values]]


def level_words(level: Level) -> str:
    """`2-4`, in requests per second and replica."""
    return f"{2.0**level:g}-{2.0 ** (level + 1):g}"


def level_of(words: str) -> Level:
    """The other way round; raises ValueError."""
    return round(math.log2(float(words.partition("-")[0])))


def measured(prometheus: Prometheus, measures: Measures, settings: Settings, end: int, window_seconds: int) -> Profile:
    """All blocks of the window up to `end` (Unix seconds), where enough requests were finished to mean something.

    Raises GlassboxError where no model has any.
    """
    first = end - window_seconds + BLOCK_SECONDS
    found = {each.name: _by_model(prometheus, _of_services(each.expr, settings), first, end) for each in measures.all}
    profile = {
        served: _by_level(found, served, measures, settings.thresholds.minimum_requests)
        for served in found[measures.requests.name]
    }
    if not any(profile.values()):
        raise GlassboxError(
            f"Prometheus at {prometheus.url} has no requests of a model in this window: choose another window, or check that "
            "it evaluates build/recording_rules/ and scrapes the services."
        )
    return {served: levels for served, levels in profile.items() if levels}


_Found = Mapping[str, Mapping[Served, Mapping[int, float]]]


def _by_level(found: _Found, served: Served, measures: Measures, minimum_requests: int) -> Mapping[Level, Values]:
    """The blocks of one model, sorted by load."""
    own = {name: values.get(served) or values.get(OF_NO_MODEL, {}) for name, values in found.items()}
    levels: dict[Level, dict[str, list[float]]] = {}
    for time, load in sorted(own[measures.load.name].items()):
        if load < LEAST_LOAD or own[measures.requests.name].get(time, 0.0) * BLOCK_SECONDS < minimum_requests:
            continue
        values = levels.setdefault(math.floor(math.log2(load)), {})
        for name, by_time in own.items():
            if time in by_time:
                values.setdefault(name, []).append(by_time[time])
    return {level: {name: _thinned(row) for name, row in values.items()} for level, values in levels.items()}


def _thinned(row: Sequence[float]) -> Sequence[float]:
    """Evenly spaced blocks of a long row: a file stays small, and a day of them says as much as a month of neighbours."""
    return row[:: math.ceil(len(row) / MOST_BLOCKS)]


def _of_services(expr: Expr, settings: Settings) -> str:
    """The query's text; names that other software uses as well are read from the service jobs only."""
    return str(expr.filtered({"job": regex(settings.jobs.services_regex)}, shared_names_only=True))


def _by_model(prometheus: Prometheus, query: str, start: int, end: int) -> dict[Served, Mapping[int, float]]:
    """Values by model and time; those without a model under OF_NO_MODEL."""
    return {
        Served(*(series.labels.get(label, "") for label in LABELS)): series.values
        for series in prometheus.range(query, start, end, BLOCK_SECONDS)
    }
