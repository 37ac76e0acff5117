"""A backtest as a page of its own: a timeline with a row for each alert, and what else is known. Nothing is fetched or run."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path

from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.backtest_report import Backtest
from glassbox.backtest.history_rows import HEADINGS, cells, fired, instance_words, sentences, weekly
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.time_words import length, moment
from glassbox.errors import GlassboxError
from glassbox.http.outside_text import harmless
from glassbox.query.rules import Severity

_WIDTH, _LEFT, _ROW, _TOP = 1200, 260, 22, 24
_TICKS = 8
# So that a firing of a minute is seen in a month.
_NARROWEST = 2.0
_COLOURS = {Severity.PAGE.value: "#c4162a", Severity.TICKET.value: "#e0752d", Severity.REPORT.value: "#3274d9"}
_OTHER = "#6e7781"
_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; background: #f4f5f5; color: #24292e }
svg { background: #fff; border: 1px solid #ccc; max-width: 100%; height: auto } text { font: 12px system-ui, sans-serif }
table { border-collapse: collapse } td, th { padding: .15rem 1rem .15rem 0; text-align: left; vertical-align: top }
"""


def check_place(file: Path) -> None:
    """Raise GlassboxError if `write_page` could not write there: better before a backtest than after it."""
    if not file.parent.is_dir():
        raise GlassboxError(f"--html {file} cannot be written (its folder does not exist): name another file.")
    if not os.access(file.parent, os.W_OK):
        raise GlassboxError(f"--html {file} cannot be written (its folder is read-only): name another file.")


def write_page(file: Path, found: Backtest) -> None:
    """Write the page in place of an earlier one, whole or not at all; raises GlassboxError where it cannot be written."""
    prepared = file.with_name(f".{file.name}.new")
    try:
        prepared.write_text("".join(f"{line}\n" for line in page(found)), encoding="utf-8")
        prepared.replace(file)
    except OSError as error:
        with suppress(OSError):
            prepared.unlink(missing_ok=True)
        raise GlassboxError(f"--html {file} cannot be written ({error.strerror}): name another file.") from None


def page(found: Backtest) -> Iterator[str]:
    """The lines of the page."""
    yield "<!doctype html>"
    yield '<html lang="en"><meta charset="utf-8">'
    # Should a text escape the escaping, its scripts still do not run.
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{_text(found.heading)}</title><style>{_STYLE}</style>"
    yield f"<h1>{_text(found.heading)}</h1><p>{_text(weekly(found.histories))}</p>"
    yield from timeline([each for each in found.histories if each.is_judged], found.window)
    yield from _table(HEADINGS, [_row(each) for each in fired(found.histories)])
    for heading, lines in sentences(found.histories):
        if lines:
            yield f"<h2>{_text(heading)}</h2><ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"
    for table in found.thresholds:
        yield f"<h2>{_text(table.title)}</h2>"
        yield from _table(table.headings, [[_text(cell) for cell in row] for row in table.rows])
    yield "</html>"


def timeline(histories: Sequence[AlertHistory], window: PastWindow) -> Iterator[str]:
    """A picture with a row for each alert, those that fired first."""
    rows = [*fired(histories), *(each for each in histories if not each.firings)]
    height = _TOP + _ROW * len(rows) + 8
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img" aria-label="Timeline of all alerts">'
    for tick in range(_TICKS + 1):
        time = window.start + window.seconds * tick // _TICKS
        x = _x(time, window)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{height}" stroke="#ddd"/>'
        if tick < _TICKS:
            yield f'<text x="{x:.1f}" y="{_TOP - 8}" fill="#6e7781">{moment(time)[5:]}</text>'
    for number, history in enumerate(rows):
        yield from _lane(history, window, _TOP + _ROW * number)
    yield "</svg>"


def _lane(history: AlertHistory, window: PastWindow, top: int) -> Iterator[str]:
    colour = _COLOURS.get(history.past.rule.severity, _OTHER)
    yield f'<text x="8" y="{top + 15}" fill="{"#24292e" if history.firings else _OTHER}">{_text(history.name)}</text>'
    for each in history.firings:
        ended = window.end if each.ended is None else min(each.ended, window.end)
        left = _x(each.started, window)
        width = max(_NARROWEST, _x(ended, window) - left)
        said = f"{instance_words(each.labels)} {moment(each.started)}, {length(ended - each.started)}".strip()
        yield (
            f'<rect x="{left:.1f}" y="{top + 4}" width="{width:.1f}" height="{_ROW - 8}" fill="{colour}" fill-opacity="0.7">'
            f"<title>{_text(said)}</title></rect>"
        )


def _x(time: int, window: PastWindow) -> float:
    return _LEFT + (_WIDTH - _LEFT - 10) * (time - window.start) / window.seconds


def _row(history: AlertHistory) -> list[str]:
    """The worst moment leads to its board where the address is a whole one."""
    texts = [_text(cell) for cell in cells(history)]
    address = history.worst_address
    if address.startswith(("http://", "https://")):
        texts[-1] = f'<a href="{escape(address)}">{texts[-1]}</a>'
    return texts


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Of cells that are HTML."""
    if rows:
        yield f"<table><tr>{''.join(f'<th>{_text(each)}</th>' for each in headings)}</tr>"
        yield from (f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        yield "</table>"


def _text(text: str) -> str:
    return escape(harmless(text))
