"""Two versions of the rules over one past."""

import pytest

from glassbox.backtest.alert_evaluation import AlertPast
from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.alert_states import Firing
from glassbox.backtest.history_difference import FiringChange, difference_lines, differences
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import RuleSet
from glassbox.backtest.standing import AlertStanding, Evidence
from glassbox.past.rule_order import RecordingRule

WINDOW = PastWindow(0, 14 * 86400)


def rules(recorded=None, **queries):
    records = [(name, each) for name, of_name in (recorded or {}).items() for each in of_name]
    return RuleSet(
        tuple(AlertRule(name, "g", query) for name, query in queries.items()),
        tuple(RecordingRule("g", place, 60, name, each) for place, (name, each) in enumerate(records)),
    )


def look_with(firings, standing=AlertStanding.JUDGED):
    """Histories by the query of each alert, as times of firings."""

    def look(_rules, alerts):
        for rule in alerts:
            found = tuple(Firing({}, start, end, 1.0, start) for start, end in firings.get(rule.query, ()))
            evidence = Evidence(standing, 1.0 if standing is AlertStanding.JUDGED else 0.0, ("m",))
            yield AlertHistory(AlertPast(rule, found), evidence, WINDOW)

    return look


FIRINGS = {
    "one": [(0, 60), (600, 700)],
    "two": [(10, 50)],
    "later": [(1000, 1060), (2000, 2100)],
    "twin": [(0, 60), (600, 700)],
}


@pytest.mark.parametrize(
    ("before", "after", "change", "line"),
    [
        ("one", "two", FiringChange.LESS, "2 -> 1 firings (2 min 40 s -> 40 s), 1 incident no longer seen"),
        ("two", "one", FiringChange.MORE, "1 -> 2 firings (40 s -> 2 min 40 s), 1 incident newly seen"),
        ("one", "later", FiringChange.OTHERWISE, "2 -> 2 firings (2 min 40 s -> 2 min 40 s), 2 incidents no longer seen, 2 incidents newly seen"),
        ("one", "twin", FiringChange.EQUAL, "2 -> 2 firings (2 min 40 s -> 2 min 40 s)"),
    ],
)  # fmt: skip  # one case is one line
def test_an_alert_whose_query_changed_is_compared(before, after, change, line):
    (found,) = differences(rules(A=before), rules(A=after), look_with(FIRINGS))
    assert (found.change, found.matters) == (change, change is not FiringChange.EQUAL)
    assert f"  A: {line}" in list(difference_lines([found], "main"))


def test_what_is_the_same_is_not_evaluated():
    def look(_rules, alerts):
        assert not alerts
        return ()

    assert differences(rules(A="one"), rules(A="one"), look) == ()
    assert list(difference_lines((), "main")) == ["No alert would have fired differently with main."]


def test_alerts_that_one_side_lacks_are_new_or_gone():
    found = differences(rules(A="one"), rules(B="two"), look_with(FIRINGS))
    assert {each.name: each.change for each in found} == {"A": FiringChange.GONE, "B": FiringChange.NEW}
    lines = list(difference_lines(found, "main"))
    assert lines == ["Compared with main:", "  B: new, 1 firing (40 s)", "  A: gone, 2 firings (2 min 40 s)"]


def test_where_the_series_is_not_there_nothing_is_compared():
    (found,) = differences(rules(A="one"), rules(A="two"), look_with({}, AlertStanding.LACKING))
    assert (found.change, found.matters) == (FiringChange.NOT_COMPARED, True)
    assert list(difference_lines([found], "x"))[1] == "  Not compared, since what it reads before is not there (m): A"


def test_what_both_record_differently_is_not_compared_and_the_order_of_rules_does_not_count():
    first, second = rules({"r": ("a", "b")}, A="r > 1"), rules({"r": ("b", "a")}, A="r > 1")
    assert differences(first, second, look_with({})) == ()
    (found,) = differences(first, rules({"r": ("a", "c")}, A="r > 1"), look_with({}))
    assert found.change is FiringChange.NOT_COMPARED
    assert found.reason == "both record r differently, and only one of them is recorded here"
