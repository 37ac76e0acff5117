"""What became of the faults: counts, the table, and the survivors with their reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.support.needed_rules import Rule

Reasons = Mapping[str, Mapping[str, str]]
Piece = tuple[str, str]

SURVIVED = "survived"
_FATES = ("invalid", SURVIVED, "killed")


@dataclass(frozen=True)
class Judgement:
    """One fault of one rule: what it is, which shared piece it is in, and its fate: invalid, survived or killed."""

    what: str
    piece: Piece | None
    fate: str


@dataclass(frozen=True)
class Judged:
    """One rule's faults."""

    rule: Rule
    faults: tuple[Judgement, ...]


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


def outcomes(judged: Iterable[Judged]) -> list[Outcome]:
    """One for each rule. A fault of a shared piece counts once, at the first rule that has it, with its best fate."""
    rules = sorted(judged, key=lambda each: (each.rule.file, each.rule.identity))
    best = _best_fates(rules)
    counted = set[Piece]()
    found = []
    for each in rules:
        fates: dict[str, str] = {}
        for fault in each.faults:
            if fault.piece is None:
                fates[fault.what] = fault.fate
            elif fault.piece not in counted:
                counted.add(fault.piece)
                fates[fault.what] = best[fault.piece]
        survivors = tuple(what for what, fate in fates.items() if fate == SURVIVED)
        found.append(Outcome(each.rule, len(fates), list(fates.values()).count("invalid"), survivors))
    return found


def _best_fates(rules: Iterable[Judged]) -> dict[Piece, str]:
    best: dict[Piece, str] = {}
    for fault in (fault for each in rules for fault in each.faults):
        if fault.piece:
            best[fault.piece] = max(best.get(fault.piece, fault.fate), fault.fate, key=_FATES.index)
    return best


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
