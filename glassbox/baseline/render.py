"""A comparison as text, as Markdown for release notes, and as JSON."""

import json
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from glassbox.baseline.baseline_file import MeasuredBy, low_and_high
from glassbox.baseline.comparison import Group, MeasureChange
from glassbox.baseline.judge import FEWEST_BLOCKS, ChangeVerdict
from glassbox.baseline.profile import Profile, level_words
from glassbox.http.outside_markdown import escaped, table_row

HEADINGS = ("measure", "before", "normal range", "after", "change", "blocks", "verdict")


def found(profile: Profile) -> Iterator[str]:
    """What was found: each model with its loads, and how many blocks each has."""
    for served, levels in sorted(profile.items()):
        counts = ", ".join(
            f"{level_words(level)}: {max(map(len, names.values()))}" for level, names in sorted(levels.items())
        )
        yield f"{served}: blocks by requests/s per replica {counts}"


def text(groups: Sequence[Group], measured_by: MeasuredBy) -> Iterator[str]:
    """Tables for a terminal."""
    for group in groups:
        yield _title(group)
        table = [HEADINGS, *map(_cells, group.rows)]
        widths = [max(len(cells[column]) for cells in table) for column in range(len(HEADINGS))]
        for cells in table:
            first, *others = cells
            aligned = [
                first.ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)),
            ]
            yield "  " + "  ".join((*aligned[:-1], cells[-1])).rstrip()
        yield ""
    yield summary(groups, measured_by)


def markdown(groups: Sequence[Group], measured_by: MeasuredBy) -> Iterator[str]:
    """Tables for release notes."""
    for group in groups:
        yield f"### {escaped(_title(group))}"
        yield ""
        yield table_row(HEADINGS)
        yield table_row(("---", *("---:",) * 5, "---"))
        for row in group.rows:
            bold = row.verdict in (ChangeVerdict.WORSE, ChangeVerdict.BETTER)
            yield table_row((*_cells(row)[:-1], f"**{row.verdict.value}**" if bold else row.verdict.value))
        yield ""
    yield summary(groups, measured_by)


def as_json(groups: Sequence[Group], _measured_by: MeasuredBy) -> Iterator[str]:
    """One object."""
    yield json.dumps({"groups": [_as_json(group) for group in groups]}, indent=2)


FORMS = {"text": text, "markdown": markdown, "json": as_json}


def summary(groups: Sequence[Group], measured_by: MeasuredBy) -> str:
    """The closing sentence."""
    count = Counter(row.verdict for group in groups for row in group.rows)
    verdicts = ", ".join(f"{count[verdict]} {verdict.value}" for verdict in ChangeVerdict if count[verdict])
    few = (
        f" A verdict needs {FEWEST_BLOCKS} blocks {measured_by.few_blocks_advice}."
        " Neighbouring blocks that resemble each other count as one."
        if count[ChangeVerdict.NOT_ENOUGH]
        else ""
    )
    return f"{'Regression' if count[ChangeVerdict.WORSE] else 'No regression'}: {verdicts or 'nothing measured'}.{few}"


def _title(group: Group) -> str:
    versions = [
        served.model_version or "not reported" if served else "nothing" for served in (group.before, group.after)
    ]
    title = f"{group.service}, version {' -> '.join(versions)}, {level_words(group.level)} requests/s per replica"
    return " ".join(title.split())


def _cells(row: MeasureChange) -> tuple[str, ...]:
    change = "" if row.change_ratio is None else f"{row.change_ratio:+.1%}"
    low_high = "-".join(map(_number, low_and_high(row.before))) if row.before else ""
    medians = [_number(statistics.median(values)) if values else "" for values in (row.before, row.after)]
    blocks = f"{len(row.before)}, {len(row.after)}"
    return row.measure.name, medians[0], low_high, medians[1], change, blocks, row.verdict.value


def _number(value: float) -> str:
    return f"{value:.3g}"


def _as_json(group: Group) -> dict[str, object]:
    return {
        "before": asdict(group.before) if group.before else None,
        "after": asdict(group.after) if group.after else None,
        "requests_per_second_per_replica": level_words(group.level),
        "measures": [
            {
                "measure": row.measure.name,
                "before": statistics.median(row.before) if row.before else None,
                "after": statistics.median(row.after) if row.after else None,
                "change_ratio": row.change_ratio,
                "blocks_before": len(row.before),
                "blocks_after": len(row.after),
                "verdict": row.verdict.value,
            }
            for row in group.rows
        ],
    }
