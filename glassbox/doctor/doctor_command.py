"""`doctor`: what a Prometheus holds of the fleet, and what of our content, or of anybody's, can work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.option_values import FilePath
from glassbox.cli.output import complain, say
from glassbox.prometheus.credential import OPTION, prometheus_credential

if TYPE_CHECKING:
    from glassbox.cli.session import Session
    from glassbox.prometheus.api import Prometheus

_FILE = FilePath()
_WRITE = "Write settings that fit to this new file, and examine with them."
_PATH = "Judge this file of dashboards or rules (JSON or YAML) instead of ours; may be given several times."


@click.command("doctor")
@click.option("--prometheus", "url", required=True, metavar="URL", help="The Prometheus that scrapes the fleet.")
@OPTION
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--write", "new_settings", type=_FILE, metavar="FILE", help=_WRITE)
@click.option("--path", "files", type=_FILE, metavar="FILE", multiple=True, help=_PATH)
@click.pass_obj
def command(
    session: Session,
    *,
    url: str,
    token_file: Path | None,
    as_json: bool,
    new_settings: Path | None,
    files: Sequence[Path],
) -> int:
    """See what a Prometheus holds of your fleet, what is in the way, and which panels and alerts can work on it.

    It only reads, with a few queries. A panel or an alert that cannot work here is not a fault of the fleet.

    Exit codes: 0 everything can work, 2 something cannot, 1 it could not be asked.
    The credential for Prometheus comes from PROMETHEUS_TOKEN, --prometheus-token-file, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.
    """
    from glassbox.prometheus.api import Prometheus

    if new_settings and (session.settings_file or files):
        other = "--settings" if session.settings_file else "--path"
        raise click.UsageError(f"--write does not go with {other}: give one of the two.")
    with Prometheus(url, prometheus_credential(token_file)) as prometheus:
        if files:
            code = _judge(prometheus, files, as_json=as_json)
        else:
            code = _examine(prometheus, session, new_settings, as_json=as_json)
        if partial := prometheus.partial_sentence:
            complain(partial)
    return code


def _examine(prometheus: Prometheus, session: Session, new_settings: Path | None, *, as_json: bool) -> int:
    from glassbox.doctor import examination_text
    from glassbox.doctor.examining import examine, seen_on
    from glassbox.doctor.fitting import write_settings

    seen = seen_on(prometheus)
    if new_settings:
        write_settings(seen.fleet, prometheus.url, new_settings)
        complain(f"Settings that fit are written to {new_settings}; what follows is with them.")
        session = replace(session, settings_file=new_settings)
    examination = examine(prometheus, session.compiled(), session.settings, seen)
    for line in (examination_text.as_json(examination),) if as_json else examination_text.as_text(examination):
        say(line)
    return DONE if examination.complete else FINDINGS


def _judge(prometheus: Prometheus, files: Sequence[Path], *, as_json: bool) -> int:
    from glassbox.doctor import other_files_text
    from glassbox.doctor.fleet import names_lately
    from glassbox.doctor.other_files import judged, queries_of

    queries = {str(file): queries_of(file) for file in files}
    found = judged(queries, names_lately(prometheus))
    for line in (other_files_text.as_json(found),) if as_json else other_files_text.as_text(found):
        say(line)
    return FINDINGS if any(each.lacks or each.unknown for of_file in found.values() for each in of_file) else DONE
