"""What an exporter exposes, from a file of its own `/metrics`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.lint.known_metrics import COUNTER, PARTS, ExposedSeries

_TYPE = re.compile(r"#\s+TYPE\s+([a-zA-Z_:][\w:]*)\s+(\w+)\s*")
_NUMBER = r"[-+]?(?:\.?[0-9][0-9.eE+-]*|NaN|Inf)"
_SAMPLE = re.compile(rf"([a-zA-Z_:][\w:]*)(?:\{{.*\}})?\s+{_NUMBER}(?:\s+{_NUMBER})?(?:\s+#.*)?", re.IGNORECASE)
_UNKNOWN = ("untyped", "unknown")
_COUNTED = "_total"


def exposed_by(files: Sequence[Path]) -> Mapping[str, ExposedSeries]:
    """The series of these files by name; raises GlassboxError for one that holds none."""
    found: dict[str, ExposedSeries] = {}
    for file in files:
        try:
            text = content_of(file).decode("utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
            raise GlassboxError(
                f"{file.as_posix()} cannot be read ({reason}): name a file of what an exporter exposes."
            ) from None
        series = exposed_in(text)
        if not series:
            raise GlassboxError(
                f"{file.as_posix()} holds no samples of metrics: save what the exporter answers at /metrics."
            )
        found |= series
    return found


def exposed_in(text: str) -> dict[str, ExposedSeries]:
    """The series of an exposition in the text format of Prometheus or in OpenMetrics, by name."""
    types = {found[1]: found[2] for line in text.splitlines() if (found := _TYPE.fullmatch(line))}
    names = dict.fromkeys(found[1] for line in text.splitlines() if (found := _SAMPLE.fullmatch(line)))
    metrics = {name: each for metric, type_ in types.items() for name, each in _series(metric, type_)}
    there = {name: metrics.get(name, ExposedSeries(name, "", name)) for name in names}
    bare = {name: metrics[name] for name, type_ in types.items() if type_ in PARTS}
    return bare | there


def _series(metric: str, type_: str) -> Iterator[tuple[str, ExposedSeries]]:
    known = "" if type_ in _UNKNOWN else type_
    # OpenMetrics declares a counter without the ending of its series.
    counted = f"{metric}{_COUNTED}" if type_ == COUNTER and not metric.endswith(_COUNTED) else metric
    yield from ((name, ExposedSeries(name, known, metric)) for name in dict.fromkeys((metric, counted)))
    yield from (
        (f"{metric}_{part}", ExposedSeries(f"{metric}_{part}", COUNTER, metric, part=part))
        for part in PARTS.get(type_, ())
    )
