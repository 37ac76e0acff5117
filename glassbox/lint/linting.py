"""Judges a corpus by the rules."""

import re
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from glassbox.compile.bundle import Bundle
from glassbox.lint.finding import Finding, Severity
from glassbox.lint.of_bundle import corpus_of
from glassbox.lint.rule import Defect, LintRule
from glassbox.lint.rules import RULES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.exemptions import Exemption

UNNEEDED = "unneeded-exemption"


def lint(bundle: Bundle) -> list[Finding]:
    """All findings in our own content."""
    return judged(corpus_of(bundle))


def judged(corpus: Corpus, *, select: Collection[str] = (), ignore: Collection[str] = ()) -> list[Finding]:
    """All findings, by location, that no exemption covers; only of the rules in `select`, if there are any, and none of `ignore`."""
    asked = [rule for rule in RULES if (not select or rule.id in select) and rule.id not in ignore]
    found = _found(asked, corpus)
    kept = [finding for finding in found if not any(_exempts(each, finding) for each in corpus.exemptions)]
    kept += (each for each in _unneeded(corpus, found, {rule.id for rule in asked}) if each.rule not in ignore)
    return sorted(dict.fromkeys(kept), key=lambda each: (each.location, each.rule, each.message))


def _found(rules: Sequence[LintRule], corpus: Corpus) -> list[Finding]:
    """What the rules find; those that wait for another program do so beside the others."""
    with ThreadPoolExecutor() as beside:
        waiting = [beside.submit(_findings, rule, corpus) for rule in rules if rule.asks_another]
        found = [each for rule in rules if not rule.asks_another for each in _findings(rule, corpus)]
        return found + [each for one in waiting for each in one.result()]


def _findings(rule: LintRule, corpus: Corpus) -> list[Finding]:
    return [_finding(rule, defect) for defect in rule.judge(corpus)]


def _finding(rule: LintRule, defect: Defect) -> Finding:
    fix = defect.fix or rule.fix
    span = _span(defect.query, defect.part)
    return Finding(rule.id, rule.severity, defect.location, defect.message, fix, defect.query, span, defect.repairs)


def _span(query: str, part: str) -> tuple[int, int] | None:
    """Where the part is in the query: at first as a word of its own, since `model` is also in `model_name`."""
    if not part:
        return None
    before, after = (r"(?<!\w)" * (part[0].isalnum()), r"(?!\w)" * (part[-1].isalnum()))
    found = re.search(before + re.escape(part) + after, query) or re.search(re.escape(part), query)
    return found.span() if found else None


def _exempts(exemption: Exemption, finding: Finding) -> bool:
    return exemption.rule == finding.rule and exemption.location.covers(finding.location)


def _unneeded(corpus: Corpus, found: list[Finding], asked: Collection[str]) -> Iterator[Finding]:
    """The exemptions of rules that were asked and that would find nothing, and those of rules that do not exist."""
    known = {rule.id for rule in RULES}
    needed = {
        (each.rule, each.written_at) for each in corpus.exemptions if any(_exempts(each, finding) for finding in found)
    }
    for each in corpus.exemptions:
        if each.rule not in known:
            message = f"There is no rule {each.rule!r} to be exempt from."
            yield Finding(
                UNNEEDED, Severity.WARNING, each.written_at, message, "Correct its id, or remove the exemption."
            )
        elif each.rule in asked and (each.rule, each.written_at) not in needed:
            message = f"The exemption from {each.rule} is not needed: the rule finds nothing here."
            yield Finding(UNNEEDED, Severity.WARNING, each.written_at, message, "Remove it.")
