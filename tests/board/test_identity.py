"""Boards with labels that identify a service beside its job."""

import pytest

from glassbox.board.annotation import QueriedEvents
from glassbox.board.assembling import assemble
from glassbox.board.dashboard import Row, dashboard
from glassbox.board.grafanalib_objects import grafanalib_dashboard
from glassbox.board.identity import identified
from glassbox.board.panels import table, timeseries
from glassbox.board.tables import DrillDown
from glassbox.board.variables import Variable
from glassbox.compile.normalise import normalised_dashboard, plain
from glassbox.metrics.types import Unit
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Series
from glassbox.query.selectors import Level

SERVED = Series("model:requests:rate", Unit.NONE, ("job", "model_name"))
MEASURED = Series("gpu:activity:ratio", Unit.RATIO, ("job", "instance"))
JOB = Variable(name="job", title="Service", label="job", values_of=SERVED)
MODEL = Variable(name="model", title="Model", label="model_name", values_of=SERVED, within=(JOB,))
GPU_JOB = Variable(name="gpu_job", title="GPU exporter", label="job", values_of=MEASURED, narrows=(Level("gpu"),))
LABELS = ("cluster", "namespace")


def board(*variables):
    panels = (
        timeseries("Requests", sum_by(("job", "model_name"), instant(SERVED)), why="w."),
        timeseries("Activity", instant(MEASURED), why="w."),
    )
    return dashboard("x", "X", question="q?", variables=variables, rows=(Row("", panels),))


def queries(declared):
    return {title: str(query) for title, each in declared.narrowed_queries.items() for query in each.values()}


def test_without_labels_a_board_is_as_it_was():
    declared = board(JOB, MODEL)
    assert identified(declared, ()) is declared


def test_a_choice_of_each_label_comes_before_the_job_in_order():
    variables = identified(board(JOB, MODEL), LABELS).variables
    assert [(each.name, each.title) for each in variables] == [
        ("cluster", "Cluster"),
        ("namespace", "Namespace"),
        ("job", "Service"),
        ("model", "Model"),
    ]


def test_each_choice_is_narrowed_by_those_before_it():
    queried = {each.name: each.query for each in identified(board(JOB, MODEL), LABELS).variables}
    assert queried["cluster"] == "label_values(model:requests:rate, cluster)"
    assert queried["namespace"] == 'label_values(model:requests:rate{cluster=~"$cluster"}, namespace)'
    assert queried["job"] == 'label_values(model:requests:rate{cluster=~"$cluster",namespace=~"$namespace"}, job)'
    assert queried["model"] == (
        'label_values(model:requests:rate{cluster=~"$cluster",job=~"$job",namespace=~"$namespace"}, model_name)'
    )


def test_queries_keep_the_labels_and_follow_the_choices():
    assert queries(identified(board(JOB, MODEL), LABELS))["Requests"] == (
        "sum by (job, cluster, namespace, model_name) "
        '(model:requests:rate{cluster=~"$cluster",job=~"$job",model_name=~"$model",namespace=~"$namespace"})'
    )


def test_gpus_of_exporters_have_choices_of_their_own():
    declared = identified(board(JOB, GPU_JOB), ("namespace",))
    assert [each.name for each in declared.variables] == ["namespace", "job", "gpu_job_namespace", "gpu_job"]
    assert declared.variables[2].title == "GPU exporter: Namespace"
    assert queries(declared)["Activity"] == ('gpu:activity:ratio{job=~"$gpu_job",namespace=~"$gpu_job_namespace"}')


def test_lines_of_a_model_are_those_of_each_place():
    panel = timeseries("Requests", sum_by(("model_name",), instant(SERVED)), why="w.")
    declared = dashboard("x", "X", question="q?", variables=(JOB,), rows=(Row("", (panel,)),))
    (drawn,) = compiled(identified(declared, LABELS))["panels"]
    assert [(each["legendFormat"], each["expr"]) for each in drawn["targets"]] == [
        (
            "{{cluster}} {{namespace}} {{model_name}}",
            "sum by (cluster, namespace, model_name) "
            '(model:requests:rate{cluster=~"$cluster",job=~"$job",namespace=~"$namespace"})',
        )
    ]


def test_what_a_chosen_replica_serves_is_matched_by_the_labels():
    lately = instant(Series("instance:running:sum", Unit.NONE, ("job", "model_name", "instance")))
    replica = Variable(
        name="one", title="One", label="instance", values_of=SERVED, optional=True, single=True, serving=lately
    )
    declared = identified(board(JOB, replica), ("namespace",))
    assert queries(declared)["Requests"].endswith(
        'and on (job, namespace, model_name) instance:running:sum{instance="${one:text}"}))'
    )


def test_annotations_follow_the_choices_and_name_the_labels():
    events = QueriedEvents(
        name="n", color="red", query=instant(MEASURED), narrowed_by=(JOB,), title="t", text="x", step="1m", tags=("a",)
    )
    (found,) = assemble(identified(board(JOB), LABELS), (events,)).annotations
    assert str(found.query) == 'gpu:activity:ratio{cluster=~"$cluster",job=~"$job",namespace=~"$namespace"}'
    assert found.tags == ("cluster", "namespace", "a")


@pytest.mark.parametrize("label", ["cluster", "namespace"])
def test_a_series_without_the_label_is_shown_until_a_value_is_chosen(label):
    chosen = next(each for each in identified(board(JOB), LABELS).variables if each.name == label)
    assert (chosen.optional, chosen.all_value) == (True, ".*")


def compiled(declared):
    return normalised_dashboard(plain(grafanalib_dashboard(assemble(declared))), tags=[])


def links(declared):
    return [
        link["url"]
        for item in compiled(declared)["panels"]
        for override in item["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "links"
        for link in each["value"]
    ]


def with_table(*variables):
    rows = sum_by(("job", "model_name"), instant(SERVED))
    models = table(
        "Models", rows, why="w.", value="Requests", drill_down=DrillDown("model_name", "y", "model", keeping=variables)
    )
    return dashboard("x", "X", question="q?", variables=variables, rows=(Row("", (models,)),))


def test_a_click_opens_what_the_labels_of_its_row_identify():
    (url,) = links(identified(with_table(JOB), LABELS))
    assert url == (
        "/d/y?${__url_time_range}&${datasource:queryparam}"
        '&var-cluster=${__data.fields["Cluster"].text:percentencode}'
        '&var-namespace=${__data.fields["Namespace"].text:percentencode}'
        '&var-job=${__data.fields["Job"].text:percentencode}'
        "&var-model=${__value.raw:percentencode}"
    )


def test_a_choice_that_does_not_concern_the_rows_goes_along():
    """The rows' job is the service's, and not that of an exporter."""
    (url,) = links(with_table(JOB, GPU_JOB))
    assert '&var-job=${__data.fields["Job"].text:percentencode}&${gpu_job:queryparam}&' in url


def test_a_table_names_the_labels_and_shows_them_beside_the_job():
    (panel,) = compiled(identified(with_table(JOB), LABELS))["panels"]
    (columns,) = [each["options"]["indexByName"] for each in panel["transformations"] if each["id"] == "organize"]
    assert columns == {"job": 0, "cluster": 1, "namespace": 2, "model_name": 3, "Value": 4}
