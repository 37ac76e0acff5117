"""`verify` against a stand-in for Grafana with a real Prometheus behind it: what is empty, failing or slow, and why."""

import json
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from glassbox.board.dashboard import dashboard, row
from glassbox.board.panels import stat
from glassbox.board.tables import Next
from glassbox.board.variables import Variable
from glassbox.cli import main as command_line
from glassbox.compile.bundle import DataSource
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.data_source_queries import QueryReply
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Record, RecordGroup
from glassbox.servers.components import ensure_components
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from glassbox.start import Product
from glassbox.verifying import verification_text
from glassbox.verifying.asking import replies_to
from glassbox.verifying.parts import AskedQuery
from tests.doctor.test_doctor_command import prometheus_with
from tests.support.small_bundle import TOKENS
from tests.support.small_content import FOLDER, JOB, WAITING, content

SCHEMA = json.loads(Path(verification_text.__file__).with_name("verification.schema.json").read_text(encoding="utf-8"))
MEASURED = 'vllm:num_requests_waiting{job="vllm",model_name="m",instance="i"} 3'
RECORDED = 'model:requests_waiting:sum{job="vllm",model_name="m"} 3'
PROXIED = "/api/datasources/proxy/uid/prometheus/api/v1"
SETTINGS = "ruler: {through_grafana: never}\n"


# Its rule finds nothing while fewer than ten requests wait, and the other's reads it.
MANY = Record("model:many_requests_waiting:sum", instant(WAITING) > 10, "Requests that wait, where many do.")
MANY_MEAN = Record("model:many_requests_waiting:avg", sum_by(("job",), instant(MANY)), "Of them, each job's.")


def with_conditions():
    small = content()
    (group,) = small.alerts(None)
    alert = replace(group.alerts[0], name="ManyWait", expr=instant(MANY_MEAN) > 5)
    return replace(
        small,
        alerts=lambda _: (replace(group, alerts=(*group.alerts, alert)),),
        recording_rules=lambda _: (RecordGroup("waiting", (WAITING, MANY, MANY_MEAN)),),
        dashboards=(
            *small.dashboards,
            board(
                "many",
                stat("Many", instant(MANY), why="Where many wait."),
                stat("Few", (instant(WAITING) < 0).unless(instant(MANY)), why="Where few wait."),
                variables=(),
            ),
        ),
    )


def product(boards=None):
    def declared():
        return replace(content(), dashboards=boards) if boards else content()

    return Product(FOLDER / "__main__.py", declared)


def board(slug, *panels, variables=(JOB,)):
    return lambda _settings: dashboard(
        slug, slug.title(), question="Who waits?", variables=variables, rows=(row("Now", *panels),),
        leads_to=Next("queue", "Queue"),
    )  # fmt: skip  # one dashboard


@pytest.fixture
def over(tmp_path, monkeypatch, capsys):
    """A stand-in over a Prometheus that has scraped these lines for twenty minutes, and what runs the command line against it."""
    ensure_components()
    monkeypatch.setenv("GRAFANA_TOKEN", "viewer")
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    with ExitStack() as stack:

        def start(*lines):
            now = int(time.time())
            folder = tmp_path / "prometheus"
            folder.mkdir()
            url = stack.enter_context(
                prometheus_with(['up{job="vllm",instance="i"} 1', *lines], folder, now - 1200, now)
            )
            sources = [prometheus_source(url)]
            server = stack.enter_context(GrafanaStandIn(tokens=TOKENS, data_sources=sources, search_lag_seconds=0))

            def run(*arguments, of=None):
                made = of or product()
                given = ["--settings", str(tmp_path / "settings.yaml"), *arguments, "--grafana", server.url]
                code = command_line.main(made, given)
                return code, *capsys.readouterr()

            return server, run

        yield start


def test_everything_that_has_an_answer_is_as_it_should_be(over):
    server, run = over(MEASURED, RECORDED)
    code, out, err = run("verify")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"Grafana 12.4.0 at {server.url}, organisation 'Main Org.', data source 'Prometheus'",
        "  Queue: 2 of 2 panels as they should be",
        "  Alerts: 1 of 1 alerts as they should be",
        "Verified with 3 queries: 0 empty, 0 failing, 0 slow.",
    ]
    # Queries are longer than addresses may be, so they are sent as forms.
    assert {request.path for request in server.writes} == {f"{PROXIED}/query", f"{PROXIED}/query_range"}
    assert server.state.dashboards == {}


def test_what_lacks_a_metric_is_named_with_what_brings_it(over):
    _, run = over()
    code, out, _ = run("verify")
    assert code == 2
    assert out.splitlines()[1:] == [
        "  Queue: 0 of 2 panels as they should be",
        "    empty       Waiting now; Waiting: without vllm:num_requests_waiting (vLLM)",
        "  Alerts: 1 of 1 alerts as they should be",
        "    cannot fire RequestsWaiting: without vllm:num_requests_waiting (vLLM)",
        "Verified with 3 queries: 2 empty, 0 failing, 0 slow; 1 cannot fire.",
    ]


def test_what_nobody_records_is_named_with_what_to_do(over):
    _, run = over(MEASURED)
    code, out, _ = run("verify")
    assert code == 2
    told = "not recorded: model:requests_waiting:sum; load the rules where they are to be evaluated"
    assert f"    empty       Waiting now; Waiting: {told}" in out.splitlines()
    assert f"    cannot fire RequestsWaiting: {told}" in out.splitlines()


def test_a_recorded_series_whose_rule_finds_nothing_is_not_called_unrecorded(over):
    _, run = over(MEASURED, RECORDED)
    _, out, err = run("verify", of=Product(FOLDER / "__main__.py", with_conditions))
    assert err == ""
    told = "the rules of model:many_requests_waiting:sum find nothing now; doctor says which jobs and series are there"
    assert f"    empty       Many: {told}" in out.splitlines()
    unknown = "its series exist, but the query has no result now; the reason is not known"
    assert f"    empty       Few: {unknown}" in out.splitlines()
    assert "cannot fire" not in out


def test_a_recorded_series_whose_rule_would_find_something_is_not_recorded(over):
    _, run = over(MEASURED, RECORDED.replace(" 3", " 30"))
    _, out, _ = run("verify", of=Product(FOLDER / "__main__.py", with_conditions))
    told = "not recorded: {}; load the rules where they are to be evaluated"
    assert f"    empty       Many; Few: {told.format(MANY.name)}" in out.splitlines()
    assert f"    cannot fire ManyWait: {told.format(MANY_MEAN.name)}" in out.splitlines()


def test_values_that_are_not_numbers_count_as_none(over):
    _, run = over(MEASURED, RECORDED.replace(" 3", " NaN"))
    code, out, _ = run("verify", "--only", "dashboard/*")
    assert code == 2
    assert "    empty       Waiting now; Waiting: its values are not numbers (NaN), such as a share of nothing" in out.splitlines()  # fmt: skip  # a row


def test_a_query_that_the_server_refuses_is_failing(over):
    server, run = over(MEASURED, RECORDED)
    refusal = {"status": "error", "errorType": "execution", "error": "query processing would load too many samples"}
    server.faults.answer(f"{PROXIED}/query_range", status=422, body=refusal)
    code, out, _ = run("verify")
    assert code == 2
    assert '    failing     Waiting: answered 422 ("query processing would load too many samples")' in out.splitlines()
    assert out.splitlines()[-1] == "Verified with 3 queries: 0 empty, 1 failing, 0 slow."


def test_a_query_that_takes_long_is_slow(over):
    server, run = over(MEASURED, RECORDED)
    server.faults.delay(f"{PROXIED}/query_range", 1.2)
    code, out, _ = run("verify", "--slow", "1.1", "--json")
    found = json.loads(out)
    jsonschema.validate(found, SCHEMA, jsonschema.Draft202012Validator)
    (slow,) = [part for part in found["parts"] if part["state"] == "slow"]
    assert (code, slow["board"], slow["title"], found["count"]["slow"]) == (2, "Queue", "Waiting", 1)
    assert 1.2 <= slow["slowest_seconds"] < 30


def test_a_panel_that_may_be_empty_says_so_where_it_is_declared(over):
    _, run = over(MEASURED, RECORDED)
    quiet = stat("Long queues", sum_by((), instant(WAITING)) > 100, why="w", empty="No queue", may_be_empty=True)
    loud = stat("Longer queues", sum_by((), instant(WAITING)) > 200, why="w")
    code, out, _ = run("verify", of=product((*content().dashboards, board("quiet", quiet))))
    assert (code, out.splitlines()[-1]) == (0, "Verified with 4 queries: 0 empty, 0 failing, 0 slow; 1 empty as declared.")  # fmt: skip  # a row
    code, out, _ = run("verify", "--json", of=product((*content().dashboards, board("quiet", quiet, loud))))
    states = {part["title"]: (part["state"], part["reason"]) for part in json.loads(out)["parts"]}
    assert code == 2
    assert states["Long queues"] == ("empty as declared", "No queue, or not reported by this engine")
    assert states["Longer queues"] == ("empty", "its series exist, but the query has no result now; the reason is not known")  # fmt: skip  # a row


def test_a_variable_without_all_is_at_its_first_value(over):
    _, run = over(MEASURED, RECORDED, RECORDED.replace('"m"', '"a-model"'))
    one = Variable(name="model", title="Model", label="model_name", values_of=WAITING, single=True)
    panel = stat("Chosen", sum_by((), instant(WAITING)), why="w")
    boards = (*content().dashboards, board("one", panel, variables=(one,)))
    assert run("verify", "--only", "dashboard/one", of=product(boards))[0] == 0


def test_only_takes_dashboards_panels_and_alerts_by_their_titles(over):
    _, run = over(MEASURED, RECORDED)
    assert run("verify", "--only", "Waiting now")[1].splitlines()[-1] == "Verified with 1 query: 0 empty, 0 failing, 0 slow."  # fmt: skip  # a row
    assert run("verify", "--only", "alert/*")[1].splitlines()[1:2] == ["  Alerts: 1 of 1 alerts as they should be"]
    code, _, err = run("verify", "--only", "nothing*")
    assert (code, "--only 'nothing*' fits nothing: give the title of a dashboard, a panel or an alert" in err) == (1, True)  # fmt: skip  # a row


def test_a_data_source_that_cannot_be_asked_ends_it(over):
    server, run = over(MEASURED, RECORDED)
    server.faults.answer(f"{PROXIED}/label", status=403, body={"message": "You'll need additional permissions"})
    code, out, err = run("verify")
    assert (code, out) == (1, "")
    assert "give the service account of this token the Viewer role" in err


def test_a_push_verifies_at_its_end(over, tmp_path, monkeypatch):
    _, run = over(MEASURED)
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    code, out, _ = run("--after", "--backups", str(tmp_path / "b"))
    lines = out.splitlines()
    assert (code, lines[-1]) == (2, "Verified with 3 queries: 2 empty, 0 failing, 0 slow; 1 cannot fire.")
    assert "Pushed: 3 created, 0 updated, 0 deleted, 0 unchanged." in lines


def test_only_queries_of_data_sources_are_sent_as_forms(over):
    server, _ = over()
    with (
        Grafana(server.url, Token("admin"), read_only=True) as grafana,
        pytest.raises(ValueError, match="is not a query"),
    ):
        grafana._transport.ask("/dashboards/db", {})
    assert server.writes == []


class Silent:
    """A data source that never answers."""

    source = DataSource("p", "Prometheus", "prometheus", is_default=True)
    asked = 0

    def instant(self, _query, _moment):
        self.asked += 1
        return QueryReply(0, 0, 30, "got no answer within 30 s", answered=False)


def test_a_data_source_that_stops_answering_is_not_waited_for_again_and_again():
    silent = Silent()
    queries = [AskedQuery(f"x{number}", True, 60) for number in range(300)]
    with pytest.raises(
        GlassboxError,
        match=r"8 queries got no answer from data source Prometheus \(got no answer within 30 s\): nothing more",
    ):
        replies_to(queries, silent, 0)
    assert 8 <= silent.asked < 40


def test_a_query_of_several_panels_is_asked_once():
    class Counting(Silent):
        def instant(self, query, moment):
            super().instant(query, moment)
            return QueryReply(1, 1, 0.1)

    counting = Counting()
    assert len(replies_to([AskedQuery("a", True, 60), AskedQuery("b", True, 60), AskedQuery("a", True, 60)], counting, 0)) == 2  # fmt: skip  # a row
    assert counting.asked == 2
