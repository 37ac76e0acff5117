"""What a bundle keeps of the queries that it was made of."""

from dataclasses import replace

import pytest

from deploy import content
from glassbox.board.annotation import QueriedEvents
from glassbox.board.assembling import assemble
from glassbox.board.dashboard import Row, dashboard
from glassbox.board.panels import timeseries
from glassbox.board.variables import Variable
from glassbox.compile.bundle import CompiledContent
from glassbox.compile.compiler import compile_bundle
from glassbox.compile.left_out import names_read
from glassbox.errors import GlassboxError
from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup, Series, Severity, Subject
from glassbox.settings.model import Settings

UP = instant(scrape.UP)
TARGETS = Record("job:targets:sum", sum_by(("job",), UP), "")
OFFERED = Series("job:offered:sum", Unit.NONE, ("job",))
ALERT = Alert(
    name="Down",
    expr=instant(TARGETS).equals(0),
    for_="1m",
    severity=Severity.TICKET,
    summary="",
    description="",
    panel=("x", "n"),
)
EVENTS = QueriedEvents(name="Starts", color="red", query=UP, title="t", text="x", step="1m")
BOARD = assemble(
    dashboard(
        "x",
        "X",
        question="q?",
        variables=(Variable(name="job", title="Job", label="job", values_of=OFFERED),),
        rows=(Row("", (timeseries("n", {"a": UP, "b": instant(TARGETS)}, why="w."),)),),
    ),
    (EVENTS,),
)
ALERTS = AlertGroup("alerts", Subject.GPU, (ALERT,))
COMPILED = CompiledContent({"x": BOARD}, (RecordGroup("records", (TARGETS,)),), (ALERTS,))


def test_every_query_says_where_it_is_and_who_reads():
    assert [(query.where, query.reader, str(query.expr), query.recorded_as) for query in COMPILED.queries] == [
        (
            "records, job:targets:sum",
            "The record job:targets:sum of the group records",
            "sum by (job) (up)",
            "job:targets:sum",
        ),
        ("alerts, Down", "The alert Down", "job:targets:sum == 0", ""),
        ("x, n, A", "The panel 'n' of the dashboard 'x'", 'up{job=~"$job"}', ""),
        ("x, n, B", "The panel 'n' of the dashboard 'x'", 'job:targets:sum{job=~"$job"}', ""),
        ("x, Starts, annotation", "The annotation 'Starts' of the dashboard 'x'", "up", ""),
    ]


def test_people_read_what_panels_annotations_and_alerts_ask_and_what_variables_offer():
    assert names_read([BOARD], []) == {"up", "job:targets:sum", "job:offered:sum"}
    assert names_read([], [ALERTS]) == {"job:targets:sum"}


def test_an_annotation_of_a_series_that_nobody_records_is_refused():
    unknown = replace(EVENTS, query=instant(OFFERED))
    with pytest.raises(GlassboxError, match=r"^The annotation 'Starts' of the dashboard '.*' reads job:offered:sum, "):
        compile_bundle(replace(content(), annotations=(unknown,)), Settings())
