"""The command on a real Prometheus with two days of a service, whose rules recorded what it served."""

import json
import re
import time
import urllib.request
from html.parser import HTMLParser

import pytest

from glassbox.backtest import other_thresholds
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.prometheus.promtool import SCALE_OUT_PACKAGES
from glassbox.servers.components import ensure_components
from glassbox.servers.victoria import victoria_metrics
from tests.support.ours import main, our_bundle
from tests.support.past_fleet import fleet

DAY = 86400
STEP = 30
# Two names, so that the parts of this test are found in our content by what they read.
LOW = "InferenceQPSLow"
RECORDED = "model:inference_requests:rate1m"
# Requests per second, and for how many minutes of each six hours.
USUAL, FEW, FEWER = 20.0, 6.0, 3.0
JOB = "vllm"
HOSTILE = "<script>alert('x')</script>|*a*"


def stamp(moment):
    """The time as the option takes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def served(since_start):
    """Requests per second at this second of the two days."""
    minute = since_start // 60 % 360
    if 60 <= minute < 90:
        return FEW
    return FEWER if 200 <= minute < 205 else USUAL


@pytest.fixture(scope="module")
def past(components, tmp_path_factory):
    """The URL of the server, and the window's end as the option takes it."""
    end = int(time.time()) // 3600 * 3600
    times = range(end - 2 * DAY - 1800, end + 1, STEP)
    values = [served(each - (end - 2 * DAY)) for each in times]
    total, count = [], 0.0
    for value in values:
        count += value * STEP
        total.append(count)
    with own_prometheus(tmp_path_factory.mktemp("past") / "data") as server:
        for labels, numbers in (
            ({"__name__": RECORDED, "job": JOB, "model_name": HOSTILE, "inference_engine": "vllm"}, values),
            ({"__name__": "vllm:request_success_total", "job": JOB, "model_name": HOSTILE}, total),
            ({"__name__": "up", "job": JOB, "instance": "a:1"}, [1.0] * len(values)),
        ):
            write(server.url, [Samples(labels, [each * 1000 for each in times], numbers)])
        yield server.url, stamp(end)


@pytest.fixture
def backtest(past, tmp_path, capsys):
    """Runs the command over the two days, over what was recorded unless it says otherwise: its exit code, stdout and stderr."""
    url, end = past

    def run(*arguments, settings="{}", how=("--no-work-out",)):
        file = tmp_path / "settings.yaml"
        file.write_text(settings, encoding="utf-8")
        code = main(["--settings", str(file), "backtest", "--prometheus", url, "--window", "2d", "--end", end, *how, *arguments])  # fmt: skip
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def alert_in(out, name=LOW):
    (found,) = (each for each in json.loads(out)["alerts"] if each["name"] == name)
    return found


def test_firings_incidents_and_the_worst_are_those_of_the_past(backtest):
    code, out, err = backtest("--json", "--thresholds", "none")
    assert (code, err) == (2, "")
    found = alert_in(out)
    whole = json.loads(out)
    assert (whole["version"], whole["window"]["end"] - whole["window"]["start"]) == (1, 2 * DAY)
    assert (found["standing"], found["covered_ratio"]) == ("judged", 1.0)
    # In each of the eight times six hours thirty minutes and five, of which a minute is pending.
    assert len(found["firings"]) == len(found["incidents"]) == 16
    assert {each["ended"] - each["started"] for each in found["firings"]} == {29 * 60, 4 * 60}
    assert found["total_seconds"] == 8 * 33 * 60
    assert found["share_ratio"] == pytest.approx(33 / 360)
    assert found["per_week"] == pytest.approx(56)
    assert (found["noisy"], found["flapping"], found["fired_again"]) == (True, False, 0)
    worst = found["worst"]
    assert (worst["peak"], worst["labels"]["model_name"]) == (FEWER, HOSTILE)
    assert worst["board"].startswith("/d/") and f"from={(worst['started'] - 900) * 1000}" in worst["board"]
    assert worst["peak_time"] == worst["started"] - 60


def test_what_is_not_known_is_null_and_not_zero(backtest):
    alerts = json.loads(backtest("--json", "--thresholds", "none")[1])["alerts"]
    standings = {each["standing"] for each in alerts}
    assert standings == {"judged", "not recorded", "lacking"}
    for each in alerts:
        known = each["standing"] == "judged"
        assert (each["total_seconds"] is not None) is (each["per_week"] is not None) is known
        assert bool(each["lacks"]) is not known


def test_the_table_names_noise_and_what_is_not_known(backtest):
    code, out, _ = backtest("--thresholds", "none")
    assert code == 2
    row = next(line for line in out.splitlines() if line.startswith(f"  {LOW} "))
    assert re.split(r"\s{2,}", row.strip())[:8] == [LOW, "ticket", "16", "16", "4 h 24 min", "29 min", "9.2%", "56.0"]
    assert f"  {LOW}: 16 incidents, 9.2% of the time\n" in out.partition("Noisy:")[2]
    assert "Not recorded, so nothing is known about them (load build/recording_rules, or give --work-out):" in out
    assert "Cannot fire here, since what they read is not measured:" in out
    assert re.search(rf"  {LOW}: /d/\S+viewPanel=\d+\S+&from=\d+&to=\d+\n", out)


def test_other_thresholds_are_those_of_the_setting_that_decides(backtest):
    tables = json.loads(backtest("--json")[1])["thresholds"]
    (table,) = (each for each in tables if each["alert"] == LOW and each["setting"] == "thresholds.qps_low")
    assert table["present"] == 10
    firings = {each["value"]: each["firings"] for each in table["values"]}
    assert firings == {5: 8, 8: 16, 10: 16, 12: 16, 15: 16, 20: 16}
    assert backtest()[1].count(f"{LOW} by thresholds.qps_low:\n") == 1


def test_two_settings_are_compared(backtest, tmp_path):
    other = tmp_path / "before.yaml"
    other.write_text("thresholds: {qps_low: 4}", encoding="utf-8")
    code, out, _ = backtest("--against-settings", str(other))
    assert code == 2
    assert f"  {LOW}: 8 -> 16 firings (32 min -> 4 h 24 min), 8 incidents newly seen\n" in out
    code, out, _ = backtest("--against-settings", str(other), "--json")
    (found,) = json.loads(out)["differences"]
    assert (found["name"], found["change"], len(found["newly_seen"])) == (LOW, "fires more", 8)
    assert len(found["before"]["firings"]) == 8


def test_settings_that_change_no_firing_end_well(backtest, tmp_path):
    other = tmp_path / "before.yaml"
    other.write_text("thresholds: {qps_low: 11}", encoding="utf-8")
    code, out, _ = backtest("--against-settings", str(other))
    assert code == 0
    assert f"No alert would have fired differently with {other}." in out


def test_alerts_on_what_both_record_differently_are_not_compared(backtest, tmp_path):
    other = tmp_path / "before.yaml"
    other.write_text("thresholds: {latency_high_seconds: 5}", encoding="utf-8")
    code, out, _ = backtest("--against-settings", str(other))
    assert code == 2
    assert "  Not compared, since both record model:inference_requests_slow:rate5m" in out


def test_rules_of_anybody_are_looked_at(backtest, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(
        f"groups:\n- name: g\n  interval: 1m\n  rules:\n"
        f"  - {{alert: Few, expr: '{RECORDED} < 5', for: 2m, keep_firing_for: 10m}}\n"
        "  - {alert: Nothing, expr: 'not_there > 1'}\n  - {alert: Wrong, expr: 'sum('}\n",
        encoding="utf-8",
    )
    code, out, _ = backtest("--path", str(file), "--json")
    assert code == 2
    found = alert_in(out, "Few")
    assert {each["ended"] - each["started"] for each in found["firings"]} == {(5 - 2 + 10) * 60}
    assert alert_in(out, "Nothing")["lacks"] == ["not_there"]
    assert (alert_in(out, "Wrong")["standing"], alert_in(out, "Wrong")["per_week"]) == ("unreadable", None)


def test_an_alert_that_the_server_cannot_evaluate_is_named_and_others_are_judged(backtest, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(
        "groups:\n- name: g\n  rules:\n"
        """  - {alert: Text, expr: '"abc"'}\n"""
        f"  - {{alert: Never, expr: '{RECORDED} > 1000'}}\n"
        """  - {alert: Twice, expr: 'label_replace(up, "a", "1", "", "") or label_replace(up, "a", "2", "", "")', labels: {a: b}}\n"""
        "  - {alert: Filled, expr: up == 0, labels: {who: '{{ $labels.job }}'}}\n",
        encoding="utf-8",
    )
    code, out, _ = backtest("--path", str(file))
    assert code == 0
    assert "Did not fire:\n  Never, Filled\n" in out
    assert "Evaluated without labels that are templates, which are not filled in here:\n  Filled: who\n" in out
    not_evaluated = out.partition("Not evaluated:\n")[2]
    assert re.search(r'^  Text: Prometheus at \S+ answered 400 \("invalid expression type', not_evaluated, re.MULTILINE)
    assert re.search(
        r"^  Twice: \d+ evaluations, in which several of its series had the same", not_evaluated, re.MULTILINE
    )


def test_a_time_that_is_not_one_is_said_without_names_of_our_code(backtest, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("groups:\n- name: g\n  rules:\n  - {alert: A, expr: up, for: soon}\n", encoding="utf-8")
    code, _, err = backtest("--path", str(file))
    said = "the alert 'A' cannot be read ('soon' is not a duration; write it like 30s, 5m or 1h30m): correct it."
    assert (code, err) == (1, f"Error: {file}: {said}\n")


def test_markdown_escapes_what_others_named(backtest):
    out = backtest("--markdown", "--thresholds", "none")[1]
    rows = [line for line in out.splitlines() if line.startswith(f"| {LOW} ")]
    assert len(rows) == 1
    assert r"\<script>" in rows[0] and not re.search(r"(?<!\\)[<*]", rows[0])
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 10


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]


def test_the_page_has_a_row_for_each_alert_and_runs_nothing(backtest, tmp_path):
    file = tmp_path / "timeline.html"
    file.write_text("earlier", encoding="utf-8")
    out = backtest("--html", str(file), "--json", "--thresholds", "none", settings="grafana: {url: 'https://g.example'}")[1]  # fmt: skip
    text = file.read_text(encoding="utf-8")
    found = Page(text)
    assert "script" not in found.tags
    assert found.tags.count("rect") == sum(len(each["firings"]) for each in json.loads(out)["alerts"])
    assert text.count(f">{LOW}</text>") == 1
    assert found.links and all(link.startswith("https://g.example/d/") for link in found.links)
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--against", "a", "--against-settings", "b"], "--against does not go with --against-settings"),
        (["--against", "a", "--html", "b"], "--against does not go with --html"),
        (["--path", "a", "--thresholds", "all"], "--path does not go with --thresholds"),
        (["--against", "a", "--path", "b"], "--against does not go with --path"),
        (["--window", "soon"], "not a duration"),
        (["--work-out", "--look-back", "soon"], "not a duration"),
        (["--html", "/nonexistent/x.html", "--thresholds", "none"], "--html /nonexistent/x.html cannot be written"),
        (["--against", "no-such-revision"], "git does not know this revision"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(backtest, arguments, sentence):
    code, out, err = backtest(*arguments)
    assert (code, out) == (1, "")
    assert sentence in err and err.count("\n") == 1


def test_a_time_without_anything_is_not_judged(backtest):
    code, out, err = backtest("--end", "2001-01-01T00:00:00Z")
    assert (code, out) == (1, "")
    assert (
        "has nothing from 2000-12-30 00:00 to 2001-01-01 00:00 UTC that alerts read, not even up: choose another" in err
    )


def test_working_out_says_what_could_not_be_worked_out(backtest, monkeypatch):
    sentence = "gpu_power of the group gpu could not be evaluated at some moments: many-to-many matching"
    monkeypatch.setattr("glassbox.backtest.past_source.not_as_recorded", lambda _: [sentence])
    err = backtest("--window", "4h", "--thresholds", "none", how=["--work-out"])[2]
    assert f"{sentence}\n" in err
    assert len(re.findall(r"^ *\d+%, ", err, re.MULTILINE)) == 1, (
        "a line of progress now and then, not one of each answer"
    )


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_asked(capsys):
    assert main(["backtest", "--prometheus", "http://127.0.0.1:9", "--html", "/nonexistent/x.html"]) == 1
    said = capsys.readouterr().err
    assert (
        said == "Error: --html /nonexistent/x.html cannot be written (its folder does not exist): name another file.\n"
    )


def test_answers_in_part_are_said_on_stderr(backtest, monkeypatch):
    monkeypatch.setattr("glassbox.prometheus.api.Prometheus.partial_sentence", "It answered only in part.")
    assert backtest("--json", "--thresholds", "none")[2] == "It answered only in part.\n"


def test_a_server_that_is_not_there_is_one_sentence(capsys):
    assert main(["backtest", "--prometheus", "http://127.0.0.1:9"]) == 1
    assert "refused the connection" in capsys.readouterr().err


def test_the_setting_of_this_test_decides_the_alert_of_this_test():
    (rule,) = (
        rule
        for file in our_bundle().alerts.values()
        for group in file["groups"]
        for rule in group["rules"]
        if rule["alert"] == LOW
    )
    assert RECORDED in rule["expr"] and rule["expr"].endswith("< 10")


def test_victoria_metrics_gives_the_same_firings(tmp_path, capsys):
    ensure_components(SCALE_OUT_PACKAGES)
    end = int(time.time()) // 3600 * 3600
    times = range(end - DAY - 1800, end + 1, STEP)
    lines = (f'x{{job="{JOB}"}} {served(each - (end - DAY))} {each * 1000}' for each in times)
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "groups:\n- name: g\n  interval: 1m\n  rules:\n  - {alert: Few, expr: 'x < 5', for: 2m}\n", encoding="utf-8"
    )
    with victoria_metrics(tmp_path / "data") as server:
        body = "\n".join(lines).encode()
        urllib.request.urlopen(f"{server.url}/api/v1/import/prometheus", data=body, timeout=60).close()
        # What was imported is found when it was written out.
        urllib.request.urlopen(f"{server.url}/internal/force_flush", timeout=60).close()
        code = main(
            [
                "backtest",
                "--prometheus",
                server.url,
                "--window",
                "1d",
                "--end",
                stamp(end),
                "--path",
                str(rules),
                "--json",
            ]
        )
    assert code == 2, "four a day are noisy"
    found = alert_in(capsys.readouterr().out, "Few")
    assert [each["started"] - (end - DAY) for each in found["firings"]] == [
        number * 21_600 + 202 * 60 for number in range(4)
    ]
    assert {each["ended"] - each["started"] for each in found["firings"]} == {3 * 60}


@pytest.fixture(scope="module")
def raw_past(components, tmp_path_factory):
    """The URL of a server with two hours of two vLLM servers under load, without any rule of ours, and the end of it."""
    end = int(time.time()) // 60 * 60
    with fleet(tmp_path_factory.mktemp("raw"), 2, end - 7200, end) as server:
        yield server.url, stamp(end)


def test_recorded_series_are_worked_out_where_that_is_asked_for(raw_past, capsys):
    url, end = raw_past
    arguments = ["backtest", "--prometheus", url, "--window", "30m", "--end", end, "--thresholds", "none", "--json"]
    main([*arguments, "--no-work-out"])
    before = json.loads(capsys.readouterr().out)
    main([*arguments, "--work-out"])
    said = capsys.readouterr()
    after = json.loads(said.out)
    assert (before["source"], after["source"]) == (f"as recorded in {url}", f"worked out from the series of {url}")
    assert re.search(r"^All is worked out on this machine: \d+ series are read from \S+, about \d+ MB\.$", said.err, re.MULTILINE)  # fmt: skip
    (short,) = (line for line in said.err.splitlines() if line.startswith("At the beginning of the window"))
    assert "InferenceErrorBudgetBurnSlow" in short and LOW not in short
    unknown, known = ({each["name"] for each in whole["alerts"] if each["standing"] == "not recorded"} for whole in (before, after))  # fmt: skip  # one thing is one line
    assert len(unknown) > 10 and known == set()
    assert {each["name"] for each in after["alerts"] if each["firings"]} > {
        each["name"] for each in before["alerts"] if each["firings"]
    }


@pytest.fixture
def without_rules(raw_past, capsys):
    """Runs the command over the last ten minutes of the servers, with a setting alone for other thresholds."""
    url, end = raw_past

    def run(*arguments):
        code = main(["backtest", "--prometheus", url, "--window", "10m", "--end", end, *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def slow_seconds_alone(monkeypatch):
    """Of all settings only the one that decides what is recorded of slow requests is tried."""
    every = other_thresholds.decisive_numbers
    monkeypatch.setattr(other_thresholds, "decisive_numbers", lambda settings: [each for each in every(settings) if each.key == "latency_high_seconds"])  # fmt: skip


@pytest.mark.usefixtures("slow_seconds_alone")
def test_thresholds_that_decide_what_is_recorded_are_tried_over_what_is_worked_out(without_rules):
    _, out, err = without_rules("--json")
    tables = {each["alert"]: each for each in json.loads(out)["thresholds"]}
    table = tables["InferenceLatencyHigh"]
    assert (table["reason"], table["present"]) == ("", 10)
    firings = {each["value"]: each["firings"] for each in table["values"]}
    assert firings == {5: 1, 10: 1, 15: 1, 20: 1}
    assert err.count("series are read from") == 1, "what the alerts read is enough for their other thresholds"
    assert re.search(r"^What \d+ alerts read is not recorded there, and is worked out on this machine: ", err)


@pytest.mark.usefixtures("slow_seconds_alone")
def test_without_working_out_it_is_said_that_they_are_not_known(without_rules, tmp_path):
    out = without_rules("--no-work-out", "--thresholds", "all")[1]
    assert "InferenceLatencyHigh by" not in out, "of what cannot be judged nothing else is tried"


def test_rules_of_anybody_are_worked_out_too(backtest, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(
        "groups:\n- name: g\n  interval: 1m\n  rules:\n"
        "  - {record: 'job:answered:rate2m', expr: 'sum by (job) (rate(vllm:request_success_total[2m]))'}\n"
        "  - {alert: Few, expr: 'job:answered:rate2m < 5', for: 1m}\n",
        encoding="utf-8",
    )
    assert alert_in(backtest("--path", str(file), "--json")[1], "Few")["standing"] == "not recorded"
    _, out, err = backtest("--path", str(file), "--json", how=())
    found = alert_in(out, "Few")
    assert (found["standing"], found["worked_out"]) == ("judged", True)
    assert len(found["firings"]) == 8, "one of five minutes in each of eight times six hours"
    assert err.startswith("What 1 alert reads is not recorded there, and is worked out on this machine: 2 series are read")  # fmt: skip


def test_much_is_only_read_by_consent(raw_past, capsys, monkeypatch):
    url, end = raw_past
    monkeypatch.setattr("glassbox.backtest.past_source.ASKED_ABOVE_BYTES", 1000)
    assert main(["backtest", "--prometheus", url, "--window", "30m", "--end", end, "--work-out"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("Error: That is more than 500 MB: choose a shorter --window, or agree with --yes.\n")
