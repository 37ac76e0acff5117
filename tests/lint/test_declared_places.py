"""Findings in our content point at the Python that declares what they are about."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from glassbox.lint import declared_places
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


SHARED = 'def rows():\n    return row("Shared", stat("Shared now"))\n'
MINE = """
from dashboards.shared import rows

def build():
    return dashboard("mine", "Mine", rows=[row("Twice",
        stat("Twice")), stat(f"{0} now"), stat("Again"), stat("Again"), *rows()])
"""
THEIRS = 'def build():\n    return dashboard("theirs", "Theirs", rows=[stat("0 now"), stat("Twice"), stat("Now")])\n'


def declared_in(tmp_path, monkeypatch, slug, title, name):
    folder = tmp_path / "dashboards"
    folder.mkdir(exist_ok=True)
    for module, text in (("shared", SHARED), ("mine", MINE), ("theirs", THEIRS)):
        (folder / f"{module}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(declared_places, "content_folders", lambda: [folder, Path("dashboards")])
    board = SimpleNamespace(declared=SimpleNamespace(slug=slug, title=title))
    made = SimpleNamespace(content=SimpleNamespace(dashboards={slug: board}), recording_rules={}, alerts={})
    at = DeclaredPlaces(made).declared(Location(f"dashboards/{slug}.json", object=f"{title} / {name}"))
    return at.file, at.line


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Shared now", ("dashboards/shared.py", 2)),
        ("Shared", ("dashboards/shared.py", 2)),
        ("Twice", ("dashboards/mine.py", 6)),
        ("0 now", ("dashboards/mine.py", 5)),
        ("Now", ("dashboards/mine.py", 5)),
        ("Again", ("dashboards/mine.py", 5)),
    ],
)
def test_a_panel_is_never_where_another_dashboard_declares_one_of_its_title(tmp_path, monkeypatch, name, place):
    assert declared_in(tmp_path, monkeypatch, "mine", "Mine", name) == place


def test_a_panel_of_a_dashboard_that_no_module_declares_stays_where_it_is(tmp_path, monkeypatch):
    assert declared_in(tmp_path, monkeypatch, "foreign", "Foreign", "Now") == ("dashboards/foreign.json", 0)


def test_a_rule_is_not_where_another_kind_of_content_has_its_name(tmp_path, monkeypatch):
    for folder, text in (("alerts", 'Route("queue")\n'), ("recording_rules", 'RecordGroup("queue")\nRecord("Slow")\n')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.py").write_text(text)
    monkeypatch.setattr(declared_places, "content_folders", lambda: [tmp_path / "alerts", tmp_path / "recording_rules"])
    made = SimpleNamespace(content=SimpleNamespace(dashboards={}), recording_rules={}, alerts={"queue.yaml": ""})
    at = Location("alerts/queue.yaml", 0, "queue / Slow")
    assert DeclaredPlaces(made).declared(at) == at
