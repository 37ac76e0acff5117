"""How words and order of panels are drawn: Grafana's value mappings, its columns and its order of rows."""

from dataclasses import replace

from glassbox.board.assembling import assemble
from glassbox.board.dashboard import Row, dashboard
from glassbox.board.drawing import drawing_of
from glassbox.board.panels import Panel, stat, table
from glassbox.board.style import GREEN, NEUTRAL, RED, Steps, Words
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.promql import instant, sum_by

LOAD = Gauge(name="load", unit=Unit.RATIO, labels=("job", "alertname"))
TOTAL, EACH = sum_by((), instant(LOAD)), sum_by(("alertname", "job"), instant(LOAD))
WORDS = Words(((-1, "Down", RED), (-3, "Idle", NEUTRAL)))
STEPS = Steps(GREEN, ((0.5, RED),))


def drawn(panel: Panel):
    declared = dashboard("x", "X", question="q?", variables=(), rows=(Row("", (panel,)),))
    (placed,) = assemble(declared).panels.values()
    return drawing_of(placed.declared, placed)


def test_words_of_a_stat_stand_for_states_and_nothing_still_takes_no_side():
    drawing = drawn(stat("n", TOTAL, why="w.", words=WORDS, steps=STEPS, empty="Not known"))
    said, nothing = drawing.defaults["mappings"]
    assert said["type"] == "value"
    assert {value: (each["text"], each["color"]) for value, each in said["options"].items()} == {
        "-1": ("Down", RED),
        "-3": ("Idle", NEUTRAL),
    }
    assert nothing["options"] == {"match": "null+nan", "result": {"color": NEUTRAL, "index": 0, "text": "Not known"}}
    # Numbers keep their colours.
    assert drawing.defaults["thresholds"] == STEPS.to_json()


def test_a_stat_without_words_names_no_value():
    assert drawn(stat("n", TOTAL, why="w.")).defaults["mappings"] == []


def test_the_smallest_value_comes_first_and_before_its_labels():
    ranked = table("n", EACH, why="w.", value="Severity", words=WORDS, smallest_first=True)
    drawing = drawn(ranked)
    assert drawing.options["sortBy"] == [{"displayName": "Severity"}]
    assert headings(drawing) == ["Severity", "Alert", "Job"]
    plain = drawn(replace(ranked, smallest_first=False))
    assert plain.options["sortBy"] == []
    assert headings(plain) == ["Alert", "Job", "Severity"]


def headings(drawing) -> list[str]:
    """The columns from left to right."""
    (organized,) = drawing.arguments["transformations"]
    places, names = organized["options"]["indexByName"], organized["options"]["renameByName"]
    return [names[column] for column in sorted(places, key=places.get)]
