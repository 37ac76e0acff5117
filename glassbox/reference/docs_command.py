"""`docs`: the reference pages, written from what is declared."""

from pathlib import Path

import click

from glassbox.cli.exit_codes import DONE
from glassbox.cli.option_values import FolderPath
from glassbox.cli.output import say
from glassbox.cli.session import Session


@click.command("docs")
@click.option("--out", type=FolderPath(file_okay=False), default=Path("docs"), show_default=True)
@click.pass_obj
def command(session: Session, out: Path) -> int:
    """Write the reference pages: settings, dashboards, alerts, metrics, engines and rules of lint.

    Text before and after the generated part of a page is kept.
    """
    bundle = session.compiled()
    # Content may break it, which `compiled` says in one sentence.
    from glassbox.reference.pages import bodies, write_pages

    for file in write_pages(bodies(bundle, session.content, session.settings, out), out):
        say(str(file))
    return DONE
