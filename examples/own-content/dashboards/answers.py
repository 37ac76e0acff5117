"""Answers: how long are they?"""

from dashboards.choices import JOB
from glassbox.board.dashboard import Dashboard, dashboard, row
from glassbox.board.panels import timeseries
from glassbox.board.tables import Next
from glassbox.query.promql import instant
from glassbox.settings.model import Settings
from recording_rules import answers


def build(_settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "answers",
        "Answers",
        question="How long are the answers?",
        variables=(JOB,),
        leads_to=Next("llm-serving", "Where the time goes"),
        rows=(
            row(
                "",
                timeseries(
                    "Answer length",
                    instant(answers.LENGTH),
                    why="Mean number of tokens per answer over the last 5 minutes.",
                ),
            ),
        ),
    )
