"""`make mutants`: faults of the rules, then of the code that is not rules."""

import os
import sys

import click

from tests.mutation import code_run, judging, run


@click.command()
@click.option(
    "--only", metavar="TEXT", default="", help="Only rules, and faults of code, whose description holds this."
)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="At a time.")
@click.option("--kept", metavar="FOLDER", help="Keep what became of each fault of a rule there, and go on from that.")
def main(only: str, jobs: int, kept: str | None) -> None:
    """See whether the tests notice small faults of alerts, of recorded series, and of the code. Exits with 1 where too few are."""
    judges = {code_run: bool(code_run.chosen(only)), run: any(only in identity for identity in judging.subjects())}
    chosen = [judge for judge in (run, code_run) if judges[judge]]
    if not chosen:
        raise click.ClickException(f"Neither a rule nor a fault of code has {only!r} in its description: correct ONLY.")
    arguments = ["--only", only, "--jobs", str(jobs)]
    of_rules = ["--kept", kept] if kept else []
    sys.exit(max(code_of(judge.main, [*arguments, *(of_rules if judge is run else [])]) for judge in chosen))


def code_of(command: click.Command, arguments: list[str]) -> int:
    """The exit code of one of the two."""
    try:
        command.main(arguments, prog_name="mutants")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main()
