"""Jobs of which nothing but failed scrapes is known, in a real Prometheus."""

from glassbox.doctor.never_answered import never_answered
from tests.support.fleet_lines import line

PROBLEM = "has {} and no answer to a scrape within a day, so that what it is is not known"


def failing(job, instance):
    return line("up", 0, job=job, instance=instance)


def test_a_job_whose_targets_all_fail_is_named_unless_it_is_known(holding):
    lines = [
        failing("wrong-port", "a:80"),
        failing("wrong-port", "b:80"),
        failing("a.b", "c:80"),
        failing("listed", "d:80"),
        failing("half", "e:80"),
        line("up", 1, job="half", instance="f:80"),
    ]
    with holding(lines) as client:
        found = list(never_answered(client, {"listed"}))
    assert [(each.about, each.problem) for each in found] == [
        ("a.b", PROBLEM.format("1 target")),
        ("wrong-port", PROBLEM.format("2 targets")),
    ]


def test_nothing_is_asked_twice_where_every_job_answers(holding):
    with holding([line("up", 1, job="llm", instance="a:80")]) as client:
        assert list(never_answered(client, ())) == []
