"""Settings that do not fit the labels and models that a fleet has, in a real Prometheus."""

import pytest

from glassbox.doctor.fleet import look_at, names_lately
from glassbox.doctor.obstacles import obstacles_of
from glassbox.doctor.unfit_settings import unfit_settings
from glassbox.settings.model import Jobs, Settings, ThresholdsFor
from tests.support.fleet_lines import RUNNING, line, server

UP = {"job": "llm", "instance": "10.0.0.1:8000"}
ON_SERIES_ALONE = [line("up", **UP), line(RUNNING, model_name="m", tenant="a", **UP)]
MUTE = "has the label tenant on series of its engines, and not on its targets, so alerts take these targets for mute"
SIDE_BY_SIDE = [*server("llm", site="a"), *server("llm", site="b")]


def exception(**scope):
    return ThresholdsFor(**scope, thresholds={"qps_low": 1})


@pytest.fixture
def unfit(holding):
    """What is said of these settings about the fleet that these lines are."""

    def look(lines, **settings):
        with holding(lines) as client:
            names = names_lately(client)
            found = unfit_settings(client, look_at(client, names), Settings(**settings), names)
            return [(each.about, each.problem) for each in found]

    return look


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (ON_SERIES_ALONE, [("llm", MUTE)]),
        ([*ON_SERIES_ALONE, *server("ocr", tenant="b")], 1),
        ([*server("llm", team="a")], [("identity_labels", "name tenant, which no target of a service has")]),
        ([*server("llm", team="a"), line("up", job="node", instance="n", tenant="a")], 1),
        ([*server("llm", tenant="a")], []),
        ([*server("llm", tenant="a"), *server("ocr")], []),
    ],
    ids=["series", "series-of-one-job", "nowhere", "elsewhere", "targets", "targets-of-one-job"],
)
def test_a_label_of_identity_is_one_of_targets(unfit, lines, said):
    found = unfit(lines, identity_labels=("tenant",))
    assert found == said if isinstance(said, list) else len(found) == said


def test_without_the_settings_nothing_is_said(unfit):
    assert unfit(ON_SERIES_ALONE) == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (exception(model_name="m"), []),
        (exception(job="llm", model_name="m"), []),
        (exception(job="ocr"), []),
        (exception(model_name="M"), [("thresholds_for.0", "is for the model 'M', of which there are no series here")]),
        (
            exception(job="ocr", model_name="m"),
            [("thresholds_for.0", "is for the model 'm' of ocr, of which there are no series here")],
        ),
    ],
)
def test_an_exception_is_for_a_model_that_is_there(unfit, entry, said):
    lines = [
        *server("llm"),
        line("up", job="ocr", instance="o"),
        line(RUNNING, job="ocr", instance="o", model_name="n"),
    ]
    assert unfit(lines, thresholds_for=(entry,)) == said


@pytest.mark.parametrize(("identity", "twice"), [((), True), (("site",), False), (("cluster", "site"), False)])
def test_targets_that_identity_labels_tell_apart_are_not_seen_twice(holding, identity, twice):
    settings = Settings(jobs=Jobs(services=("llm",)), identity_labels=identity)
    with holding(SIDE_BY_SIDE) as client:
        fleet = look_at(client, names_lately(client))
        found = obstacles_of(fleet, settings, client, window_seconds=120, recorded=frozenset({"a"}))
        assert any("several series up" in each.problem for each in found) is twice


@pytest.mark.parametrize(
    ("evaluated_by", "loaded"),
    [("grafana", "load build/recording_rules;"), ("prometheus", "load build/recording_rules and build/alerts;")],
)
def test_alerts_are_to_be_loaded_only_where_grafana_does_not_evaluate_them(holding, evaluated_by, loaded):
    settings = Settings(jobs=Jobs(services=("llm",)), alerts_evaluated_by=evaluated_by)
    with holding([*server("llm")]) as client:
        first, *_ = obstacles_of(
            look_at(client, names_lately(client)), settings, client, window_seconds=120, recorded=frozenset()
        )
    assert first.about == "Our recorded series"
    assert loaded in first.advice
