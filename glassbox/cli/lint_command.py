"""`lint`: what is wrong with the content, or with files of anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassbox.cli.lint_options import FIX, LintChoices, collect_garbage_rarely, lint_options
from glassbox.cli.session import Session
from glassbox.errors import GlassboxError

if TYPE_CHECKING:
    from glassbox.compile.bundle import Bundle

_PATH = click.Path(path_type=Path)
_OF_ANYBODY = "Check this dashboard, rule file or folder instead of our content; may be given several times."


@click.command("lint")
@click.argument("files", nargs=-1, type=_PATH)
@click.option("--path", "paths", multiple=True, type=_PATH, metavar="FILE_OR_DIR", help=_OF_ANYBODY)
@lint_options
@FIX
@click.pass_obj
def command(session: Session, /, *, files: Sequence[Path], paths: Sequence[Path], **chosen: Any) -> int:
    """Check all content, or FILES.

    Exit codes: 0 nothing found that counts, 2 errors were found (with --strict warnings too), 1 something cannot be read.
    """
    collect_garbage_rarely()
    if not files and not paths:
        if chosen["fix"]:
            raise GlassboxError("--fix repairs files: name them with --path; our content is corrected in Python.")
        return lint_and_report(session.compiled(), LintChoices(**chosen))
    # A broken module of ours is reported by `compiled`, which files need not.
    from glassbox.cli.lint_files import lint_files

    return lint_files([*paths, *files], LintChoices(**chosen))


def lint_and_report(bundle: Bundle, chosen: LintChoices | None = None) -> int:
    """Print the findings of a bundle; FINDINGS where there are any that count, else DONE."""
    # A broken module of ours is reported by `compiled`.
    from glassbox.cli.lint_files import rule_ids, show
    from glassbox.cli.lint_online import with_server
    from glassbox.lint.declared_places import DeclaredPlaces
    from glassbox.lint.expositions import exposed_by
    from glassbox.lint.formats.lint_report import LintReport
    from glassbox.lint.linting import judged
    from glassbox.lint.of_bundle import corpus_of
    from glassbox.lint.words import counted

    chosen = chosen or LintChoices(strict=True)
    corpus = replace(corpus_of(bundle), exposed=exposed_by(chosen.expositions))
    corpus = with_server(corpus, chosen)
    found = judged(corpus, select=rule_ids(chosen.select), ignore=rule_ids(chosen.ignore))
    places = DeclaredPlaces(bundle)
    findings = sorted(map(places.placed, found), key=lambda each: each.location)
    boards, rules = counted(len(corpus.boards), "dashboard"), counted(len(list(corpus.rules)), "rule")
    return show(LintReport(findings, f"{boards} and {rules}"), chosen)
