"""`make mutants`: faults of the rules, then of the code that is not rules."""

import os
import sys

import click

from tests.mutation import code_run, run


@click.command()
@click.option(
    "--only", metavar="TEXT", default="", help="Only rules, and faults of code, whose description holds this."
)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="At a time.")
def main(only: str, jobs: int) -> None:
    """See whether the tests notice small faults of alerts, of recorded series, and of the code. Exits with 1 where too few are."""
    judges = {code_run: bool(code_run.chosen(only)), run: any(only in identity for identity in run.subjects())}
    chosen = [judge for judge in (run, code_run) if judges[judge]]
    if not chosen:
        raise click.ClickException(f"Neither a rule nor a fault of code has {only!r} in its description: correct ONLY.")
    sys.exit(max(code_of(judge.main, only, jobs) for judge in chosen))


def code_of(command: click.Command, only: str, jobs: int) -> int:
    """The exit code of one of the two."""
    try:
        command.main(["--only", only, "--jobs", str(jobs)], prog_name="mutants")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main()
