"""A profile as a file for git: sorted, rounded, the same bytes for the same numbers."""

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from glassbox.baseline.profile import BLOCK_REQUESTS, LABELS, Profile, Served, Values, level_of, level_words
from glassbox.compile.outputs import write_file
from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.query.measures import BLOCK_SECONDS

FORMAT = 1
_DIGITS = 4


class MeasuredBy(Enum):
    """Where the numbers come from, and what a block of them is: a callers' view is not compared with a server's."""

    PROMETHEUS = ("Prometheus, at the server", "block_seconds", BLOCK_SECONDS)
    LOAD_TEST = ("a load test, at its callers", "block_requests", BLOCK_REQUESTS)

    def __init__(self, words: str, block_field: str, block: int) -> None:
        self.words, self.block_field, self.block = words, block_field, block

    @property
    def few_blocks_advice(self) -> str:
        """What to do where there are too few blocks for a verdict."""
        if self is MeasuredBy.LOAD_TEST:
            return f"of {BLOCK_REQUESTS} requests on each side: send more requests"
        return f"of {BLOCK_SECONDS // 60} min on each side: choose a longer window"


@dataclass(frozen=True)
class Baseline:
    """What was measured in a window that ended at `end` (Unix seconds)."""

    end: int
    window_seconds: int
    profile: Profile
    measured_by: MeasuredBy = MeasuredBy.PROMETHEUS


def file_of(name: str, folder: Path) -> Path:
    """The file of the baseline of this name; raises GlassboxError for a name that cannot be a file's."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise GlassboxError(f"{name!r} cannot name a baseline: use letters, digits, dots, dashes and underscores.")
    return folder / f"{name}.json"


def save(baseline: Baseline, name: str, folder: Path) -> Path:
    """Write the file whole, in place of an older one of that name, and return it; raises GlassboxError."""
    file = file_of(name, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GlassboxError(f"{folder} cannot be created ({error.strerror}): choose another with --folder.") from None
    write_file(file, _text(_as_json(baseline)) + "\n", "--folder")
    return file


def load(name: str, folder: Path) -> Baseline:
    """The baseline of that name; raises GlassboxError where it does not exist or cannot be read."""
    file = file_of(name, folder)
    try:
        return _from_json(json.loads(content_of(file)))
    except FileNotFoundError:
        there = ", ".join(sorted(each.stem for each in folder.glob("*.json"))) or "none"
        raise GlassboxError(
            f"Baseline {name!r} does not exist in {folder} (it has: {there}): make it with `baseline save`."
        ) from None
    except OSError as error:
        raise GlassboxError(
            f"{file} cannot be read ({error.strerror}): restore it from git, or save it again."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise GlassboxError(
            f"{file} is not a baseline of this version: restore it from git, or save it again."
        ) from None


def check_comparable(was: Baseline, measured_by: MeasuredBy) -> None:
    """Raises GlassboxError for a comparison of what callers see with what a server sees."""
    if was.measured_by is not measured_by:
        raise GlassboxError(
            f"The baseline was measured by {was.measured_by.words}, and the other side by {measured_by.words}: choose two of "
            "one kind."
        )


def _text(value: Any, indent: str = "") -> str:
    """JSON with sorted keys and one measure a line, so that a diff shows which have moved."""
    deeper = f"{indent}  "
    if (
        isinstance(value, dict)
        and any(isinstance(each, dict | list) for each in value.values())
        and "blocks" not in value
    ):
        items = [f"{json.dumps(key)}: {_text(value[key], deeper)}" for key in sorted(value)]
        return f"{{\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return f"[\n{deeper}" + f",\n{deeper}".join(_text(each, deeper) for each in value) + f"\n{indent}]"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _as_json(baseline: Baseline) -> dict[str, Any]:
    return {
        "format": FORMAT,
        baseline.measured_by.block_field: baseline.measured_by.block,
        "end": datetime.fromtimestamp(baseline.end, UTC).isoformat().replace("+00:00", "Z"),
        "window_seconds": baseline.window_seconds,
        "models": [_model_as_json(served, levels) for served, levels in sorted(baseline.profile.items())],
    }


def _model_as_json(served: Served, levels: Mapping[int, Values]) -> dict[str, Any]:
    ranges = {
        level_words(level): {name: _range(values) for name, values in names.items()} for level, names in levels.items()
    }
    return {**dict(zip(LABELS, astuple(served), strict=True)), "requests_per_second_per_replica": ranges}


def _range(values: Sequence[float]) -> dict[str, Any]:
    """The normal range for readers, and the blocks for the next comparison."""
    low, high = low_and_high(values)
    return {
        "low": _rounded(low),
        "median": _rounded(statistics.median(values)),
        "high": _rounded(high),
        "blocks": [_rounded(value) for value in values],
    }


def low_and_high(values: Sequence[float]) -> tuple[float, float]:
    """The normal range: nine of ten blocks lie within."""
    if len(values) < 2:
        return values[0], values[0]
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return cuts[0], cuts[-1]


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _from_json(content: Any) -> Baseline:
    known = [each for each in MeasuredBy if content.get(each.block_field) == each.block]
    if content["format"] != FORMAT or len(known) != 1:
        raise ValueError(content["format"])
    profile = {
        Served(*(str(model[label]) for label in LABELS)): {
            level_of(words): {name: tuple(map(float, each["blocks"])) for name, each in names.items()}
            for words, names in model["requests_per_second_per_replica"].items()
        }
        for model in content["models"]
    }
    end = int(datetime.fromisoformat(content["end"]).timestamp())
    return Baseline(end, int(content["window_seconds"]), profile, known[0])
