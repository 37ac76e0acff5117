"""What panels say of models and jobs with thresholds of their own."""

import re

import pytest

from dashboards import llm_serving
from glassbox.board.dashboard import dashboard, row
from glassbox.board.panels import Stat
from glassbox.compile.threshold_panels import with_exceptions
from glassbox.errors import GlassboxError
from glassbox.query.promql import instant
from glassbox.settings.model import Settings, ThresholdsFor
from recording_rules import engine

COLOURS = " The colours and limits shown here are those of all others."


def entry(job="", model_name="", **thresholds):
    return ThresholdsFor(job=job, model_name=model_name, thresholds=thresholds)


def build(settings):
    """A panel whose text has the limit of queues, beside one that has none; and one more above a rate of 99."""
    limits = settings.thresholds
    panels = [
        Stat(
            "Load", instant(engine.RUNNING), why=f"Requests. Below {limits.qps_low:g} somebody is called. Look there."
        ),
        Stat("Other", instant(engine.RUNNING), why="Requests."),
    ]
    more = [Stat("More", instant(engine.RUNNING), why="More.")] if limits.qps_low > 99 else []
    return dashboard("board", "Board", question="How much?", variables=(), rows=(row("Now", *panels, *more),))


def told(*entries):
    board = with_exceptions(build, Settings(thresholds_for=entries))
    return {panel.title: panel.why for panel in board.panels}


def test_a_panel_says_for_whom_another_threshold_holds():
    usual = build(Settings()).panels[0].why
    said = told(entry("vllm", "big", qps_low=0.2))
    assert said == {
        "Load": f"{usual} For job `vllm` and model_name `big`: Below 0.2 somebody is called.",
        "Other": "Requests.",
    }


def test_all_for_whom_the_same_holds_are_named_together():
    said = told(entry("a", qps_low=0.2), entry("b", qps_low=0.2), entry("c", qps_low=0.3))["Load"]
    assert said.endswith(
        "For job `a` or job `b`: Below 0.2 somebody is called. For job `c`: Below 0.3 somebody is called."
    )


def test_without_exceptions_the_dashboard_is_as_declared():
    assert with_exceptions(build, Settings()) == build(Settings())


def test_thresholds_that_change_which_panels_there_are_are_refused():
    problem = "Setting thresholds_for: Board has other panels with the thresholds of job `a`; leave them out."
    with pytest.raises(GlassboxError, match=re.escape(problem)):
        told(entry("a", qps_low=100))


def test_where_only_one_model_has_another_limit_the_colours_are_those_of_the_others():
    settings = Settings(thresholds_for=(entry("vllm", "big", kv_cache_high_ratio=0.97),))
    told = [panel for panel in with_exceptions(llm_serving.build, settings).panels if "`big`" in panel.why]
    (panel,) = (panel for panel in told if "InferenceKVCacheNearlyFull" in panel.why)
    end = f"For job `vllm` and model_name `big`: Above 97% raises InferenceKVCacheNearlyFull.{COLOURS}"
    assert panel.why.endswith(end)
    (usual,) = (each for each in llm_serving.build(Settings()).panels if each.title == panel.title)
    assert panel.steps == usual.steps
