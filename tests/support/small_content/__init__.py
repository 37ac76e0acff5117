"""A product of one dashboard, one alert with its runbook and one recorded series: for tests of the machinery, which no change of ours breaks."""

from pathlib import Path

from glassbox.board.dashboard import Dashboard, dashboard, row
from glassbox.board.panels import stat, timeseries
from glassbox.board.style import GREEN, RED, Steps
from glassbox.board.tables import Next
from glassbox.board.variables import Variable
from glassbox.compile.content import Content
from glassbox.metrics import vllm
from glassbox.query.measures import Measure, Measures
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup, Severity, Subject
from glassbox.start import Product

FOLDER = Path(__file__).resolve().parent

MODEL = ("job", "model_name")
WAITING = Record(
    "model:requests_waiting:sum", sum_by(MODEL, instant(vllm.NUM_REQUESTS_WAITING)), "Requests that wait for a place."
)
JOB = Variable(name="job", title="Job", label="job", values_of=WAITING)


def content(*, limit: int = 5) -> Content:
    """All of it; the alert fires above `limit` waiting requests, and the dashboard turns red from there on."""
    return Content(
        dashboards=(lambda _settings: _queue(limit),),
        alerts=lambda _settings: (AlertGroup("queue", Subject.INFERENCE, (_requests_waiting(limit),)),),
        recording_rules=lambda _settings: (RecordGroup("waiting", (WAITING,)),),
        runbooks=(FOLDER / "runbooks",),
        annotations=(),
        measures=Measures(Measure("requests", instant(WAITING)), Measure("load", instant(WAITING)), ()),
    )


def _queue(limit: int) -> Dashboard:
    return dashboard(
        "queue",
        "Queue",
        question="Who waits?",
        variables=(JOB,),
        rows=(
            row(
                "Now",
                stat(
                    "Waiting now",
                    sum_by((), instant(WAITING)),
                    why=f"Requests that wait for a place. Above {limit} the alert RequestsWaiting fires.",
                    steps=Steps(GREEN, ((limit, RED),)),
                ),
            ),
            row("Lately", timeseries("Waiting", sum_by(MODEL, instant(WAITING)), why="Who waited, by model.")),
        ),
        leads_to=Next("queue", "Back to the queue"),
    )


def _requests_waiting(limit: int) -> Alert:
    return Alert(
        name="RequestsWaiting",
        expr=instant(WAITING) > limit,
        for_="5m",
        severity=Severity.TICKET,
        summary="{{ $labels.model_name }} lets requests wait",
        description=f"{{{{ $value }}}} requests of {{{{ $labels.model_name }}}} wait for a place, more than {limit}.",
        panel=("queue", "Waiting"),
    )


PRODUCT = Product(FOLDER / "__main__.py", content)
