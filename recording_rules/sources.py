"""vLLM and our exporter as one source: the query of either, without counting a request twice where a process has both."""

from glassbox.metrics import scrape, service, vllm
from glassbox.metrics.types import Counter, Gauge
from glassbox.query.expr import Expr, Matcher, differs
from glassbox.query.promql import instant, max_without, over_time, rate
from recording_rules.levels import TARGET
from recording_rules.targets import BRIDGE, VANISHED

# Our exporter files undeclared paths under `other`.
DECLARED: dict[str, str | Matcher] = {
    "handler": "",
    "endpoint": differs("other"),
    "exported_endpoint": differs("other"),
}
# Processes with an engine. The window is that of the rates: rates outlive a process by their window, so the knowledge of
# what the process was must do so too.
ENGINES = over_time("last", vllm.NUM_REQUESTS_RUNNING, "5m")


def either(from_vllm: Expr, from_service: Expr) -> Expr:
    """vLLM's series, and the service's where the same process exposes no vLLM series."""
    return from_vllm.or_(from_service.unless(ENGINES, on=TARGET))


def rates(from_vllm: Counter, from_service: Counter, window: str) -> Expr:
    """Growth per second of what the two counters count."""
    return either(rate(from_vllm, window), rate(from_service, window, **DECLARED))


def bridged(gauge: Gauge, **matchers: str | Matcher) -> Expr:
    """The newest value of each series, through failed scrapes: these end all series of their target at once.

    What a target no longer exposes although it answers has ended, and so has a target that is no longer known. Where there is
    no `up` at all, the newest value within the bridge counts.
    """
    ended = instant(scrape.UP).equals(1).or_(instant(VANISHED))
    kept = over_time("last", gauge, BRIDGE, **matchers).unless(ended, on=TARGET)
    return instant(gauge, **matchers).or_(kept)


# With several API servers, some versions expose a gauge once per process, distinguished by `pid`, and most of them are 0.
PROCESSES = ("pid",)

# By engine, or by endpoint of a service. Records sum or compare them at their own level.
RUNNING = either(
    max_without(PROCESSES, bridged(vllm.NUM_REQUESTS_RUNNING)),
    bridged(service.HTTP_REQUESTS_INPROGRESS, **DECLARED),
)
WAITING = max_without(PROCESSES, bridged(vllm.NUM_REQUESTS_WAITING))
KV_CACHE_USAGE = max_without(PROCESSES, bridged(vllm.KV_CACHE_USAGE))
