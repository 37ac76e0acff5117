"""How many small faults of alerts and recorded series would the rule tests notice? `make mutants` prints the answer."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import click
import yaml

from glassbox.compile.outputs import yaml_text
from glassbox.errors import GlassboxError
from glassbox.servers.components import ensure_components
from tests.mutation.mutators import Mutant, mutants
from tests.mutation.trial import trials
from tests.mutation.worlds import noticed, rejected
from tests.support.needed_rules import Rule, compiled
from tests.support.rule_test_files import TEST_FILES, settings_file

SURVIVORS = Path(__file__).with_name("survivors.yaml")
LEAST_KILLED_RATIO = 0.95

Reasons = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Outcome:
    """What became of one rule's mutants; `survivors` are their descriptions."""

    rule: Rule
    mutants: int
    invalid: int
    survivors: tuple[str, ...]

    @property
    def killed(self) -> int:
        return self.mutants - self.invalid - len(self.survivors)


def subjects() -> dict[str, dict[Path | None, Rule]]:
    """Every rule by its identity, as each of the tests' settings compiles it; the defaults first."""
    found: dict[str, dict[Path | None, Rule]] = {}
    for settings in (None, *sorted({beside for file in TEST_FILES if (beside := settings_file(file))})):
        for rule in compiled(settings):
            found.setdefault(rule.identity, {})[settings] = rule
    return found


def judge(identity: str, variants: Mapping[Path | None, Rule]) -> Outcome:
    """Try each mutant of a rule on the tests that can notice it, until one does.

    A mutant is one fault under all settings: it is killed where a test of any of them fails.
    """
    # Most settings leave most rules as they are.
    different = {yaml_text(rule.body): rule for rule in variants.values()}
    made = {text: mutants(rule.body) for text, rule in different.items()}
    numbers, whats = _numbers(made.values())
    numbered = {text: {numbers[mutant.key]: mutant.rule for mutant in each} for text, each in made.items()}
    invalid = {number for text, rule in different.items() for number in rejected(rule, numbered[text])}
    alive = set(whats) - invalid
    for trial in trials(identity):
        candidates = numbered[yaml_text(variants[settings_file(trial.file)].body)]
        if left := {number: candidates[number] for number in sorted(alive & set(candidates))}:
            alive -= noticed(trial, left)
    first = next(iter(variants.values()))
    return Outcome(first, len(whats), len(invalid), tuple(whats[number] for number in sorted(alive)))


def _numbers(made: Iterable[Iterable[Mutant]]) -> tuple[dict[tuple[str, int], int], dict[int, str]]:
    """A number from 1 for each fault, and its description where it is met first."""
    met: dict[tuple[str, int], Mutant] = {}
    for mutant in chain.from_iterable(made):
        met.setdefault(mutant.key, mutant)
    numbers = {key: number for number, key in enumerate(met, start=1)}
    return numbers, {numbers[key]: mutant.what for key, mutant in met.items()}


def table(outcomes: Iterable[Outcome]) -> str:
    """One line for each rule, and the sums."""
    rows = sorted(outcomes, key=lambda each: (each.rule.file, each.rule.identity))
    lines = [f"{'':<72} mutants invalid  killed survived"]
    lines += [_line(each.rule.identity, [each]) for each in rows]
    lines += [
        _line("alerts", [each for each in rows if each.rule.is_alert]),
        _line("recorded series", [each for each in rows if not each.rule.is_alert]),
        _line("together", rows),
    ]
    return "\n".join(lines)


def _line(name: str, outcomes: Iterable[Outcome]) -> str:
    each = list(outcomes)
    counts = [sum(getattr(one, part) for one in each) for part in ("mutants", "invalid", "killed")]
    survived = sum(len(one.survivors) for one in each)
    return f"{name:<72} {counts[0]:>7} {counts[1]:>7} {counts[2]:>7} {survived:>8}   {killed_ratio(each):7.1%}"


def killed_ratio(outcomes: Iterable[Outcome]) -> float:
    """Share of the valid mutants that a test noticed; 1 where there is none."""
    each = list(outcomes)
    killed, valid = sum(one.killed for one in each), sum(one.mutants - one.invalid for one in each)
    return killed / valid if valid else 1.0


def survivors(outcomes: Iterable[Outcome], reasons: Reasons) -> tuple[list[str], int]:
    """One line for each survivor with its reason, and how many have none."""
    lines, unexplained = [], 0
    for each in outcomes:
        for what in each.survivors:
            reason = reasons.get(each.rule.identity, {}).get(what)
            unexplained += reason is None
            lines.append(f"{each.rule.identity}: {what}: {reason or 'NO REASON in survivors.yaml'}")
    return sorted(lines), unexplained


def stale(outcomes: Iterable[Outcome], reasons: Reasons) -> list[str]:
    """Entries of survivors.yaml whose mutant is killed, or no longer made."""
    alive = {(each.rule.identity, what) for each in outcomes for what in each.survivors}
    return [f"{rule}: {what}" for rule, whats in reasons.items() for what in whats if (rule, what) not in alive]


def _judged(chosen: Mapping[str, Mapping[Path | None, Rule]], jobs: int) -> list[Outcome]:
    outcomes = []
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(judge, identity, variants) for identity, variants in chosen.items()]
        try:
            for done in as_completed(futures):
                outcomes.append(done.result())
                each = outcomes[-1]
                progress = f"{len(outcomes)}/{len(futures)} {each.rule.identity}: {len(each.survivors)} of {each.mutants} survived"
                click.echo(progress, err=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return outcomes


def report(outcomes: list[Outcome], reasons: Reasons, *, everything: bool) -> bool:
    """Print the result; whether it is good enough."""
    lines, unexplained = survivors(outcomes, reasons)
    click.echo(table(outcomes))
    click.echo("\n".join(["", f"Survivors ({len(lines)}):", *lines]))
    if everything:
        click.echo("".join(f"\nStale in survivors.yaml: {entry}" for entry in stale(outcomes, reasons)))
    ratio = killed_ratio(outcomes)
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
        outcomes = _judged(chosen, jobs)
        reasons = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
        good = report(outcomes, reasons, everything=not only)
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{time.monotonic() - start:.0f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
