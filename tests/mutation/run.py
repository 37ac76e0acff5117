"""How many small faults of alerts and recorded series would the rule tests notice? `make mutants` prints the answer."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import chain
from pathlib import Path

import click
import yaml

from glassbox.compile.outputs import yaml_text
from glassbox.errors import GlassboxError
from glassbox.servers.components import ensure_components
from tests.mutation.mutators import Mutant, mutants, of_reading
from tests.mutation.outcomes import (
    Judged,
    Judgement,
    Outcome,
    Piece,
    Reasons,
    killed_ratio,
    outcomes,
    stale,
    survivors,
    table,
)
from tests.mutation.trial import trials
from tests.mutation.worlds import noticed, rejected
from tests.support.needed_rules import Rule, compiled
from tests.support.rule_test_files import TEST_FILES, settings_file

SURVIVORS = Path(__file__).with_name("survivors.yaml")
LEAST_KILLED_RATIO = 0.95


def subjects() -> dict[str, dict[Path | None, Rule]]:
    """Every rule by its identity, as each of the tests' settings compiles it; the defaults first."""
    found: dict[str, dict[Path | None, Rule]] = {}
    for settings in (None, *sorted({beside for file in TEST_FILES if (beside := settings_file(file))})):
        for rule in compiled(settings):
            found.setdefault(rule.identity, {})[settings] = rule
    return found


def judge(identity: str, variants: Mapping[Path | None, Rule], killed_pieces: set[Piece]) -> Judged:
    """Try each mutant of a rule on the tests that can notice it, until one does.

    A mutant is one fault under all settings: it is killed where a test of any of them fails. So is one in a piece that several
    rules share, where a test of any of them fails: `killed_pieces` holds these, and grows.
    """
    # Most settings leave most rules as they are.
    different = {yaml_text(rule.body): (settings, rule) for settings, rule in variants.items()}
    made = {text: _faults(rule, settings) for text, (settings, rule) in different.items()}
    numbers, met = _numbers(made.values())
    numbered = {text: {numbers[mutant.key]: mutant.rule for mutant in each} for text, each in made.items()}
    invalid = {number for text, (_, rule) in different.items() for number in rejected(rule, numbered[text])}
    killed = set[int]()
    for trial in trials(identity):
        killed |= {number for number, mutant in met.items() if mutant.piece in killed_pieces}
        candidates = numbered[yaml_text(variants[settings_file(trial.file)].body)]
        alive = set(candidates) - invalid - killed
        if left := {number: candidates[number] for number in sorted(alive)}:
            killed |= noticed(trial, left)
            killed_pieces |= {piece for number in killed if (piece := met[number].piece)}
    fates = {number: "invalid" if number in invalid else "killed" if number in killed else "survived" for number in met}
    first = next(iter(variants.values()))
    return Judged(first, tuple(Judgement(met[number].what, met[number].piece, fates[number]) for number in sorted(met)))


def _faults(rule: Rule, settings: Path | None) -> list[Mutant]:
    """Of a rule of another engine, only what is its own."""
    first = next((each for each in compiled(settings) if each.identity == rule.of_first_engine), None)
    return of_reading(rule.body, first.body) if rule.engine and first else mutants(rule.body)


def _numbers(made: Iterable[Iterable[Mutant]]) -> tuple[dict[tuple[str, int], int], dict[int, Mutant]]:
    """A number from 1 for each fault, and its mutant where it is met first."""
    met: dict[tuple[str, int], Mutant] = {}
    for mutant in chain.from_iterable(made):
        met.setdefault(mutant.key, mutant)
    numbers = {key: number for number, key in enumerate(met, start=1)}
    return numbers, {numbers[key]: mutant for key, mutant in met.items()}


def _judged(chosen: Mapping[str, Mapping[Path | None, Rule]], jobs: int) -> list[Outcome]:
    judged, killed_pieces = [], set[Piece]()
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(judge, identity, variants, killed_pieces) for identity, variants in chosen.items()]
        try:
            for done in as_completed(futures):
                judged.append(done.result())
                each = judged[-1]
                survived = sum(fault.fate == "survived" for fault in each.faults)
                progress = f"{len(judged)}/{len(futures)} {each.rule.identity}: {survived} of {len(each.faults)} left"
                click.echo(progress, err=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return outcomes(judged)


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


@click.command()
@click.option("--only", metavar="NAME", default="", help="Only rules whose name or labels contain this.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="At a time.")
def main(only: str, jobs: int) -> None:
    """Make small faults in alerts and recorded series, and see whether the rule tests notice. Exits with 1 where too few are."""
    start = time.monotonic()
    try:
        ensure_components()
        chosen = {identity: variants for identity, variants in subjects().items() if only in identity}
        if not chosen:
            raise GlassboxError(f"No alert or recorded series has {only!r} in its name: correct --only.")
        judged = _judged(chosen, jobs)
        reasons = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
        good = report(judged, reasons, everything=not only)
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{time.monotonic() - start:.0f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
