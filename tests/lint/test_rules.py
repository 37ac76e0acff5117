"""The table of rules: each finds its bad example, and nothing in its good one."""

import pytest

from glassbox.lint.linting import judged
from glassbox.lint.rules import RULES

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
