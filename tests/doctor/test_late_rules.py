"""Groups of our rules that are evaluated too slowly, too late, or not at every interval."""

import time
from datetime import UTC, datetime
from functools import cache

import pytest
import yaml

from glassbox.doctor.late_rules import late_rules
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.prometheus.api import Prometheus
from glassbox.servers.processes import prometheus
from tests.support.ours import our_bundle
from tests.support.waiting import eventually

MISSED = "prometheus_rule_group_iterations_missed_total"
bundle = cache(our_bundle)
RULE = {"name": "InferenceQPSLow", "query": "up"}


def listed(**group):
    return {"groups": [{"name": "requests", "interval": 30, "rules": [RULE], **group}]}


def said(client, answer, held=frozenset()):
    return [f"{each.about} {each.problem}" for each in late_rules(client, bundle(), answer, held)]


def ago(seconds):
    """As Go writes it, with nanoseconds."""
    moment = datetime.fromtimestamp(time.time() - seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.123456789Z"


def test_a_group_that_takes_longer_than_its_interval_is_named(components, tmp_path):
    """Hundreds of rules are not evaluated within a millisecond."""
    rules = [{"record": "job:inference_targets:count", "expr": "count by (job) (up)"}, {"alert": "InferenceQPSLow", "expr": "up == 0"}]  # fmt: skip
    groups = [{"name": "targets", "interval": "1ms", "rules": rules * 200}, {"name": "calm", "rules": rules}]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    config = tmp_path / "prometheus.yml"
    config.write_text(yaml.safe_dump({"rule_files": [str(tmp_path / "rules.yml")]}), encoding="utf-8")
    bundle()
    with prometheus(config, folder=tmp_path) as server, Prometheus(server.url) as client:
        found = []
        # The last evaluation of all may have been a quick one.
        assert eventually(lambda: found.extend(said(client, client.about("rules"))) or found, timeout_seconds=60)
        sentence = found[0]
    assert sentence.startswith("Our rules take longer than their interval in the group targets (")
    assert sentence.endswith(" s of 0.001 s)")


@pytest.mark.parametrize(
    ("group", "sentences"),
    [
        ({"evaluationTime": 0.2, "lastEvaluation": 29}, []),
        ({"evaluationTime": 0.2, "lastEvaluation": 100}, []),
        ({"lastEvaluation": 600}, ["Our rules have not been evaluated for 10 minutes in the group requests"]),
        ({"lastEvaluation": "0001-01-01T00:00:00Z"}, []),
        ({"lastEvaluation": "soon", "evaluationTime": "long", "interval": None}, []),
        ({"evaluationTime": 45.1, "lastEvaluation": 29}, ["Our rules take longer than their interval in the group requests (45 s of 30 s)"]),
        ({"evaluationTime": 45.1, "rules": [{"name": "Other", "query": "up"}]}, []),
    ],
)  # fmt: skip  # one case is one line
def test_when_a_group_is_late(group, sentences):
    if isinstance(seconds := group.get("lastEvaluation"), int):
        group = {**group, "lastEvaluation": ago(seconds)}
    with Prometheus("http://127.0.0.1:9") as client:
        assert said(client, listed(**group)) == sentences


def test_missed_evaluations_are_those_of_our_groups_within_an_hour(components, tmp_path):
    now = int(time.time())
    moments = [moment * 1000 for moment in range(now - 3600, now, 15)]
    with own_prometheus(tmp_path / "data") as server, Prometheus(server.url) as client:
        for group, last in (("/rules/a.yaml;requests", 12), ("/rules/b.yaml;other", 12), ("/rules/c.yaml;slo", 0)):
            values = [0.0] * (len(moments) // 2) + [float(last)] * (len(moments) - len(moments) // 2)
            write(
                server.url, [Samples({"__name__": MISSED, "job": "prometheus", "rule_group": group}, moments, values)]
            )
        answer = {"groups": [{"name": name, "rules": [RULE]} for name in ("requests", "slo")]}
        found = said(client, answer, frozenset({MISSED}))
        assert said(client, answer) == [], "where the server does not scrape itself, nothing is asked"
    assert found == ["Our rules missed up to 12 evaluations within 1 hour in the group requests"]
