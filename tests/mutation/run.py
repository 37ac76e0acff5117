"""How many small faults of alerts and recorded series would the rule tests notice? `make mutants` prints the answer."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import yaml

from glassbox.errors import GlassboxError
from glassbox.servers.components import ensure_components
from tests.mutation import judging
from tests.mutation.kept import Kept
from tests.mutation.outcomes import (
    SURVIVED,
    Judged,
    Outcome,
    Reasons,
    killed_ratio,
    outcomes,
    stale,
    survivors,
    table,
)

SURVIVORS = Path(__file__).with_name("survivors.yaml")
LEAST_KILLED_RATIO = 0.95


def report(judged: list[Outcome], reasons: Reasons, *, everything: bool) -> bool:
    """Print the result; whether it is good enough."""
    lines, unexplained = survivors(judged, reasons)
    click.echo(table(judged))
    click.echo("\n".join(["", f"Survivors ({len(lines)}):", *lines]))
    if everything:
        click.echo("".join(f"\nStale in survivors.yaml: {entry}" for entry in stale(judged, reasons)))
    ratio = killed_ratio(judged)
    click.echo(f"Killed {ratio:.1%} (at least {LEAST_KILLED_RATIO:.0%}); survivors without a reason: {unexplained}.")
    return ratio >= LEAST_KILLED_RATIO and not unexplained


def _reported(judged: Iterator[Judged], count: int) -> Iterator[Judged]:
    for number, each in enumerate(judged, start=1):
        survived = sum(fault.fate == SURVIVED for fault in each.faults)
        click.echo(f"{number}/{count} {each.rule.identity}: {survived} of {len(each.faults)} left", err=True)
        yield each


@click.command()
@click.option("--only", metavar="NAME", default="", help="Only rules whose name or labels contain this.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="At a time.")
@click.option(
    "--kept",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep what became of each fault there; of what it holds, only survivors without a reason are tried again.",
)
def main(only: str, jobs: int, kept: Path | None) -> None:
    """Make small faults in alerts and recorded series, and see whether the rule tests notice. Exits with 1 where too few are."""
    start = time.monotonic()
    try:
        ensure_components()
        chosen = [identity for identity in judging.subjects() if only in identity]
        if not chosen:
            raise GlassboxError(f"No alert or recorded series has {only!r} in its name: correct --only.")
        reasons = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
        judged = list(_reported(judging.judged(chosen, jobs, Kept(kept), reasons), len(chosen)))
        good = report(outcomes(judged), reasons, everything=not only)
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{time.monotonic() - start:.0f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
