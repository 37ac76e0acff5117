"""The words queries are written with. Each refuses operands that it does not fit, at the line that declares them.

The function text follows the Prometheus documentation ("Query functions", "Aggregation operators"). Long, since whoever writes
a query looks for its words in one place.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from glassbox.metrics.roles import Role
from glassbox.metrics.types import PER_SECOND, Kind, Unit
from glassbox.query.buckets import SETTING, BucketMatcher, CustomBuckets, buckets_of
from glassbox.query.expr import Expr, binary, each_engine, number
from glassbox.query.expression_parts import ENGINE_LABEL, LabelList, Parts, Stamped
from glassbox.query.readings import of_engines
from glassbox.query.reporters import renamed_labels, reporters_of
from glassbox.query.selectors import Matcher, QueryError, Selector, Shape, Source

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


# Grafana's name for the time range that is chosen on a dashboard.
CHOSEN_RANGE = "$__range"


def duration_seconds(text: str) -> int:
    """Seconds of a Prometheus duration such as `90s`, `5m` or `1h30m`."""
    # Python cannot read a number of more than 4300 digits, and nobody needs more than nine.
    if not re.fullmatch(r"(\d{1,9}[smhdw])+", text):
        raise QueryError(f"{text!r} is not a duration; write it like 30s, 5m or 1h30m.")
    return sum(int(amount) * _SECONDS[unit] for amount, unit in re.findall(r"(\d+)([smhdw])", text))


def instant(source: Source, **matchers: str | Matcher) -> Expr:
    """The newest value of each series. Former names of a metric follow with `or`: a series is taken once, under its newest name."""
    return _each_name(source, "", Shape(source.kind, source.unit, source.all_labels), "{}", matchers)


def rate(source: Source, window: str, **matchers: str | Matcher) -> Expr:
    """Growth of a counter per second over the window; counter resets are handled."""
    return _growth("rate", source, window, PER_SECOND.get(source.unit, source.unit), matchers)


def increase(source: Source, window: str, **matchers: str | Matcher) -> Expr:
    """Growth of a counter over the window, extrapolated to its ends."""
    return _growth("increase", source, window, source.unit, matchers)


def most(source: Source, window: str, **matchers: str | Matcher) -> Expr:
    """The most that a counter stood at within the window: all that its process has counted."""
    return _growth("max_over_time", source, window, PER_SECOND.get(source.unit, source.unit), matchers)


def over_time(statistic: str, source: Source, window: str, *, offset: str = "", **matchers: str | Matcher) -> Expr:
    """`avg`, `min`, `max`, `sum`, `last`, `count` or `present` of a gauge's samples in the window, which ends `offset` ago."""
    _require(source, (Kind.GAUGE,), f"{statistic}_over_time")
    shape = Shape(Kind.GAUGE, source.unit, source.all_labels)
    result = _ranged(f"{statistic}_over_time", source, window, shape, matchers)
    return result.shifted(offset) if offset else result


def median_over_time(source: Source, window: str, **matchers: str | Matcher) -> Expr:
    """The median of a gauge's samples in the window: for half of the time it was at least as much."""
    _require(source, (Kind.GAUGE,), "quantile_over_time")
    shape = Shape(Kind.GAUGE, source.unit, source.all_labels)
    return _each_name(source, window, shape, "quantile_over_time(0.5, {})", matchers)


def over_steps(statistic: str, source: Source | Expr, window: str, step: str, *, offset: str = "") -> Expr:
    """As `over_time`, but of the newest sample at every whole step only, or of what the query gives then.

    Long windows of many series cost a fraction. Steps at which the query gives nothing are left out.
    """
    duration_seconds(step)
    if not isinstance(source, Expr):
        return over_time(statistic, source, f"{window}:{step}", offset=offset)
    if source.shape.kind in (Kind.COUNTER, Kind.BUCKETS):
        raise QueryError(f"'{source}' is a counter: take its rate first, then the {statistic} over time.")
    duration_seconds(window)
    ago = f" offset {offset}" if offset else ""
    return Expr((f"{statistic}_over_time(", *source.bracketed(), f"[{window}:{step}]{ago})"), source.shape)


def deriv(source: Source, window: str, **matchers: str | Matcher) -> Expr:
    """Slope of a gauge per second, by linear regression over the window."""
    _require(source, (Kind.GAUGE,), "deriv")
    shape = Shape(Kind.GAUGE, PER_SECOND.get(source.unit, source.unit), source.all_labels)
    return _ranged("deriv", source, window, shape, matchers)


def delta(source: Source, window: str, **matchers: str | Matcher) -> Expr:
    """By how much a gauge grew over the window, extrapolated to its ends as `increase` is: of the same scrapes, the two agree."""
    _require(source, (Kind.GAUGE,), "delta")
    return _ranged("delta", source, window, Shape(Kind.GAUGE, source.unit, source.all_labels), matchers)


def predict_linear(source: Source, window: str, ahead_seconds: int, **matchers: str | Matcher) -> Expr:
    """A gauge's value in `ahead_seconds`, by linear regression over the window."""
    _require(source, (Kind.GAUGE,), "predict_linear")
    shape = Shape(Kind.GAUGE, source.unit, source.all_labels)
    return _each_name(source, window, shape, f"predict_linear({{}}, {ahead_seconds})", matchers)


def changes(source: Source, window: str, **matchers: str | Matcher) -> Expr:
    """How often a gauge's value changed from one sample to the next."""
    _require(source, (Kind.GAUGE,), "changes")
    return _ranged("changes", source, window, Shape(Kind.GAUGE, Unit.NONE, source.all_labels), matchers)


def absent(source: Source, **matchers: str) -> Expr:
    """1 with the given labels when no such series exists, else nothing."""
    inner = instant(source, **matchers)
    return Expr(("absent(", *inner.parts, ")"), Shape(Kind.GAUGE, Unit.BOOLEAN, tuple(matchers)))


def always() -> Expr:
    """1, whatever series exist."""
    return Expr(("vector(1)",), Shape(Kind.GAUGE, Unit.BOOLEAN))


def labelled(labels: Sequence[tuple[str, str]]) -> Expr:
    """1 with these labels, whatever series exist."""
    text = "vector(1)"
    for label, value in labels:
        # `$` begins the name of a group in the text that is put in.
        text = f'label_replace({text}, "{label}", {json.dumps(value.replace("$", "$$"), ensure_ascii=False)}, "", "")'
    return Expr((text,), Shape(Kind.GAUGE, Unit.BOOLEAN, tuple(label for label, _ in labels)))


def age(timestamp: Expr) -> Expr:
    """Seconds from a timestamp (seconds since 1970) until now."""
    if timestamp.shape.unit is not Unit.TIMESTAMP_SECONDS:
        raise QueryError(f"'{timestamp}' is in {timestamp.shape.unit.value}, not a timestamp: it has no age.")
    difference = binary(Expr(("time()",), Shape(Kind.GAUGE, Unit.SECONDS, scalar=True)), "-", timestamp)
    return difference.shaped(replace(timestamp.shape, unit=Unit.SECONDS))


def sum_by(labels: Sequence[str], operand: Expr) -> Expr:
    """Sum; counters must be rated first, since a restart would show as a drop of the sum."""
    return _aggregate("sum", labels, operand)


def max_by(labels: Sequence[str], operand: Expr) -> Expr:
    """Largest value."""
    return _aggregate("max", labels, operand)


def min_by(labels: Sequence[str], operand: Expr) -> Expr:
    """Smallest value."""
    return _aggregate("min", labels, operand)


def avg_by(labels: Sequence[str], operand: Expr) -> Expr:
    """Plain mean of the series: right for gauges of equal weight, never for ratios or quantiles."""
    return _aggregate("avg", labels, operand)


def count_by(labels: Sequence[str], operand: Expr) -> Expr:
    """Number of series."""
    return _aggregate("count", labels, operand).measured_in(Unit.NONE)


def group_by(labels: Sequence[str], operand: Expr) -> Expr:
    """1 for each set of labels that occurs."""
    return _aggregate("group", labels, operand).measured_in(Unit.NONE)


@each_engine
def max_without(labels: Sequence[str], operand: Expr) -> Expr:
    """Largest value over these labels, which series need not have; all others stay."""
    kept = tuple(label for label in operand.shape.labels if label not in labels)
    shape = replace(operand.shape, labels=kept)
    return Expr((f"max without ({', '.join(labels)}) (", *operand.parts, ")"), shape)


@each_engine
def first_by(labels: Sequence[str], operand: Expr) -> Expr:
    """One series for each set of labels, which keeps its own labels."""
    _require_labels(operand, labels)
    return Expr(("topk by (", LabelList(tuple(labels)), ") (1, ", *operand.parts, ")"), operand.shape)


@each_engine
def quantile(q: float, bucket_rates: Expr) -> Expr:
    """Estimate of the q-quantile from bucket rates that are already summed over replicas."""
    if bucket_rates.shape.kind is not Kind.BUCKET_RATES or "le" not in bucket_rates.shape.labels:
        raise QueryError(f"A quantile needs bucket rates with the label le, which '{bucket_rates}' does not have.")
    labels = tuple(label for label in bucket_rates.shape.labels if label != "le")
    shape = replace(bucket_rates.shape, kind=Kind.GAUGE, labels=labels)
    return Expr((f"histogram_quantile({q:g}, ", *bucket_rates.parts, ")"), shape)


def at_most(bound: float, source: Source, custom: CustomBuckets | None = None) -> BucketMatcher:
    """The matcher for the bucket `le` of this bound, which must be one of the source's buckets, or of those it has by `custom`.

    Of a role, it must be a bucket of the first engine; of any other engine, the nearest bucket is taken.
    """
    known = buckets_of(source.histogram_names, custom or {})
    if bound not in known.bounds:
        common = f" common to {' and '.join(source.histogram_names)}" if len(source.histogram_names) > 1 else ""
        advice = f"as the setting {SETTING} says" if known.custom else f"unless the setting {SETTING} names others"
        raise QueryError(f"{bound:g} is not a bucket of {source.name}; its buckets are {known}{common}, {advice}.")
    return BucketMatcher.at(bound, custom or {})


@each_engine
def clamp_min(operand: Expr, smallest: float) -> Expr:
    """The operand, or `smallest` where that is more."""
    return Expr(("clamp_min(", *operand.parts, f", {number(smallest)})"), operand.shape)


def constant(value: float, unit: Unit) -> Expr:
    """One series without labels that has this value at any time."""
    return Expr((f"vector({number(value)})",), Shape(Kind.GAUGE, unit))


def over_range(statistic: str, operand: Expr, *, step: str = "1m") -> Expr:
    """`avg` or `sum` of what the query gives at every `step` of the time range that is chosen on the dashboard.

    Steps without a result are ignored. Prometheus 2 takes one step more where the range ends exactly on a step.
    """
    if operand.shape.kind in (Kind.COUNTER, Kind.BUCKETS):
        raise QueryError(f"'{operand}' is a counter: take its rate first, then the {statistic} over the range.")
    duration_seconds(step)
    return Expr((f"{statistic}_over_time(", *operand.bracketed(), f"[{CHOSEN_RANGE}:{step}])"), operand.shape)


def ratio(part: Expr, whole: Expr) -> Expr:
    """part / whole; nothing where the whole is 0, instead of NaN."""
    return part / (whole > 0)


def mean(total: Expr, count: Expr) -> Expr:
    """Mean of observed values from the rates of their sum and count: a ratio of sums, never a mean of means."""
    return binary(total, "/", count > 0, unit=Unit.SECONDS)


@each_engine
def with_label(label: str, operand: Expr, *, copied_from: str, pattern: str = "(.+)", text: str = "$1") -> Expr:
    """The operand with a label that has the value of another, or the `text` made of the groups that the pattern finds in it.

    Series whose value the pattern does not match stay as they are.
    """
    _require_labels(operand, (copied_from,))
    shape = replace(operand.shape, labels=tuple(dict.fromkeys((*operand.shape.labels, label))))
    return Expr(("label_replace(", *operand.parts, f', "{label}", "{text}", "{copied_from}", "{pattern}")'), shape)


def _growth(function: str, source: Source, window: str, unit: Unit, matchers: dict[str, str | Matcher]) -> Expr:
    _require(source, (Kind.COUNTER, Kind.BUCKETS), function)
    kind = Kind.BUCKET_RATES if source.kind is Kind.BUCKETS else Kind.GAUGE
    kept_unit = source.unit if kind is Kind.BUCKET_RATES else unit
    return _ranged(function, source, window, Shape(kind, kept_unit, source.all_labels), matchers)


def _ranged(function: str, source: Source, window: str, shape: Shape, matchers: dict[str, str | Matcher]) -> Expr:
    if not window.startswith("$"):
        duration_seconds(window.partition(":")[0])
    return _each_name(source, window, shape, f"{function}({{}})", matchers)


def _each_name(source: Source, window: str, shape: Shape, text: str, matchers: dict[str, str | Matcher]) -> Expr:
    """What the text gives of the source under each of its names, or of each engine that reports the role."""
    if "le" in matchers:
        shape = replace(shape, kind=Kind.GAUGE)
    if isinstance(source, Role):
        return of_engines(source, lambda metric, kept: _each_name(metric, window, shape, text, kept), matchers)
    shape = replace(shape, reporters=source.reporters if source.level else reporters_of(source.name, source.all_labels))
    before, after = text.split("{}")
    renamed = tuple(renamed_labels(source.name, source.all_labels).items())

    def under(name: str) -> Expr:
        selector = Selector(
            name,
            source.all_labels,
            source.shared_name,
            window=window,
            rule=source.rule,
            only_with=source.only_with,
            level=source.level,
            renamed=renamed,
        )
        return Expr(tuple(part for part in (before, selector.matching(matchers), after) if part), shape)

    newest, *former = (under(name) for name in (source.name, *source.former_names))
    for older in former:
        newest = newest.or_(older)
    return newest


@each_engine
def _aggregate(operator: str, labels: Sequence[str], operand: Expr) -> Expr:
    if operand.shape.kind in (Kind.COUNTER, Kind.BUCKETS):
        raise QueryError(f"'{operand}' is a counter: take its rate first, then the {operator}.")
    if operand.shape.kind is Kind.BUCKET_RATES and "le" not in labels:
        raise QueryError(f"'{operand}' has cumulative buckets: keep the label le.")
    _require_labels(operand, labels)
    return Expr(_aggregated(operator, tuple(labels), operand.parts), replace(operand.shape, labels=tuple(labels)))


def _aggregated(operator: str, labels: tuple[str, ...], parts: Parts) -> Parts:
    """All series of one engine get its name after they are aggregated: a name for each of many costs more than the sum."""
    match parts:
        case (Stamped(inner, engine),):
            others = tuple(label for label in labels if label != ENGINE_LABEL)
            alone = _aggregated(operator, others, inner)
            return alone if others == labels else (Stamped(alone, engine),)
    by: Parts = (" by (", LabelList(labels), ") ") if labels else ()
    return (operator, *by, "(", *parts, ")")


def _require_labels(operand: Expr, labels: Sequence[str]) -> None:
    for label in labels:
        if label not in operand.shape.labels:
            has = ", ".join(operand.shape.labels) or "none"
            raise QueryError(f"'{operand}' has no label {label!r}; its labels are {has}.")


def _require(source: Source, kinds: tuple[Kind, ...], function: str) -> None:
    if source.kind not in kinds:
        raise QueryError(
            f"{function}() does not fit {source.name}: it is a {source.kind.value}, not a {kinds[0].value}."
        )
