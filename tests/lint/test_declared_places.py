"""Findings in our content point at the Python that declares what they are about."""

from dataclasses import replace
from pathlib import Path

from glassbox.lint.declared_places import DeclaredPlaces
from glassbox.lint.finding import Finding, Location, Severity
from glassbox.lint.of_bundle import corpus_of
from tests.support.ours import our_bundle
from tests.support.paths import ROOT

BUNDLE = our_bundle()
CORPUS = corpus_of(BUNDLE)
PLACES = DeclaredPlaces(BUNDLE)


def place(location):
    return PLACES.placed(Finding("r", Severity.ERROR, location, "m", "f")).location


def line_at(location):
    return Path(ROOT, location.file).read_text().splitlines()[location.line - 1]


def test_a_panel_is_where_its_title_is_written():
    for board in CORPUS.boards:
        declared = place(board.location)
        assert declared.file.startswith("dashboards/") and declared.file.endswith(".py"), board.title
        for panel in board.panels:
            at = place(panel.queries[0].location if panel.queries else panel.location)
            assert at.object.startswith(panel.location.object)
            assert f'"{panel.title}"' in line_at(at) or at == replace(declared, object=at.object), panel.title


def test_an_alert_and_a_record_are_where_their_names_are_written():
    placed = [(rule.name, place(rule.location)) for rule in CORPUS.rules]
    known = [(name, at) for name, at in placed if at.line]
    # Names of the others are put together from parts, as those of a histogram.
    assert len(known) > 0.7 * len(placed)
    for name, at in known:
        group = at.object.partition(" / ")[0]
        assert f'"{name}"' in line_at(at) or f'"{group}"' in line_at(at), name
    assert {at.file.partition("/")[0] for _, at in known} == {"alerts", "recording_rules"}


def test_a_finding_in_another_file_stays_where_it_is():
    other = Location("alerts/runbooks/X.md", object="X")
    assert place(other) == other
    known = Location("rules.yml", 3, CORPUS.groups[0].location.object)
    assert place(known) == known
