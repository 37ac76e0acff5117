"""An examination as text for people, and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from glassbox.doctor.examining import Examination
from glassbox.doctor.gpus_there import is_of_gpus
from glassbox.doctor.listing import roughly, some
from glassbox.doctor.outlook import Lack, Outlook, brought_by
from glassbox.http.outside_text import one_line
from glassbox.query.wording import span

SCHEMA_VERSION = 1
# Where there are none, the name of each series would only hide that.
_NO_GPUS = "series of GPUs (dcgm-exporter exposes all, other exporters some)"


def as_text(examination: Examination) -> Iterator[str]:
    """Lines of tables: services, GPUs, what is in the way, what is not known, and what will work."""
    yield from _table(
        "Services",
        ("job", "engine", "version", "models", "replicas", "scraped every", "places"),
        _services(examination),
    )
    yield from _table("GPUs", ("job", "exporter", "hosts", "GPUs"), _gpus(examination))
    if examination.obstacles:
        yield "In the way"
    for each in examination.obstacles:
        yield f"  {one_line(each.about) or 'a job without a name'} {one_line(each.problem)}: {each.advice}."
    if examination.obstacles:
        yield ""
    if examination.unknown:
        yield from ("Not known", *(f"  {one_line(each)}" for each in examination.unknown), "")
    yield "What can work"
    for outlook in examination.outlooks:
        yield from _outlook(outlook, has_gpus=bool(examination.fleet.gpus))


def as_json(examination: Examination) -> str:
    """The whole, in a versioned schema."""
    return json.dumps({"version": SCHEMA_VERSION, **asdict(examination)}, indent=2, ensure_ascii=False)


def _services(examination: Examination) -> Iterator[tuple[str, ...]]:
    for each in examination.fleet.services:
        places = (f"{label} {some(values)}" for label, values in each.places.items() if values)
        every = span(round(each.scrape_seconds)) if each.scrape_seconds else "not known"
        versions = "; ".join(version.text for version in each.versions)
        yield (
            each.job,
            some(each.engines),
            versions,
            some(each.models) or "-",
            str(each.targets),
            every,
            "; ".join(places),
        )
    for down in examination.fleet.down:
        yield down.job, some(down.engines), "-", "-", "0, down", "-", ""
    for gone in examination.fleet.gone:
        yield gone.job, some(gone.engines), "-", "-", f"0, gone for about {roughly(gone.ended_seconds)}", "-", ""


def _gpus(examination: Examination) -> Iterator[tuple[str, ...]]:
    for each in examination.fleet.gpus:
        yield each.job, each.exporter, str(each.hosts), str(each.gpus)


def _outlook(outlook: Outlook, *, has_gpus: bool) -> Iterator[str]:
    """What works, then each thing that is lacking with the panels or alerts that wait for it."""
    yield f"  {outlook.title}: {outlook.working} of {outlook.parts}"
    waiting: dict[str, list[str]] = {}
    for lack in outlook.lacking:
        waiting.setdefault(lacked(lack, has_gpus=has_gpus), []).append(lack.title)
    for names, titles in waiting.items():
        yield f"    without {names}: {'; '.join(titles) if len(titles) < outlook.parts else 'all of it'}"


def lacked(lack: Lack, *, has_gpus: bool) -> str:
    """What is lacking, and what brings it."""
    if lack.settings:
        return f"the setting {' and '.join(lack.lacks)}"
    if not has_gpus and any(is_of_gpus(name) for name in lack.lacks):
        return _NO_GPUS
    brought = brought_by(lack.lacks[0])
    return some(lack.lacks) + (f" ({brought})" if brought else "")


def _table(title: str, heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    cells = [heads, *(tuple(map(one_line, row)) for row in rows)]
    if not cells[1:]:
        yield f"{title}: none found"
        return
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    yield title
    for row in cells:
        yield ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
    yield ""
