"""A backtest as text for people and as Markdown for a pull request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.history_difference import FiringDifference, difference_lines
from glassbox.backtest.history_rows import HEADINGS, cells, fired, sentences, weekly
from glassbox.backtest.other_thresholds import ThresholdTable
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.time_words import length, moment
from glassbox.http.outside_markdown import escaped, table_row
from glassbox.http.outside_text import one_line

_NUMBERS = range(2, 8)
"""The columns of the table that are aligned to the right."""


@dataclass(frozen=True)
class Backtest:
    """What was found. `source` says whose recorded series were read, and `against` what the other side is called."""

    window: PastWindow
    source: str
    histories: Sequence[AlertHistory]
    thresholds: Sequence[ThresholdTable] = ()
    differences: Sequence[FiringDifference] | None = None
    against: str = ""

    @property
    def heading(self) -> str:
        """The window, and whose series were read."""
        return (
            f"Alerts from {moment(self.window.start)} to {moment(self.window.end)} UTC "
            f"({length(self.window.seconds)}), {self.source}"
        )


def as_text(found: Backtest) -> Iterator[str]:
    """Lines for a terminal."""
    yield found.heading
    yield ""
    if found.differences is not None:
        yield from difference_lines(found.differences, found.against)
        return
    rows = fired(found.histories)
    yield from _table([HEADINGS, *(tuple(map(one_line, cells(each))) for each in rows)] if rows else [], _NUMBERS)
    for heading, lines in sentences(found.histories):
        yield from _section(heading, lines)
    yield from _section("Board at the worst moment", [f"{each.name}: {each.worst_address}" for each in rows if each.worst_address])  # fmt: skip  # one thing is one line
    for table in found.thresholds:
        yield f"{table.title}:" if table.rows else f"{table.title}."
        yield from _table([table.headings, *table.rows] if table.rows else [], range(len(table.headings)))
    yield weekly(found.histories)


def as_markdown(found: Backtest) -> Iterator[str]:
    """Lines for a pull request, with links where addresses are whole."""
    yield f"### {escaped(found.heading)}"
    yield ""
    if found.differences is not None:
        yield from (f"- {escaped(line)}" for line in difference_lines(found.differences, found.against) if line)
        return
    rows = fired(found.histories)
    yield weekly(found.histories)
    yield ""
    linked = [[_linked(each, cell, column) for column, cell in enumerate(cells(each))] for each in rows]
    yield from _markdown_table(HEADINGS, linked, _NUMBERS)
    for heading, lines in sentences(found.histories):
        if lines:
            yield f"**{escaped(heading)}**"
            yield ""
            yield from (f"- {escaped(line)}" for line in lines)
            yield ""
    for table in found.thresholds:
        yield f"**{escaped(table.title)}**"
        yield ""
        yield from _markdown_table(table.headings, table.rows, range(len(table.headings)))


def _markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> Iterator[str]:
    """Nothing without rows."""
    if rows:
        yield table_row(headings)
        yield table_row(["---:" if column in numbers else "---" for column in range(len(headings))])
        yield from map(table_row, rows)
        yield ""


def _section(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{heading}:"
        yield from (f"  {one_line(line)}" for line in lines)
        yield ""


def _table(rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> Iterator[str]:
    if not rows:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        aligned = (
            cell.rjust(widths[column]) if column in numbers else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        )
        yield ("  " + "  ".join(aligned)).rstrip()
    yield ""


def _linked(history: AlertHistory, cell: str, column: int) -> str:
    """The worst moment leads to its board where the address is whole."""
    address = history.worst_address
    is_link = HEADINGS[column] == "worst" and address.startswith(("http://", "https://"))
    return f"[{escaped(cell)}]({address.replace(')', '%29')})" if is_link else escaped(cell)
