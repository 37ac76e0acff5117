"""What a user gets wrong with `deploy.py baseline`, and what a server may answer: one sentence each, and nothing written."""

import json
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route

from glassbox.baseline import render
from glassbox.baseline.baseline_file import Baseline, MeasuredBy, load, save
from glassbox.baseline.comparison import compare
from glassbox.baseline.profile import MOST_BLOCKS, Served, _thinned, level_of, level_words
from glassbox.errors import GlassboxError
from glassbox.metrics import roles
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.credential import prometheus_credential
from glassbox.query.promql import instant
from glassbox.query.readings import lately_there
from glassbox.servers.background import served
from glassbox.servers.processes import free_port
from recording_rules.baseline_measures import MEASURES
from tests.support.ours import main, our_record_groups

NOTHING = JSONResponse({"status": "success", "data": {"resultType": "matrix", "result": []}})
SECRET = "very-secret-word"


@pytest.fixture(autouse=True)
def no_credential(monkeypatch):
    for name in ("TOKEN", "USER", "PASSWORD"):
        monkeypatch.delenv(f"PROMETHEUS_{name}", raising=False)


@contextmanager
def answering(answer):
    """A server that gives one answer to everything; yields its URL and the requests that it had."""
    asked = []

    async def give(request):
        asked.append(request)
        return answer

    with served(Starlette(routes=[Route("/{path:path}", give)])) as url:
        yield url, asked


def refused(capsys, *arguments):
    """The one sentence on stderr of a command that must fail with exit code 1."""
    assert main(["baseline", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("Error: ") and captured.err.count("\n") == 1, captured.err
    assert SECRET not in captured.err and captured.out == ""
    return captured.err


@pytest.fixture
def there(tmp_path):
    """Options that name an empty folder."""
    return ("--folder", str(tmp_path / "baselines"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (JSONResponse({"status": "error", "error": "parse error"}, 400), r'answered 400 ("parse error"): it cannot evaluate'),
        (PlainTextResponse("no", 401), "answered 401: set PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD."),
        (PlainTextResponse("no", 404), "answered 404: is the URL Prometheus' own address, including its sub-path?"),
        (PlainTextResponse("<html>"), "answered 200 without JSON: is the URL Prometheus' own address, and is it ready?"),
        (JSONResponse({"status": "success", "data": {}}), "answered with JSON that is not a range of values"),
        (JSONResponse([]), "answered 200 with JSON that is not Prometheus': is the URL Prometheus' own address"),
        (RedirectResponse("http://elsewhere/login"), "answered 307, and redirects are not followed"),
        (NOTHING, "has no requests of a model in this window"),
    ],
)  # fmt: skip  # a row is a case
def test_answers_that_are_no_measurements(answer, said, capsys, there, tmp_path):
    with answering(answer) as (url, _asked):
        assert said in refused(capsys, "save", "--prometheus", url, *there, "x")
    assert not (tmp_path / "baselines").exists()


def test_a_server_that_is_not_there(capsys, there):
    address = f"http://127.0.0.1:{free_port()}"
    assert f"Prometheus at {address} refused the connection: is Prometheus running there?" in refused(
        capsys, "save", "--prometheus", address, *there, "x"
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:9090", "does not start with http:// or https://: write it as http://localhost:9090."),
        (f"http://u:{SECRET}@h", "holds a user name or a password, which other users of this machine can read"),
        (f"ftp://u:{SECRET}@h", "holds a user name or a password, which other users of this machine can read"),
        ("http://h?x=1", "must be a scheme, a host, and at most a port and a path"),
        ("http://[h", "must be a scheme, a host, and at most a port and a path"),
    ],
)
def test_what_is_not_an_address_is_refused(url, words, capsys, there):
    assert f"The URL of --prometheus {words}" in refused(capsys, "save", "--prometheus", url, *there, "x")


def test_what_is_wrong_with_the_options(capsys, there, tmp_path):
    url = ("--prometheus", "http://127.0.0.1:1")
    assert "too short to judge anything by: give at least 40m" in refused(
        capsys, "save", *url, *there, "--window", "30m", "x"
    )
    assert "'soon' is not a duration" in refused(capsys, "save", *url, *there, "--window", "soon", "x")
    assert "is not a time: write it like" in refused(capsys, "save", *url, *there, "--end", "yesterday", "x")
    assert "cannot name a baseline" in refused(capsys, "save", *url, *there, "../x")
    assert "Baseline 'x' does not exist in" in refused(capsys, "compare", *url, *there, "x")
    assert "at most 11000 points for each series: choose a shorter window" in refused(
        capsys, "save", *url, *there, "--window", "60d", "x"
    )
    (tmp_path / "baselines").mkdir()
    (tmp_path / "baselines" / "old.json").write_text("{}")
    assert "(it has: old): make it" in refused(capsys, "compare", *url, *there, "x")
    assert "old.json is not a baseline of this version" in refused(capsys, "compare", *url, *there, "old")
    (tmp_path / "baselines" / "endless.json").symlink_to("/dev/zero")
    assert "endless.json cannot be read (it is a pipe or a device)" in refused(
        capsys, "compare", *url, *there, "endless"
    )
    assert "is not a duration" in refused(capsys, "save", *url, *there, "--window", f"{'9' * 5000}h", "x")


def test_the_credential_comes_from_the_environment(monkeypatch):
    with answering(NOTHING) as (url, asked):
        for environment in ({}, {"TOKEN": SECRET}, {"USER": "me", "PASSWORD": SECRET}):
            for name, value in environment.items():
                monkeypatch.setenv(f"PROMETHEUS_{name}", value)
            with Prometheus(f"{url}/prefix/", prometheus_credential()) as prometheus:
                assert prometheus.range("up", 0, 600, 300) == []
            monkeypatch.delenv("PROMETHEUS_TOKEN", raising=False)
    headers = [request.headers.get("Authorization") for request in asked]
    assert headers == [None, f"Bearer {SECRET}", "Basic bWU6dmVyeS1zZWNyZXQtd29yZA=="]
    assert {request.url.path for request in asked} == {"/prefix/api/v1/query_range"}
    assert dict(asked[0].query_params) == {"query": "up", "start": "0", "end": "600", "step": "300"}


def test_half_a_credential_is_told(monkeypatch, capsys, there):
    monkeypatch.setenv("PROMETHEUS_USER", "me")
    said = refused(capsys, "save", "--prometheus", "http://127.0.0.1:1", *there, "x")
    assert "PROMETHEUS_PASSWORD is not set" in said


def test_a_token_file_is_read(monkeypatch, capsys, there, tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    with answering(PlainTextResponse("no", 401)) as (url, asked):
        refused(capsys, "save", "--prometheus", url, "--prometheus-token-file", str(file), *there, "x")
    assert {request.headers["Authorization"] for request in asked} == {f"Bearer {SECRET}"}


def test_values_that_are_no_numbers_are_left_out():
    matrix = [{"metric": {"job": "a"}, "values": [[300, "1.5"], [600.0, "NaN"], [900, "+Inf"]]}]
    body = {"status": "success", "data": {"resultType": "matrix", "result": matrix}}
    with answering(JSONResponse(body)) as (url, _asked), Prometheus(url) as prometheus:
        [series] = prometheus.range("a", 300, 900, 300)
    assert (series.labels, series.values) == ({"job": "a"}, {300: 1.5})


def test_measures_read_recorded_series_and_count_replicas():
    """Every name is one that a rule records, but for the gauges by which replicas are counted, through failed scrapes."""
    recorded = {record.name for group in our_record_groups() for record in group.records}
    read = {name for measure in MEASURES.all for name in measure.expr.names_read}
    raw = read - recorded
    running = instant(roles.RUNNING).together.names_read + lately_there(roles.RUNNING, "5m").names_read
    assert raw == {*running, "http_requests_inprogress", "up"}
    assert len({measure.name for measure in MEASURES.all}) == len(MEASURES.all)


@pytest.mark.parametrize(("level", "words"), [(-3, "0.125-0.25"), (0, "1-2"), (1, "2-4"), (5, "32-64")])
def test_a_level_is_told_in_requests(level, words):
    assert level_words(level) == words
    assert level_of(words) == level


def test_of_a_month_evenly_spaced_blocks_are_kept():
    month = [float(block) for block in range(30 * 288)]
    assert _thinned(month) == month[::29]
    assert len(_thinned(month)) <= MOST_BLOCKS
    assert _thinned(month[:300]) == month[:300]


def profile(*versions, load_per_replica=3.0):
    values = {MEASURES.requests.name: (6.0,) * 8, MEASURES.load.name: (load_per_replica,) * 8}
    return {Served("vllm", "m", version, "vllm"): {1: values} for version in versions}


def paired(was, now, against=None):
    return [
        (group.before and group.before.model_version, group.after and group.after.model_version)
        for group in compare(profile(*was), profile(*now), MEASURES, against)
    ]


def test_a_version_is_compared_with_itself_or_with_the_only_one():
    assert paired(["1"], ["1"]) == [("1", "1")]
    assert paired(["1"], ["2"]) == [("1", "2")]
    assert paired(["1"], ["1", "2"]) == [("1", "1"), ("1", "2")]
    assert paired(["1", "2"], ["2"]) == [("2", "2"), ("1", None)]
    assert paired(["1", "2"], ["2", "3"], against="1") == [("1", "2"), ("1", "3")]
    assert paired([], ["1"]) == [(None, "1")]
    with pytest.raises(GlassboxError, match=r"has several versions of m \(1, 2\): choose one with --against"):
        paired(["1", "2"], ["3"])


def test_a_saved_baseline_is_read_back(tmp_path):
    was = Baseline(1_790_000_100, 7200, profile("1", ""))
    file = save(was, "x", tmp_path)
    assert load("x", tmp_path) == was
    assert json.loads(file.read_text())["end"] == "2026-09-21T14:15:00Z"


def test_an_older_file_stays_whole_where_the_new_one_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GlassboxError, match="cannot be created"):
        save(Baseline(0, 7200, {}), "x", tmp_path / "file" / "folder")


def test_a_models_name_is_no_markup_of_release_notes():
    name = "a_b<img src=x>[c](http://d)\n# e"
    now = {Served("vllm", name, "", ""): {1: {"requests_per_second": [2.0] * 8}}}
    groups = compare(now, now, MEASURES, None)
    heading = next(iter(render.markdown(groups, MeasuredBy.PROMETHEUS)))
    assert heading.startswith("### vllm a\\_b\\<img src=x>\\[c\\]\\(http://d\\) \\# e, version ")
    assert "\n" not in next(iter(render.text(groups, MeasuredBy.PROMETHEUS)))
