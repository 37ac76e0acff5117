"""Which small faults of a rule does some rule test notice?"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from glassbox.compile.outputs import yaml_text
from tests.mutation.kept import Kept
from tests.mutation.mutators import Mutant, mutants, of_reading
from tests.mutation.outcomes import SURVIVED, Judged, Judgement, Piece, Reasons
from tests.mutation.trial import trials
from tests.mutation.worlds import noticed, rejected
from tests.support.needed_rules import Rule, compiled
from tests.support.rule_test_files import TEST_FILES, settings_file

Variants = Mapping[Path | None, Rule]
"""One rule as each of the tests' settings compiles it, the defaults first."""


def subjects() -> dict[str, Variants]:
    """Every rule by its identity."""
    found: dict[str, dict[Path | None, Rule]] = {}
    for settings in (None, *sorted({beside for file in TEST_FILES if (beside := settings_file(file))})):
        for rule in compiled(settings):
            found.setdefault(rule.identity, {})[settings] = rule
    return dict(found)


def judge(
    variants: Variants,
    killed_pieces: Collection[Piece] = (),
    earlier: Sequence[Judgement] = (),
    reasons: Collection[str] = (),
) -> Judged:
    """Try each mutant of a rule on the tests that can notice it, until one does.

    A mutant is one fault under all settings: it is killed where a test of any of them fails. So is one in a piece that several
    rules share, where a test of any of them fails. What `earlier` says of the same faults stands, but for survivors that are not
    among those with `reasons`.
    """
    first = next(iter(variants.values()))
    different = {yaml_text(rule.body): (settings, rule) for settings, rule in variants.items()}
    made = {text: _faults(rule, settings) for text, (settings, rule) in different.items()}
    numbers, met = _numbers(made.values())
    numbered = {text: {numbers[mutant.key]: mutant.rule for mutant in each} for text, each in made.items()}
    fates = _that_stand(met, earlier, reasons)
    if not earlier:
        fates = {
            number: "invalid" for text, (_, rule) in different.items() for number in rejected(rule, numbered[text])
        }
    pieces = set(killed_pieces)
    for trial in trials(first.identity) if met.keys() - fates else ():
        fates |= {number: "killed" for number in met.keys() - fates if met[number].piece in pieces}
        candidates = numbered[yaml_text(variants[settings_file(trial.file)].body)]
        if left := {number: rule for number, rule in sorted(candidates.items()) if number not in fates}:
            found = noticed(trial, left)
            fates |= dict.fromkeys(found, "killed")
            pieces |= {piece for number in found if (piece := met[number].piece)}
    faults = (Judgement(mutant.what, mutant.piece, fates.get(number, SURVIVED)) for number, mutant in met.items())
    return Judged(first, tuple(faults))


def judged(chosen: Iterable[str], jobs: int, kept: Kept, reasons: Reasons) -> Iterator[Judged]:
    """Each of these rules as soon as its faults are judged, in so many processes.

    Of a rule that is kept, only the survivors without a reason are tried again.
    """
    killed_pieces = set[Piece]()
    waiting, running = list(chosen), set[Future[Judged]]()
    # The processes have what is compiled here.
    _of_process.update(subjects())
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running.add(_begun(pool, waiting.pop(0), killed_pieces, kept, reasons))
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in (future.result() for future in done):
                    killed_pieces |= {fault.piece for fault in each.faults if fault.piece and fault.fate == "killed"}
                    kept.keep(each, _texts(_of_process[each.rule.identity]))
                    yield each
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _that_stand(met: Mapping[int, Mutant], earlier: Iterable[Judgement], reasons: Collection[str]) -> dict[int, str]:
    """The fates by the number of the fault; none where faults under other settings are described alike and differ in it."""
    known: dict[str, set[str]] = {}
    for fault in earlier:
        known.setdefault(fault.what, set()).add(fault.fate)
    found = {number: known.get(mutant.what, set()) for number, mutant in met.items()}
    sure = {number: next(iter(fates)) for number, fates in found.items() if len(fates) == 1}
    return {number: fate for number, fate in sure.items() if fate != SURVIVED or met[number].what in reasons}


_of_process: dict[str, Variants] = {}


def _begun(
    pool: ProcessPoolExecutor, identity: str, killed_pieces: Collection[Piece], kept: Kept, reasons: Reasons
) -> Future[Judged]:
    earlier = kept.faults(identity, _texts(_of_process[identity]))
    return pool.submit(_judged_here, identity, frozenset(killed_pieces), earlier, set(reasons.get(identity, ())))


def _judged_here(identity: str, *known: Any) -> Judged:
    return judge(_of_process[identity], *known)


def _texts(variants: Variants) -> set[str]:
    return {yaml_text(rule.body) for rule in variants.values()}


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
