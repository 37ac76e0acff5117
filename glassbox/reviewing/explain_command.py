"""`explain`: what a panel, an alert or a recorded series asks, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE
from glassbox.cli.output import say
from glassbox.cli.session import Session
from glassbox.errors import GlassboxError

if TYPE_CHECKING:
    from glassbox.lint.subjects.corpus import Corpus
    from glassbox.reviewing.explaining import Explanation, SeriesRead

_PATH = click.Path(path_type=Path)


@click.command("explain")
@click.argument("name", metavar="PANEL_OR_ALERT")
@click.option("--path", "paths", multiple=True, type=_PATH, metavar="FILE_OR_DIR", help="Look in these files instead; may be given several times.")  # fmt: skip  # one option
@click.pass_obj
def command(session: Session, *, name: str, paths: Sequence[Path]) -> int:
    """Explain a panel, an alert or a recorded series: queries, the series they read, their labels, where they are recorded, which exporters and
    versions have them, and for alerts runbook and tests.

    Exit codes: 0 done, 1 there is none of this name, or something cannot be read.
    """
    found = _in_files(name, paths) if paths else _in_content(session, name)
    for line in found:
        say(line)
    return DONE


def _in_files(name: str, paths: Sequence[Path]) -> Iterator[str]:
    from glassbox.lint.reading.files_read import read  # a broken module of ours is reported by `compiled`
    from glassbox.reviewing.explaining import explained

    files = read(paths)
    for refused in files.unreadable:
        raise GlassboxError(f"{refused.location.file}: {refused.message} {refused.fix}")
    for found in explained(files.corpus, name):
        yield from _lines(found, files.corpus, ())


def _in_content(session: Session, name: str) -> Iterator[str]:
    bundle = session.compiled()
    from glassbox.lint.declared_places import DeclaredPlaces
    from glassbox.lint.of_bundle import corpus_of
    from glassbox.reviewing.explaining import explained
    from glassbox.reviewing.revision_diff import TESTS

    corpus, places = corpus_of(bundle), DeclaredPlaces(bundle)
    tests = sorted(session.product.script.parent.glob(f"tests/**/{TESTS}"))
    for found in explained(corpus, name):
        yield from _lines(replace(found, location=places.declared(found.location)), corpus, tests)


def _lines(found: Explanation, corpus: Corpus, tests: Sequence[Path]) -> Iterator[str]:
    from glassbox.lint.estimated_cost import estimated_cost, in_words

    yield f"{found.what} {found.location.object}"
    yield f"  in {found.location.file}" + (f":{found.location.line}" if found.location.line else "")
    if found.text:
        yield f"  {' '.join(found.text.split())}"
    yield from _queries(found)
    yield "  reads:" if found.series else "  reads no series that it names"
    for series in found.series:
        yield from _series(series)
    costs = [estimated_cost(query, corpus) for query in found.queries]
    asked = "in an hour at steps of a minute" if found.what == "panel" else "at each evaluation"
    yield f"  cost, estimated, {asked}: {in_words(costs)}"
    if found.what == "alert":
        yield from _of_alert(found.name, corpus, tests)
    else:
        title = "read by" if found.what == "recorded series" else "linked from"
        yield f"  {title}: {', '.join(found.linked_from) or 'nothing here'}"
    yield ""


def _queries(found: Explanation) -> Iterator[str]:
    from glassbox.lint.words import counted
    from glassbox.reviewing.query_growth import size_of

    for query in found.queries:
        size = size_of(query)
        name = " ".join(filter(None, ("query", query.ref_id, query.legend and f"({query.legend})")))
        looks_back = f", looks back {size.range_seconds:g} s" if size.range_seconds else ""
        yield f"  {name}: {counted(size.selectors, 'selector')}{looks_back}"
        yield from (f"    {line}" for line in query.text.splitlines())


def _series(series: SeriesRead) -> Iterator[str]:
    yield f"    {series.name}"
    yield f"      labels: {', '.join(series.labels) or 'none' if series.labels is not None else 'not known'}"
    for group in series.recorded_in:
        yield f"      recorded by group {group}"
    if series.recorded_from:
        yield f"      from {', '.join(series.recorded_from)}"
    yield from (f"      {words}" for words in series.exposed_by)
    if not series.recorded_in and not series.exposed_by:
        yield "      not recorded here, and of no exporter that is known"


def _of_alert(name: str, corpus: Corpus, tests: Sequence[Path]) -> Iterator[str]:
    if corpus.runbooks is not None:
        yield f"  runbook: {f'{name}.md' if name in corpus.runbooks else 'none'}"
    naming = [file.name for file in tests if f"alertname: {name}" in file.read_text(encoding="utf-8", errors="replace")]
    if tests:
        yield f"  tests: {', '.join(naming) or 'none'}"
