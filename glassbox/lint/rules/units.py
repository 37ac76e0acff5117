"""Units that do not fit the values."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import as_alert, as_record, on_panel
from glassbox.lint.finding import Repair, Severity
from glassbox.lint.result_units import is_moment, unit_of
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import GRAFANAS_THRESHOLDS, BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.lint.templates import says_per_longer_time, values_as_shares
from glassbox.metrics.types import Unit
from glassbox.syntax.tree import COMPARISONS, AggregateNode, BinaryNode, CallNode, Node, SeriesNode

_OTHER_TIMES = frozenset({"ns", "µs", "ms", "m", "h", "d", "dtdurationms"})
_MULTIPLES_OF_BYTES = frozenset(
    {"kbytes", "mbytes", "gbytes", "tbytes", "deckbytes", "decmbytes", "decgbytes", "dectbytes"}
)
_MULTIPLES_OF_BITS = frozenset({"Kbits", "Mbits", "Gbits", "Kibits", "Mibits", "Gibits"})
_BITS = _MULTIPLES_OF_BITS | {"bps", "binbps"}
_MULTIPLES_OF_BYTES_PER_SECOND = frozenset({"KBs", "MBs", "GBs", "KiBs", "MiBs", "GiBs"})
_BYTES_PER_SECOND = _MULTIPLES_OF_BYTES_PER_SECOND | {"Bps", "binBps"}
_PER_MINUTE = frozenset({"cpm", "opm", "rpm", "wpm"})
_RATES = _PER_MINUTE | {"cps", "ops", "reqps", "rps", "wps", "iops"}
_ALL_RATES = (_RATES - _PER_MINUTE) | _BYTES_PER_SECOND | _BITS | {"pps", "mps"}
# Of each unit of values, the units of Grafana that show another number for them: by a factor, or as a rate.
_SHOWS_ANOTHER = {
    Unit.SECONDS: _OTHER_TIMES | _RATES,
    Unit.RATIO: frozenset({"percent"}),
    Unit.PERCENT: frozenset({"percentunit"}),
    Unit.BYTES: _MULTIPLES_OF_BYTES | frozenset({"bits", "decbits"}) | _BITS,
    Unit.MEBIBYTES: (_MULTIPLES_OF_BYTES - {"mbytes"}) | {"bytes", "decbytes", "bits", "decbits"},
    Unit.BYTES_PER_SECOND: _BITS | _MULTIPLES_OF_BYTES_PER_SECOND,
    Unit.BITS_PER_SECOND: _BYTES_PER_SECOND | _MULTIPLES_OF_BITS | {"bytes", "decbytes"},
    Unit.MEGAHERTZ: frozenset({"hertz", "rotkhz", "rotghz"}),
    Unit.HERTZ: frozenset({"rotkhz", "rotmhz", "rotghz"}),
    Unit.MILLIJOULES: frozenset({"joule", "watth", "kwatth"}),
    Unit.TOKENS: _RATES,
    Unit.TOKENS_PER_SECOND: _PER_MINUTE,
    Unit.REQUESTS_PER_SECOND: _PER_MINUTE,
    Unit.EVENTS_PER_SECOND: _PER_MINUTE,
}
PLAIN = ("", "none", "short")
"""The units of a panel that say nothing of its values."""
_CALLED = {
    Unit.MEBIBYTES: "MiB",
    Unit.MEGAHERTZ: "MHz",
    Unit.MILLIJOULES: "mJ",
    Unit.RATIO: "a ratio of 0 to 1",
    Unit.PERCENT: "percent of 0 to 100",
    Unit.BYTES_PER_SECOND: "bytes per second",
    Unit.BITS_PER_SECOND: "bits per second",
    Unit.TOKENS_PER_SECOND: "tokens per second",
    Unit.REQUESTS_PER_SECOND: "requests per second",
    Unit.EVENTS_PER_SECOND: "events per second",
}
# Of each unit of values, the word in the name of a recorded series that says another.
_SAYS_ANOTHER = {
    Unit.MEBIBYTES: re.compile(r"(?<![a-z])bytes(?![a-z])"),
    Unit.BITS_PER_SECOND: re.compile(r"(?<![a-z])bytes(?![a-z])"),
    Unit.MEGAHERTZ: re.compile(r"(?<![a-z])hertz(?![a-z])"),
    Unit.MILLIJOULES: re.compile(r"(?<![a-z])joules(?![a-z])"),
    Unit.RATIO: re.compile(r"(?<![a-z])percent(age)?(?![a-z])"),
    Unit.PERCENT: re.compile(r"(?<![a-z])(?:ratio|bytes)(?![a-z])"),
}


@lint_rule(
    "wrong-unit",
    Severity.ERROR,
    title="The unit of a panel is not that of its values",
    why="It shows another number than there is: half a second as half a millisecond, 90 percent as 0.9 percent.",
    fix="Give the panel the unit of the values, or compute the one that it has.",
    bad=on_panel("vllm:kv_cache_usage_perc", panel={"unit": "percent"}),
    good=on_panel("vllm:kv_cache_usage_perc", panel={"unit": "percentunit"}),
)
def wrong_unit(corpus: Corpus) -> Iterator[Defect]:
    """Once for each panel and unit, where all that a query reads is known, and no override or transformation changes it; a title may say percent too."""
    for panel in (each for each in corpus.panels if not each.other_units):
        units = ((query, unit_of(query.tree, corpus)) for query in panel.queries if query.tree and not query.hidden)
        # The first query of each unit.
        first = {unit: query for query, unit in reversed(tuple(units)) if unit is not None}
        for unit, query in first.items():
            if unit is Unit.RATIO and panel.unit in PLAIN and "%" in panel.title:
                message = "The values are a ratio of 0 to 1, and the title says that they are percent."
                yield in_query(query, message, fix="Give the panel the unit percentunit.")
            elif panel.unit in _SHOWS_ANOTHER.get(unit, ()):
                message = f"The values are {_CALLED.get(unit, unit.value)}, and the panel shows them as {panel.unit!r}."
                yield in_query(query, message, repairs=_with_unit(panel, unit, corpus))


_DURATIONS = frozenset({"s", "dtdurations", "dthms", "clocks", "m", "h", "d"})


@lint_rule(
    "moment-as-duration",
    Severity.ERROR,
    title="A moment shown as a duration",
    why="A time of start is a number of seconds since 1970: as a duration it is half a century, and hardly changes.",
    fix="Subtract it from time(), or multiply by 1000 and choose a unit of dates.",
    bad=on_panel("node_boot_time_seconds", panel={"unit": "s"}),
    good=on_panel("time() - node_boot_time_seconds", panel={"unit": "s"}),
)
def moment_as_duration(corpus: Corpus) -> Iterator[Defect]:
    """Of moments that are known, where no override or transformation changes the unit."""
    for panel, query, tree in _shown_in(_DURATIONS, corpus):
        if is_moment(tree, corpus):
            yield in_query(query, f"Seconds since 1970 are shown as the duration {panel.unit!r}.")


def _shown_in(units: frozenset[str], corpus: Corpus) -> Iterator[tuple[BoardPanel, Query, Node]]:
    """Every query that a panel shows in one of these units."""
    for panel in (each for each in corpus.panels if not each.other_units and each.unit in units):
        yield from ((panel, query, query.tree) for query in panel.queries if query.tree and not query.hidden)


@lint_rule(
    "increase-per-second",
    Severity.WARNING,
    title="A number of events shown as if it were per second",
    why="The function increase counts what happened within its window, and a counter without a function what happened since the start: a unit of rates makes 300 events of five minutes 300 per second.",
    fix="Read the rate, or choose a unit of numbers, such as short.",
    bad=on_panel("sum(increase(errors_total[5m]))", panel={"unit": "ops"}),
    good=on_panel("sum(rate(errors_total[5m]))", panel={"unit": "ops"}),
)
def increase_per_second(corpus: Corpus) -> Iterator[Defect]:
    """Where nothing but aggregations is around it, and no override or transformation changes the unit; of counters without a function, those whose name ends in `_total`."""
    for panel, query, tree in _shown_in(_ALL_RATES, corpus):
        if what := _number_of_events(tree, corpus):
            yield in_query(query, f"The panel shows {what} as {panel.unit!r}.")


def _number_of_events(node: Node, corpus: Corpus) -> str:
    while isinstance(node, AggregateNode):
        node = node.of
    if isinstance(node, CallNode) and node.name == "increase":
        return "an increase"
    if not isinstance(node, SeriesNode) or node.window or node.name in corpus.recorded:
        return ""
    return "everything since the start" if node.name.endswith("_total") else ""


_PER_MINUTE_IN_TITLE = re.compile(r"(?:/ ?|\bper )(?:min(?:ute)?|h(?:r|our)?)\b", re.IGNORECASE)


@lint_rule(
    "rate-in-title",
    Severity.WARNING,
    title="The title of a panel says per minute or hour, and its values are per second",
    why="A rate is per second: the panel shows a sixtieth of what its title says.",
    fix="Multiply by 60 or 3600, or say that it is per second.",
    bad=on_panel("sum(rate(jobs_total[5m]))", panel={"title": "Jobs / min"}),
    good=on_panel("sum(rate(jobs_total[5m])) * 60", panel={"title": "Jobs / min"}),
)
def rate_in_title(corpus: Corpus) -> Iterator[Defect]:
    """Of rates of one counter in panels with one query and no unit of its own."""
    for panel in corpus.panels:
        if panel.unit in PLAIN and len(panel.queries) == 1 and _PER_MINUTE_IN_TITLE.search(panel.title):
            query = panel.queries[0]
            if query.tree and not query.hidden and (counter := _whose_rate(query.tree)):
                yield in_query(
                    query, f"The values are {counter} per second, and the title is {panel.title!r}.", counter
                )


# Where Grafana has one unit for the values, and no other is as good.
_RIGHT = {
    Unit.SECONDS: "s",
    Unit.RATIO: "percentunit",
    Unit.PERCENT: "percent",
    Unit.BYTES: "bytes",
    Unit.MEBIBYTES: "mbytes",
    Unit.MEGAHERTZ: "rotmhz",
    Unit.HERTZ: "hertz",
}


def _with_unit(panel: BoardPanel, unit: Unit, corpus: Corpus) -> tuple[Repair, ...]:
    """The repair, where all that the panel shows has the unit, and no limit of it is meant in the other."""
    units = {unit_of(query.tree, corpus) if query.tree else None for query in panel.queries}
    limited = (
        panel.thresholds not in ((), GRAFANAS_THRESHOLDS) or panel.minimum is not None or panel.maximum is not None
    )
    if units != {unit} or unit not in _RIGHT or limited or not panel.unit_line:
        return ()
    return (Repair(panel.unit_line, "unit", panel.unit, _RIGHT[unit], panel.unit, _RIGHT[unit]),)


@lint_rule(
    "wrong-unit-in-name",
    Severity.WARNING,
    title="The name of a recorded series says another unit than its values have",
    why="Whoever reads the series takes it for what its name says.",
    fix="Compute the unit of the name, or name the one that it has.",
    bad=as_record("gpu:memory_used_bytes:sum", "sum by (gpu) (DCGM_FI_DEV_FB_USED)"),
    good=as_record("gpu:memory_used_bytes:sum", "sum by (gpu) (DCGM_FI_DEV_FB_USED) * 1048576"),
)
def wrong_unit_in_name(corpus: Corpus) -> Iterator[Defect]:
    """Where all that the rule reads is known."""
    for rule in corpus.rules:
        unit = unit_of(rule.query.tree, corpus) if rule.query.tree and not rule.is_alert else None
        if unit in _SAYS_ANOTHER and (said := _SAYS_ANOTHER[unit].search(rule.name.replace("_", " "))):
            yield in_query(rule.query, f"The values of {rule.name} are {_CALLED.get(unit, unit.value)}, not {said[0]}.")


_MAY_BE_SHARES = frozenset({Unit.NONE, Unit.FACTOR, Unit.BOOLEAN, Unit.RATIO, Unit.PERCENT})
_TAKEN_FOR = {True: (Unit.PERCENT, "humanizePercentage takes"), False: (Unit.RATIO, "the text takes")}


@lint_rule(
    "wrong-unit-in-text",
    Severity.WARNING,
    title="The text of an alert takes a ratio for percent, or percent for a ratio",
    why="Whoever is called reads 0.9% where it is 90 percent, or 9000%.",
    fix="Write {{ $value | humanizePercentage }} for a ratio of 0 to 1, and {{ $value }}% for percent of 0 to 100.",
    bad=as_alert("vllm:kv_cache_usage_perc > 0.9", annotations={"summary": "{{ $value }}% are used."}),
    good=as_alert(
        "vllm:kv_cache_usage_perc > 0.9", annotations={"summary": "{{ $value | humanizePercentage }} are used."}
    ),
)
def wrong_unit_in_text(corpus: Corpus) -> Iterator[Defect]:
    """In annotations of rules of Prometheus, where all that the query reads is known, or it divides a series by itself; also where it is not a share at all, such as seconds."""
    for alert in (each for each in corpus.alerts if not each.is_grafana and each.query.tree):
        unit = unit_of(alert.query.tree, corpus) if alert.query.tree else None
        for name, text in alert.annotations.items():
            for as_ratio in set(values_as_shares(text)):
                wrong, taken = _TAKEN_FOR[as_ratio]
                if unit is wrong or (unit and unit not in _MAY_BE_SHARES):
                    message = f"The values are {_CALLED.get(unit, unit.value)}, and in the annotation {name!r} {taken} them for {'a ratio' if as_ratio else 'percent'}."
                    yield in_query(alert.query, message)


_OF_TIME = re.compile(r"second|time|duration|cpu|usage|busy|idle|load|ratio|percent|tick|(?<![a-z])[mnu]s(?![a-z])")


@lint_rule(
    "rate-in-text",
    Severity.WARNING,
    title="The text of an alert takes a number per second for a share, or for a number per minute or hour",
    why="Whoever is called reads 5% where there is one error in twenty seconds, and the threshold is probably meant as a share too.",
    fix="Divide by the rate of all of them for a share, multiply by 60 or 3600 for another time, or write that it is per second.",
    bad=as_alert(
        'rate(requests_total{code="500"}[5m]) > 0.05', annotations={"summary": "{{ $value | humanizePercentage }} fail"}
    ),
    good=as_alert(
        'sum(rate(requests_total{code="500"}[5m])) / sum(rate(requests_total[5m])) > 0.05',
        annotations={"summary": "{{ $value | humanizePercentage }} fail"},
    ),
)
def rate_in_text(corpus: Corpus) -> Iterator[Defect]:
    """In annotations of rules of Prometheus, of the rate of one counter whose name ends in `_total` and is not one of time."""
    for alert in (each for each in corpus.alerts if not each.is_grafana and each.query.tree):
        counter = _whose_rate(alert.query.tree) if alert.query.tree else ""
        if not counter.endswith("_total") or _OF_TIME.search(counter):
            continue
        for name, text in alert.annotations.items():
            if taken := _taken_for(text):
                message = f"The values are {counter} per second, and the annotation {name!r} takes them for {taken}."
                yield in_query(alert.query, message, counter)


def _taken_for(text: str) -> str:
    if any(True for _ in values_as_shares(text)):
        return "a share"
    return "a number per minute, hour or day" if says_per_longer_time(text) else ""


def _whose_rate(node: Node) -> str:
    """The name of the counter of which this is the rate, in whatever aggregation; empty for all else."""
    while True:
        if isinstance(node, BinaryNode) and node.operator in COMPARISONS and not node.returns_bool:
            node = node.left
        elif isinstance(node, AggregateNode) and node.operator in ("sum", "avg", "max", "min"):
            node = node.of
        else:
            break
    of = node.arguments[0] if isinstance(node, CallNode) and node.name in ("rate", "irate") else None
    return of.name if isinstance(of, SeriesNode) else ""


RULES = (
    wrong_unit,
    moment_as_duration,
    increase_per_second,
    rate_in_title,
    wrong_unit_in_name,
    wrong_unit_in_text,
    rate_in_text,
)
