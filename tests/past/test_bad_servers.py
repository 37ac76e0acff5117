"""What `doctor`, `try` and `backtest` say of servers that cannot be asked, or hold what our rules do not expect."""

import json
import struct
import time
import urllib.request
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import pytest

from glassbox.doctor.odd_names import native_alone
from glassbox.http.certificates import VARIABLES
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.own_requests import post
from glassbox.past.past_rules import past_rules_of
from glassbox.past.remote_write import Samples, _field, _snappy, _varint, write
from glassbox.past.shortfalls import not_as_recorded
from glassbox.past.working_out import planned
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import SCALE_OUT_PACKAGES
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from glassbox.servers.victoria import victoria_metrics
from tests.support.ours import main, our_bundle
from tests.support.private_tls import Authority, tls_server
from tests.support.raw_server import raw_server

COMMANDS = {
    "doctor": ("doctor",),
    "try": ("try", "--port", "0", "--window", "20m"),
    "backtest": ("backtest", "--window", "1h"),
}
TOKEN = "a-token-that-is-wrong"
VM_ONLY = "nom_d'été.série"


def answered(status, kind, body):
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda: [head.encode() + body]


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS.keys())
def refused(request, monkeypatch, capsys):
    """What the command says of a server that it cannot ask: one sentence, with nothing on stdout and exit code 1."""

    def run(url):
        monkeypatch.setenv("PROMETHEUS_TOKEN", TOKEN)
        code = main([*request.param, "--prometheus", url])
        said = capsys.readouterr()
        assert (code, said.out, said.err.count("\n")) == (1, "", 1)
        assert TOKEN not in said.err
        return said.err.removeprefix(f"Error: Prometheus at {url} ")

    return run


def test_a_server_that_does_not_answer_is_said_so(refused):
    assert refused("http://127.0.0.1:9").startswith("refused the connection")


def test_a_wrong_token_is_said_to_be_one(refused):
    with raw_server(answered(401, "application/json", b'{"status":"error","error":"no"}')) as server:
        said = refused(server.url)
    assert said == (
        'answered 401 ("no"): it does not accept this credential: check that it is whole, still valid, and meant for this server.\n'
    )


def test_what_is_not_a_prometheus_is_asked_for_its_address(refused):
    with raw_server(answered(200, "text/html", b"<html>Welcome to nginx!</html>")) as server:
        assert (
            refused(server.url) == "answered 200 without JSON: is the URL Prometheus' own address, and is it ready?\n"
        )


def test_a_certificate_of_an_unknown_authority_is_refused_with_what_to_set(refused, tmp_path, monkeypatch):
    for each in VARIABLES:
        monkeypatch.delenv(each, raising=False)
    with tls_server(Authority(tmp_path).context(), BaseHTTPRequestHandler) as port:
        said = refused(f"https://127.0.0.1:{port}")
    assert said.startswith("has a certificate that is not accepted (") and "REQUESTS_CA_BUNDLE" in said


@pytest.fixture
def without_inference(components, tmp_path):
    """The URL of a Prometheus that has scraped a node exporter alone for an hour."""
    now = int(time.time())
    moments = [moment * 1000 for moment in range(now - 3900, now, 15)]
    with own_prometheus(tmp_path / "data") as server:
        write(server.url, [Samples({"__name__": name, "job": "node", "instance": "a"}, moments, [1.0] * len(moments)) for name in ("up", "node_load1")])  # fmt: skip
        yield server.url


def test_without_any_series_of_inference_it_is_said_what_is_missing(without_inference, capsys):
    assert main(["doctor", "--prometheus", without_inference]) == 2
    assert "Services: none found" in capsys.readouterr().out
    assert main(["try", "--prometheus", without_inference, "--port", "0", "--window", "20m"]) == 1
    assert "has no series of an inference engine, an exporter or a GPU in this time" in capsys.readouterr().err
    assert (
        main(["backtest", "--prometheus", without_inference, "--window", "20m", "--json", "--thresholds", "none"]) == 0
    )
    alerts = {each["name"]: each for each in json.loads(capsys.readouterr().out)["alerts"]}
    assert (alerts["InferenceQPSLow"]["standing"], alerts["InferenceQPSLow"]["incidents"]) == ("lacking", None)


@pytest.fixture(scope="module")
def limited(components, tmp_path_factory):
    """The URL of a Prometheus that refuses a query of more than 2000 samples, with an hour of forty targets."""
    folder, now = tmp_path_factory.mktemp("limited"), int(time.time()) // 60 * 60
    moments = [moment * 1000 for moment in range(now - 3600, now, 15)]
    with own_prometheus(folder / "data") as server:
        for number in range(40):
            target = {"job": "a", "instance": str(number)}
            for name in ("up", "busy"):
                write(server.url, [Samples({"__name__": name, **target}, moments, [1.0] * len(moments))])
    flags = (
        "--query.max-samples=2000",
        "--storage.tsdb.min-block-duration=200d",
        "--storage.tsdb.max-block-duration=200d",
    )
    with prometheus(folder / "prometheus.yml", folder=folder, more_flags=flags) as server:
        yield server.url, now


def test_a_backtest_halves_what_is_too_much_for_a_server(limited, tmp_path, capsys):
    url, now = limited
    rules = tmp_path / "rules.yaml"
    rules.write_text("groups:\n- name: g\n  rules:\n  - {alert: Busy, expr: sum(busy) > 39 and count(up) > 39}\n", encoding="utf-8")  # fmt: skip
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    assert main(["backtest", "--prometheus", url, "--window", "30m", "--end", end, "--path", str(rules), "--json"]) == 2
    (alert,) = json.loads(capsys.readouterr().out)["alerts"]
    assert (alert["standing"], alert["share_ratio"], alert["problem"]) == ("judged", 1.0, "")


def native(name, labels, moments):
    """A WriteRequest of one native histogram: five observations, all of zero.

    https://github.com/prometheus/prometheus/blob/main/prompb/types.proto, `Histogram`.
    """
    written = [_field(1, _field(1, key.encode()) + _field(2, text.encode())) for key, text in sorted({"__name__": name, **labels}.items())]  # fmt: skip
    histograms = [
        _field(4, b"\x08" + _varint(5) + b"\x19" + struct.pack("<d", 0.0) + b"\x29" + struct.pack("<d", 1e-6) + b"\x30" + _varint(5) + b"\x78" + _varint(moment))
        for moment in moments
    ]  # fmt: skip  # one message is one line
    return _field(1, b"".join(written + histograms))


def test_native_histograms_are_left_out_and_said(components, tmp_path, capsys):
    now = int(time.time()) // 60 * 60
    moments = [moment * 1000 for moment in range(now - 1800, now, 15)]
    target = {"job": "vllm", "instance": "a"}
    name = "vllm:e2e_request_latency_seconds"
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"groups:\n- name: g\n  rules:\n  - {{alert: Native, expr: '{name}'}}\n", encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    flags = ("--web.enable-remote-write-receiver", "--enable-feature=native-histograms")
    with prometheus(tmp_path / "prometheus.yml", folder=tmp_path, more_flags=flags) as server:
        for each in ("up", "vllm:num_requests_running"):
            write(server.url, [Samples({"__name__": each, **target}, moments, [1.0] * len(moments))])
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        post(server.url, "/api/v1/write", _snappy(native(name, target, moments)), headers)
        with Prometheus(server.url) as client:
            answer = client.stored(f'{{job="vllm",__name__="{name}"}}', now * 1000, 900)
            assert (answer.series, answer.native_histograms) == ([], 1)
        assert main(["backtest", "--prometheus", server.url, "--window", "20m", "--path", str(rules), "--json"]) == 2
        (alert,) = json.loads(capsys.readouterr().out)["alerts"]
        assert (len(alert["firings"]), alert["firings"][0]["peak"]) == (1, None), (
            "it fires, with a value that is not a number"
        )
        assert main(["doctor", "--prometheus", server.url]) == 2
        assert f"Histograms are stored as native ones alone ({name}), without the series of buckets that our rules read" in capsys.readouterr().out  # fmt: skip
    assert list(native_alone(frozenset({name, f"{name}_bucket"}))) == []


@pytest.mark.parametrize("classic", [False, True])
def test_what_has_no_buckets_is_said_where_it_is_not_even_asked_for(classic):
    """Only the series of buckets are read, which a histogram that is stored as a native one alone does not have."""
    name = "vllm:e2e_request_latency_seconds"
    names = frozenset({name, f"{name}_bucket"} if classic else {name})
    rows = SimpleNamespace(tally=SimpleNamespace(native_histograms=0))
    worker = SimpleNamespace(plan=SimpleNamespace(names=names), reader=rows, evaluator=SimpleNamespace(failed={}))
    said = list(not_as_recorded(worker))
    assert [each.partition(", without")[0] for each in said] == (
        [] if classic else [f"Histograms are stored as native ones alone ({name})"]
    )


def test_names_in_utf_8_are_in_nobodys_way(tmp_path, capsys):
    """Which VictoriaMetrics takes from any Prometheus, and Prometheus from version 3 on."""
    ensure_components(SCALE_OUT_PACKAGES)
    now = int(time.time()) // 60 * 60
    moments = [moment * 1000 for moment in range(now - 1800, now, 15)]
    with victoria_metrics(tmp_path) as server:
        series = [
            {"__name__": VM_ONLY, "étiquette": "ü", "job": "vllm"},
            {"__name__": "vllm:num_requests_running", "job": "vllm", "instance": "a", "model.name": "m", "model_name": "m"},
            {"__name__": "up", "job": "vllm", "instance": "a"},
        ]  # fmt: skip  # one series is one line
        body = "\n".join(
            json.dumps({"metric": each, "values": [1] * len(moments), "timestamps": moments}) for each in series
        )
        urllib.request.urlopen(f"{server.url}/api/v1/import", data=body.encode(), timeout=60).close()
        urllib.request.urlopen(f"{server.url}/internal/force_flush", timeout=60).close()
        with Prometheus(server.url) as client:
            assert VM_ONLY in client.values_of("__name__", now - 900, now)
            plan = planned(client, past_rules_of(our_bundle()), now - 1200, now, 0)
        assert plan.series == {"vllm:num_requests_running": 1, "up": 1}
        assert main(["doctor", "--prometheus", server.url]) == 2
        assert "vllm  vLLM" in capsys.readouterr().out
        code = main(["backtest", "--prometheus", server.url, "--window", "20m", "--json", "--no-work-out", "--thresholds", "none"])  # fmt: skip
        assert (code, json.loads(capsys.readouterr().out)["version"]) == (0, 1)


def test_a_past_that_begins_later_than_was_asked_for_is_read_from_there(components, tmp_path):
    now = int(time.time()) // 60 * 60
    moments = [moment * 1000 for moment in range(now - 3 * 3600, now, 15)]
    with own_prometheus(tmp_path / "data") as server, Prometheus(server.url) as client:
        for name in ("up", "vllm:num_requests_running"):
            labels = {"__name__": name, "job": "vllm", "instance": "a"}
            write(server.url, [Samples(labels, moments, [1.0] * len(moments))])
        rules = past_rules_of(our_bundle())
        late, whole = (planned(client, rules, now - int(days * 86400), now, 3600) for days in (30, 1 / 24))
    assert late.begin_seconds == pytest.approx(now - 3 * 3600 - 60, abs=60)
    assert late.since_seconds == late.begin_seconds > late.start_seconds
    assert whole.begin_seconds == whole.start_seconds - 3600 == now - 7200
