"""Prometheus and Alertmanager themselves, with the settings that we ship and the metrics that we replay."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.captures import find_capture
from demo.replay import replaying
from demo.server_settings import alertmanager_settings, prometheus_settings
from demo.webhook import receiving
from glassbox.errors import GlassboxError
from glassbox.prometheus import promtool
from glassbox.servers.processes import Server, prometheus
from tests.support.paths import INSTALL
from tests.support.waiting import eventually

DEADLINE_SECONDS = 30.0
# Prometheus finds Alertmanager within 5 s; what it sent before that, it sends again after 60 s.
ALERT_DEADLINE_SECONDS = 90.0

ServerFactory = Callable[[Mapping[str, Any]], Server]


def get(server: Server, path: str, **parameters: str) -> Any:
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(f"{server.url}{path}{query}", timeout=5) as answer:
        return json.load(answer)


def values(server: Server, query: str) -> list[float]:
    result = get(server, "/api/v1/query", query=query)["data"]["result"]
    return [float(series["value"][1]) for series in result]


def eventual_values(server: Server, query: str) -> list[float]:
    """The values of a query once it has any; Prometheus offers nothing to wait on, so it is asked repeatedly."""
    return eventually(lambda: values(server, query), DEADLINE_SECONDS, poll_seconds=0.2)


def test_versions_are_those_that_the_checks_support(components: None) -> None:
    assert promtool.version(promtool.find("promtool")) >= promtool.OLDEST_PROMTOOL
    assert promtool.version(promtool.find("amtool")) >= (0, 25, 0)


def test_shipped_prometheus_settings_are_valid(components: None) -> None:
    assert promtool.check_config(INSTALL / "prometheus.yml") == []


@pytest.mark.parametrize(
    ("job", "interval", "port"), [("hunyuanocr", "5s", 8001), ("vllm", "15s", 8000), ("dcgm", "15s", 9400)]
)
def test_shipped_jobs_scrape_where_the_exporters_are(job: str, interval: str, port: int) -> None:
    settings = yaml.safe_load((INSTALL / "prometheus.yml").read_text())
    (found,) = [entry for entry in settings["scrape_configs"] if entry["job_name"] == job]
    assert found["scrape_interval"] == interval
    assert [target.rpartition(":")[2] for target in found["static_configs"][0]["targets"]] == [str(port)]


def test_prometheus_is_ready_and_gone_afterwards(components: None, tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {}\n")
    with prometheus(config) as server:
        assert get(server, "/api/v1/status/buildinfo")["status"] == "success"
        folder = server.folder
    assert server.process.returncode is not None
    assert not folder.exists()
    with pytest.raises(urllib.error.URLError):
        get(server, "/-/ready")


def test_prometheus_that_refuses_its_settings_shows_why(components: None, tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text("globl: {}\n")
    said = r"(?s)Prometheus ended with exit code \d .*field globl not found"
    with pytest.raises(GlassboxError, match=said), prometheus(config):
        pass


def test_replay_is_scraped_without_an_error(prometheus_factory: ServerFactory) -> None:
    """Real Prometheus takes every sample of the capture, under the name that was asked for."""
    lines = find_capture("saturated").second.read_text(encoding="utf-8").splitlines()
    samples = sum(not line.startswith("#") for line in lines)
    with replaying("saturated", model_name="other/model") as url:
        address = url.removeprefix("http://")
        job = {"job_name": "vllm", "scrape_interval": "1s", "static_configs": [{"targets": [address]}]}
        server = prometheus_factory({"scrape_configs": [job]})
        assert eventual_values(server, "max_over_time(up[1m]) == 1") == [1.0]
        assert values(server, "scrape_samples_scraped") == [samples]
        (target,) = get(server, "/api/v1/targets")["data"]["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        (usage,) = values(server, 'vllm:kv_cache_usage_perc{model_name="other/model"}')
        assert 0.9 < usage <= 1
        tokens = "increase(vllm:generation_tokens_total[30s])"
        assert eventual_values(server, f"{tokens} > 0")[0] > 0
        assert values(server, "resets(vllm:generation_tokens_total[1m])") == [0.0]


def test_alertmanager_delivers_an_alert(alertmanager_factory: ServerFactory, tmp_path: Path) -> None:
    with receiving() as webhook:
        settings = yaml.safe_load(alertmanager_settings(tmp_path, webhook.url, webhook.url).read_text())
        server = alertmanager_factory(settings)
        alert = {"labels": {"alertname": "Posted", "severity": "page"}, "annotations": {"summary": "by hand"}}
        body = json.dumps([alert]).encode()
        request = urllib.request.Request(f"{server.url}/api/v2/alerts", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=5).close()
        notification = webhook.wait_for("Posted", DEADLINE_SECONDS)
    assert notification.labels == {"alertname": "Posted", "severity": "page"}
    assert notification.annotations == {"summary": "by hand"}


def test_rule_that_fires_in_prometheus_reaches_the_webhook(
    prometheus_factory: ServerFactory, alertmanager_factory: ServerFactory, tmp_path: Path
) -> None:
    """The demo's own settings carry an alert from a rule file through Prometheus and Alertmanager."""
    (tmp_path / "build" / "alerts").mkdir(parents=True)
    rule = {"alert": "Always", "expr": "vector(1)", "for": "8s"}
    rules = {"groups": [{"name": "g", "interval": "1s", "rules": [rule]}]}
    (tmp_path / "build" / "alerts" / "always.yaml").write_text(yaml.safe_dump(rules))
    with receiving() as webhook:
        alerts = alertmanager_factory(
            yaml.safe_load(alertmanager_settings(tmp_path, webhook.url, webhook.url).read_text())
        )
        file = prometheus_settings(tmp_path, tmp_path / "build", {"vllm": [alerts.url]}, alerts.url)
        assert promtool.check_config(file) == []
        prometheus_factory(yaml.safe_load(file.read_text()))
        assert webhook.wait_for("Always", ALERT_DEADLINE_SECONDS).status == "firing"
