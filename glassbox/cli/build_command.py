"""`build`: the compiled content as files."""

from pathlib import Path

import click

from glassbox.cli.exit_codes import DONE
from glassbox.cli.option_values import FolderPath
from glassbox.cli.output import say
from glassbox.cli.session import Session


@click.command("build")
@click.option("--out", type=FolderPath(file_okay=False), default=Path("build"), show_default=True)
@click.option(
    "--target",
    type=click.Choice(["kubernetes", "git-sync"]),
    help="Write the same content as Kubernetes objects, to OUT/kubernetes, or the dashboards for Grafana's Git Sync, to OUT/git-sync.",
)
@click.option(
    "--review", is_flag=True, help="Write the same content as text too, to OUT/review: a diff of it shows what changed."
)
@click.pass_obj
def command(session: Session, out: Path, target: str | None, review: bool) -> int:
    """Write dashboards, rule files and Grafana's rule groups."""
    bundle = session.compiled()
    # Content may break it, which `compiled` says in one sentence.
    from glassbox.compile.outputs import write_bundle, write_git_sync, write_kubernetes, write_review

    targets = {"kubernetes": write_kubernetes, "git-sync": write_git_sync}
    files = targets[target](bundle, session.settings, out) if target else write_bundle(bundle, out)
    if review:
        files += write_review(bundle, out)
    for file in files:
        say(str(file))
    return DONE
