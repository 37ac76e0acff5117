"""The troubles: each takes the series of a rule test and gives them as they are with it. Moments are numbers of scrapes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from glassbox.metrics.scrape import UP
from glassbox.settings.model import Jobs
from tests.support.disturbing.samples import Mark, Sample, Series

# How long a restart of Prometheus takes; while this series is there, it evaluates nothing.
DOWN_SECONDS = 120
IS_DOWN = "prometheus_is_down"
# The namespace of what the test gives, and the one beside it, whose instances are called after it.
PROD, STAGING = "prod", "staging"
# Jobs of the default settings, whose targets a roll-out replaces.
SERVICES = Jobs().services
# The scrapes that a restarting engine or exporter misses.
_MISSED = 2


@dataclass(frozen=True)
class Given:
    """A rule test before it is disturbed."""

    series: tuple[Series, ...]
    healthy: tuple[Series, ...]
    """Those of the test that stays silent, as many samples of each."""
    interval_seconds: int
    moment: int
    """The scrape at which the trouble begins, where it is a single event."""


Change = Callable[[Given], Sequence[Series]]


def _lost(series: Series, sample: Sample) -> Sample:
    """The sample of a scrape that failed: Prometheus ends all series of the target, and records that it did not answer."""
    if isinstance(sample, Mark) or not series.is_scraped:
        return sample
    return 0.0 if series.name == UP.name else Mark.STALE


def _one_scrape_missing_in(count: int) -> Change:
    """Each target fails at every so many scrapes; not all of them at the same ones."""

    def change(given: Given) -> list[Series]:
        targets = list(dict.fromkeys(series.target for series in given.series))

        def with_gaps(series: Series) -> Series:
            phase = targets.index(series.target)
            return series.changed(
                lambda number, sample: _lost(series, sample) if (number + phase) % count == count - 1 else sample
            )

        return [with_gaps(series) for series in given.series]

    return change


def _restart_of_targets(given: Given) -> list[Series]:
    """All miss two scrapes. Then engines count from 0 and have no work for a scrape; a GPU is as it was."""
    back = given.moment + _MISSED

    def restarted(series: Series) -> Series:
        if not series.is_scraped:
            return series
        missed = (_lost(series, sample) for sample in series.samples[given.moment : back])
        after = series.samples[back:] if _is_of_a_gpu(series) else series.restarted(back)
        if after and _is_work(series) and not isinstance(after[0], Mark):
            after = (0.0, *after[1:])
        return replace(series, samples=(*series.samples[: given.moment], *missed, *after))

    return [restarted(series) for series in given.series]


def _is_of_a_gpu(series: Series) -> bool:
    return bool({"gpu", "gpu_id"} & series.labels.keys())


def _is_work(series: Series) -> bool:
    """Whether it is a gauge of what an engine does."""
    is_fact = series.name == UP.name or series.name.endswith(("_info", "_time_seconds"))
    return not (series.is_counter or is_fact or _is_of_a_gpu(series))


def _restart_of_prometheus(given: Given) -> list[Series]:
    """Nothing is scraped or evaluated, and no series is ended; waits that had begun are lost."""
    scrapes = DOWN_SECONDS // given.interval_seconds
    gone = range(given.moment, given.moment + scrapes)
    missing = [
        series.changed(lambda number, sample: Mark.NOTHING if number in gone else sample) for series in given.series
    ]
    down = (*[Mark.NOTHING] * given.moment, *[1.0] * scrapes, Mark.STALE)
    return [*missing, Series(IS_DOWN, {}, down)]


def _roll_out(given: Given) -> list[Series]:
    """The targets of services end, and others with the next version of the model take over what they do."""
    return [each for series in given.series for each in _rolled_out(series, given)]


def _rolled_out(series: Series, given: Given) -> list[Series]:
    if not series.is_scraped or series.target not in {other.target for other in given.series if _is_served(other)}:
        return [series]
    at = given.moment
    version = {"model_version": "2"} if "model_name" in series.labels else {}
    instance = {"instance": f"new-{series.labels['instance']}"} if "instance" in series.labels else {}
    new = replace(series, samples=(*[Mark.NOTHING] * at, *series.restarted(at))).with_labels(**version, **instance)
    return [replace(series, samples=(*series.samples[:at], Mark.STALE)), new]


def _is_served(series: Series) -> bool:
    """Whether a service reports it, and no exporter of GPUs or Prometheus."""
    return not _is_of_a_gpu(series) and series.labels.get("job") in SERVICES


def _two_namespaces(given: Given) -> list[Series]:
    """Beside what the test gives, the same job serves the same model in another namespace, and is healthy there."""
    own = [series.with_labels(namespace=PROD) for series in given.series]
    busy = {series.target for series in given.healthy if series.name != UP.name}
    beside = (series if series.target in busy else _answering(series) for series in given.healthy)
    return own + [_elsewhere(series, STAGING).with_labels(namespace=STAGING) for series in beside]


def _answering(up: Series) -> Series:
    """A target of which only `up` is known, always answering: one that is nearly down as well is not healthy."""
    return up.changed(lambda _, sample: sample if isinstance(sample, Mark) else 1.0)


def _elsewhere(series: Series, prefix: str) -> Series:
    instance = series.labels.get("instance")
    return series.with_labels(instance=f"{prefix}-{instance}") if instance else series


def _two_exporters(given: Given) -> list[Series]:
    """Every target has a twin with the same readings."""
    twins = [_elsewhere(series, "twin") for series in given.series if "instance" in series.labels]
    return [*given.series, *twins]


def _two_prometheus(given: Given) -> list[Series]:
    """Two servers scrape the same targets, and whoever evaluates sees the series of both."""
    return [series.with_labels(prometheus_replica=name) for name in ("a", "b") for series in given.series]


@dataclass(frozen=True)
class Disturbance:
    """One trouble, and how its result may differ from the undisturbed one."""

    change: Change
    later_seconds: int = 0
    """How much later the alert may fire, beside `waits`."""
    waits_again: bool = False
    """Whether the alert may begin its `for` anew."""
    ignored: tuple[str, ...] = ()
    """Labels that the trouble itself changes."""
    steadily: bool = False
    """Whether the alert must not go out in between."""


UNDISTURBED = "undisturbed"
# What a recorded gauge bridges.
_BRIDGED_SECONDS = 120
# The missed scrapes, and the window of rates, which must fill again.
_RESTART_SECONDS = 2 * 60 + 5 * 60

TWO_NAMESPACES = "two namespaces"

DISTURBANCES: Mapping[str, Disturbance] = {
    # As long as the longest, for what fires later than the test asks.
    UNDISTURBED: Disturbance(lambda given: given.series, _RESTART_SECONDS, waits_again=True, steadily=True),
    "one scrape in four missing": Disturbance(_one_scrape_missing_in(4), _BRIDGED_SECONDS, steadily=True),
    "one scrape in two missing": Disturbance(_one_scrape_missing_in(2), _BRIDGED_SECONDS, steadily=True),
    "restart of the engine or exporter": Disturbance(_restart_of_targets, _RESTART_SECONDS, waits_again=True),
    "restart of Prometheus": Disturbance(_restart_of_prometheus, _RESTART_SECONDS, waits_again=True),
    "roll-out": Disturbance(_roll_out, _RESTART_SECONDS, waits_again=True, ignored=("instance", "model_version")),
    TWO_NAMESPACES: Disturbance(_two_namespaces, ignored=("namespace",)),
    "two exporters": Disturbance(_two_exporters, ignored=("instance",), steadily=True),
    "two Prometheus": Disturbance(_two_prometheus, ignored=("prometheus_replica",), steadily=True),
}
