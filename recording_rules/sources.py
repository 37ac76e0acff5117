"""vLLM and our exporter as one source: the query of either, without counting a request twice where a process has both."""

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

from glassbox.metrics import roles, scrape, service
from glassbox.metrics.roles import Role
from glassbox.metrics.types import Counter, Gauge
from glassbox.query.births import rate_from_birth
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, max_without, median_over_time, over_time, rate
from glassbox.query.readings import beside_first, lately_there
from glassbox.query.selectors import Matcher, Matchers, differs, not_regex
from recording_rules.gpu_bounds import possible
from recording_rules.levels import TARGET
from recording_rules.targets import BRIDGE, VANISHED

# Our exporter files undeclared paths under `other`.
DECLARED: dict[str, str | Matcher] = {
    "handler": "",
    "endpoint": differs("other"),
    "exported_endpoint": differs("other"),
}
# A router repeats what its servers report. Targets may have a label of the same name, which is not a URL.
OF_ENGINES: dict[str, str | Matcher] = {"server": not_regex("https?://.*")}
# A proxy sends each request to a prefill instance with one token to make, and then to a decode instance: both finish it (vLLM,
# `tests/v1/kv_connector/nixl_integration/toy_proxy_server.py`). No metric says which is which, so the target's label does.
_PREFILL = "prefill"
OF_CALLERS: dict[str, str | Matcher] = {"inference_role": differs(_PREFILL)}
OF_PREFILL: dict[str, str | Matcher] = {"inference_role": _PREFILL}
# Processes with an engine. The window is that of the rates: rates outlive a process by their window, so the knowledge of
# what the process was must do so too.
ENGINES = lately_there(roles.RUNNING, "5m", **OF_ENGINES)


def either(from_engine: Expr, from_service: Expr) -> Expr:
    """The engines' series, and the service's where the same process exposes no series of an engine."""
    return from_engine.or_(beside_first(from_service.unless(ENGINES, on=TARGET)))


def either_of_one(from_engine: Expr, from_service: Expr) -> Expr:
    """The same of one process, in fewer words: where an engine reports this quantity, it has what the service reports too."""
    return from_engine.or_(from_service, on=TARGET)


def rates(
    from_engine: Role, from_service: Counter, window: str, of: Matchers = MappingProxyType({}), **of_service: Matcher
) -> Expr:
    """Growth per second of what the two counters count. The engines' are there from the start of the process.

    `of` matches both, and `of_service` ours.
    """
    return either(
        rate(from_engine, window, **of), rate_from_birth(from_service, window, **DECLARED, **of, **of_service)
    )


def through_gaps(growth: Expr, twice_as_long: Expr) -> Expr:
    """Growth within a window; where others of its scrapes failed, so that fewer than two are left, that of a longer window."""
    return growth.or_(twice_as_long.unless(instant(VANISHED), on=TARGET))


def bridged(gauge: Gauge | Role, **matchers: str | Matcher) -> Expr:
    """The newest value of each series, through failed scrapes: these end all series of their target at once.

    What a target no longer exposes although it answers has ended, and so has a target that is no longer known. Where there is
    no `up` at all, the newest value within the bridge counts.
    """
    ended = instant(scrape.UP).equals(1).or_(instant(VANISHED))
    kept = over_time("last", gauge, BRIDGE, offset="", **matchers).unless(ended, on=TARGET)
    return instant(gauge, **matchers).or_(kept)


def seen_lately(gauge: Gauge | Role, **matchers: str | Matcher) -> Expr:
    """The same of one process, in fewer words: what it no longer exposes is there for a bridge more."""
    return over_time("last", gauge, BRIDGE, offset="", **matchers)


# With several API servers, some versions expose a gauge once per process, distinguished by `pid`, and most of them are 0.
PROCESSES = ("pid",)

# By engine, or by endpoint of a service. Records sum or compare them at their own level.
RUNNING = either(
    max_without(PROCESSES, bridged(roles.RUNNING, **OF_ENGINES)),
    bridged(service.HTTP_REQUESTS_INPROGRESS, **DECLARED),
)
RUNNING_OF_ONE = either_of_one(
    max_without(PROCESSES, seen_lately(roles.RUNNING, **OF_ENGINES)),
    seen_lately(service.HTTP_REQUESTS_INPROGRESS, **DECLARED),
)
WAITING = max_without(PROCESSES, bridged(roles.WAITING, **OF_ENGINES))
WAITING_OF_ONE = max_without(PROCESSES, seen_lately(roles.WAITING, **OF_ENGINES))


def waiting_for_capacity(read: Callable[..., Expr]) -> Expr:
    """Requests that wait for room in each engine, as `read` (`bridged`, say) reads a gauge.

    Before vLLM reported the reasons, all waiting requests counted as waiting for capacity.
    """
    for_capacity = read(roles.WAITING_BY_REASON, reason="capacity")
    labels = (*PROCESSES, "reason")
    return max_without(labels, for_capacity).or_(max_without(labels, read(roles.WAITING, **OF_ENGINES)))


def lowest_kv_cache_usage(window: str) -> Expr:
    """The least that each engine used of its KV cache from `window` ago until now, of engines that were there all the time.

    What it used when the window began is known from the last scrape before.
    """
    at_start = max_without(PROCESSES, over_time("last", roles.KV_CACHE_USAGE, BRIDGE, offset=window))
    since = max_without(PROCESSES, over_time("min", roles.KV_CACHE_USAGE, window))
    return possible((since < at_start).or_(at_start).and_(_KV_CACHES))


def usual_kv_cache_usage(window: str, seen_before: str) -> Expr:
    """What each engine used of its KV cache, or more, for half of the window, of engines that were there `seen_before` ago.

    A cache that limits the batch is not full all the time: it falls whenever requests end, until those that wait have filled it.
    """
    there_before = over_time("last", roles.KV_CACHE_USAGE, BRIDGE, offset=seen_before)
    half = max_without(PROCESSES, median_over_time(roles.KV_CACHE_USAGE, window))
    return possible(half.and_(max_without(PROCESSES, there_before)).and_(_KV_CACHES))


def queued_throughout(window: str) -> Expr:
    """Engines whose own queue for capacity was not empty at any scrape from `window` ago until now."""
    at_start = waiting_for_capacity(partial(over_time, "last", window=BRIDGE, offset=window)) > 0
    since = waiting_for_capacity(partial(over_time, "min", window=window)) > 0
    return at_start.and_(since)


_KV_CACHES = max_without(PROCESSES, bridged(roles.KV_CACHE_USAGE))
KV_CACHE_USAGE = possible(_KV_CACHES)
KV_CACHE_USAGE_OF_ONE = possible(max_without(PROCESSES, seen_lately(roles.KV_CACHE_USAGE)))
