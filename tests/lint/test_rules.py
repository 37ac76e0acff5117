"""The table of rules: each finds its bad example, and nothing in its good one."""

from dataclasses import replace
from threading import Event

import pytest

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Location
from glassbox.lint.linting import judged
from glassbox.lint.rule import Defect
from glassbox.lint.rules import RULES
from glassbox.lint.subjects.corpus import Corpus

BY_ID = {rule.id: rule for rule in RULES}


def found(rule, example):
    return [finding for finding in judged(example.corpus, select=(rule,)) if finding.rule == rule]


def test_an_id_is_one_rule():
    assert len(BY_ID) == len(RULES)


@pytest.mark.parametrize("rule", BY_ID)
def test_a_rule_finds_its_bad_example_and_nothing_in_its_good_one(rule):
    assert len(found(rule, BY_ID[rule].bad)) == 1
    assert found(rule, BY_ID[rule].good) == []


@pytest.mark.parametrize("rule", BY_ID)
def test_a_rule_speaks_in_sentences(rule):
    said = BY_ID[rule]
    (finding,) = found(rule, said.bad)
    # A message may begin with the name of a function or series.
    assert all(text.endswith(".") for text in (said.why, said.fix, finding.message, finding.fix))
    assert all(text[0].isupper() for text in (said.why, said.fix, finding.fix, said.title))
    assert not said.title.endswith(".")


def test_a_rule_that_waits_for_another_program_does_so_beside_the_others(monkeypatch):
    others_done = Event()

    def waiting(_corpus):
        yield Defect(Location("a.yml"), f"The others were judged: {others_done.wait(timeout=60)}.")

    def other(_corpus):
        others_done.set()
        yield from ()

    waits = replace(BY_ID["promtool"], judge=waiting)
    monkeypatch.setattr("glassbox.lint.linting.RULES", (waits, replace(BY_ID["not-promql"], judge=other)))
    assert [finding.message for finding in judged(Corpus())] == ["The others were judged: True."]


def test_what_goes_wrong_beside_the_others_is_not_lost(monkeypatch):
    def broken(_corpus):
        raise GlassboxError("promtool is missing.")

    monkeypatch.setattr("glassbox.lint.linting.RULES", (replace(BY_ID["promtool"], judge=broken),))
    with pytest.raises(GlassboxError, match="promtool is missing"):
        judged(Corpus())
