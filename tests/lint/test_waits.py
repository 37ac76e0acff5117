"""How long alerts wait: twice where they say once, and less than from one evaluation to the next."""

from dataclasses import replace

import pytest

from glassbox.lint.examples import as_alert
from glassbox.lint.linting import judged
from glassbox.lint.subjects.corpus import Corpus

TWICE, BELOW = "waits-twice", "wait-below-interval"


def messages(rule, corpus):
    return [finding.message for finding in judged(corpus, select=(rule,))]


def said(expr, for_, text, **texts):
    return messages(TWICE, as_alert(expr, for_, annotations={"description": text, **texts}).corpus)


@pytest.mark.parametrize(
    ("expr", "for_", "text"),
    [
        ("increase(x_total[10m]) == 0 and x_total > 0", "10m", "{{ $labels.a }} has not answered in 10 minutes"),
        ("open > 0 and increase(x_total[30m]) == 0", "30m", "{{ $value }} have not been closed in 30 minutes."),
        ("sum(rate(x_total[10m])) == 0", "15m", "No requests in 15 minutes"),
        ("increase(height[5m]) <= 0", "5m", "The height has not increased in the last 5 minutes."),
        ("absent_over_time(x[1h])", "1h", "Nothing was pushed for more than 1 hour"),
        ("changes(x[5m]) == 0", "5m", "最近 5 分钟内没有变化"),
    ],
)
def test_a_silence_that_is_waited_for_twice_is_found(expr, for_, text):
    assert len(said(expr, for_, text)) == 1


def test_a_silence_is_found_once_and_says_when_it_fires():
    text = "No backup for 30m"
    (message,) = said("increase(x_total[30m]) == 0", "30m", text, summary=text)
    assert "it fires after 1h" in message


@pytest.mark.parametrize(
    ("expr", "for_", "text"),
    [
        ("rate(x_total[5m]) == 0", "5m", "No requests in the past 10 minutes"),
        ("rate(x_total[5m]) == 0", "10m", "No requests in the last 10 minutes"),
        ("rate(x_total[15m]) == 0", "5m", "No requests for 15 minutes"),
        ("increase(x_total[10m]) > 0", "10m", "No success in the last 10 minutes"),
        ("a > b and changes(c[10m]) == 0", "15m", "Has not matched for 15 minutes"),
        ("a != b and changes(c[15m]) == 0", "15m", "Has not matched for 15 minutes"),
        ("max_over_time(ready[5m]) == 0", "5m", "Not ready for 5 minutes"),
        ("increase(x_total[10m]) == 0 or y > 1", "10m", "Nothing in 10 minutes"),
        ("increase(x_total[10m]) == 0", "10m", "Stalled. Look at what the queue held for 10 minutes"),
        ("increase(x_total[10m]) == 0", "10m", "It is no longer fed; restart it, and look again in 10 minutes"),
        ("increase(x_total[$window]) == 0", "10m", "Nothing in 10 minutes"),
    ],
)
def test_what_waits_once_or_says_how_long_is_right(expr, for_, text):
    assert said(expr, for_, text) == []


def evaluated(interval, for_, **changes):
    (group,) = as_alert("x > 1", for_).corpus.groups
    rules = tuple(replace(rule, **changes) for rule in group.rules)
    return messages(BELOW, Corpus(groups=(replace(group, interval_text=interval, rules=rules),)))


@pytest.mark.parametrize(("interval", "for_"), [("", "2s"), ("60s", "20s"), ("1h", "15m"), ("5s", "2s")])
def test_a_wait_below_the_interval_is_found(interval, for_):
    assert len(evaluated(interval, for_)) == 1


@pytest.mark.parametrize(
    ("interval", "for_"),
    [
        ("", ""),
        ("", "0s"),
        ("", "5s"),
        ("", "10s"),
        ("1m", "1m"),
        ("1m", "30s"),
        ("1s", "2s"),
        ("1m", "often"),
        ("$i", "10s"),
    ],
)
def test_a_wait_of_half_an_interval_or_more_or_none_is_right(interval, for_):
    assert evaluated(interval, for_) == []


def test_grafana_refuses_such_a_wait_itself():
    assert evaluated("1m", "2s", is_grafana=True) == []
