"""Our whole content with labels that identify a service: whatever tells jobs or models apart tells these apart, too."""

import re
from functools import cache

import pytest

from glassbox.settings.model import Settings
from glassbox.syntax.parsing import parsed
from tests.support.ours import our_bundle

LABELS = ("cluster", "namespace")
# What series are added up or matched by.
LISTS = re.compile(r"\b(?:by|on) \(([^()]*)\)")
# What a target lends to the series of its GPUs tells nothing apart itself.
LENT = re.compile(r"\* on \((job, cluster, instance)\) group_left \(namespace\) topk by \(\1\) ")


@cache
def bundle():
    return our_bundle(Settings(identity_labels=LABELS))


def rules():
    for file in (*bundle().recording_rules.values(), *bundle().alerts.values()):
        for group in file["groups"]:
            yield from ((rule.get("alert") or rule["record"], rule["expr"]) for rule in group["rules"])


def panels():
    for board in bundle().dashboards.values():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield f"{board['title']}: {panel['title']}", target["expr"]


def annotations():
    for board in bundle().dashboards.values():
        for each in board["annotations"]["list"]:
            if "expr" in each:
                yield f"{board['title']}: {each['name']}", each["expr"]


@pytest.mark.parametrize("queries", [rules, panels, annotations])
def test_every_query_is_promql(queries):
    for place, query in queries():
        assert parsed(query), place


@pytest.mark.parametrize("queries", [rules, panels, annotations])
def test_no_query_mixes_what_the_labels_tell_apart(queries):
    mixed = {
        (place, found)
        for place, query in queries()
        for found in LISTS.findall(LENT.sub("", query))
        if {"job", "model_name"} & (names := set(found.split(", "))) and not names.issuperset(LABELS)
    }
    assert mixed == set()


def test_annotations_follow_the_choice_of_each_label_where_they_follow_that_of_the_job():
    following = [query for _, query in annotations() if "$job" in query]
    assert following
    assert all(f'{label}=~"${label}"' in query for query in following for label in LABELS)
