"""From content to bundle to files: policies, identities, and the same bytes always."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import promql_parser
import pytest
import yaml

from deploy import content
from glassbox.compile.compiler import compile_bundle
from glassbox.compile.dashboard_json import _lead_to
from glassbox.compile.outputs import render, write_bundle
from glassbox.errors import GlassboxError
from glassbox.query.measures import BLOCK_SECONDS
from glassbox.query.rules import RecordGroup
from glassbox.settings.model import GrafanaTarget, Jobs, Settings, Thresholds
from recording_rules import engine, requests, workload
from tests.support.ours import our_alert_groups, our_bundle, our_record_groups
from tests.support.own_targets import own_targets

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = our_bundle()
RECORDS = [record for group in our_record_groups() for record in group.records]


def rules(files):
    return [rule for file in files.values() for group in file["groups"] for rule in group["rules"]]


def visible_files(folder):
    return [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")]


def test_the_same_bytes_whatever_the_hash_seed_locale_and_time_zone(tmp_path):
    written = []
    for seed, locale, zone in (
        ("0", "C", "UTC"),
        ("1", "C.UTF-8", "Asia/Shanghai"),
        ("4711", "POSIX", "America/New_York"),
    ):
        out = tmp_path / seed
        environment = os.environ | {"PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone}
        subprocess.run(
            [sys.executable, "deploy.py", "build", "--out", str(out)],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
        )
        written.append({str(file.relative_to(out)): file.read_bytes() for file in visible_files(out)})
    assert written[0] == written[1] == written[2]
    assert len(written[0]) == len(render(BUNDLE))


def test_a_second_build_removes_what_the_first_left_behind(tmp_path):
    write_bundle(BUNDLE, tmp_path)
    (tmp_path / "dashboards" / "gone.json").write_text("{}")
    files = write_bundle(BUNDLE, tmp_path)
    assert sorted(visible_files(tmp_path)) == files


@pytest.mark.parametrize("name", ["dashboards", "alerts"])
def test_a_folder_of_somebody_else_is_not_replaced(tmp_path, name):
    """Such as `--out .` in the checkout itself."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "content.py").write_text("ALL = ()")
    with pytest.raises(GlassboxError, match=f"has a {name} that this tool did not write: choose another with --out"):
        write_bundle(BUNDLE, tmp_path)
    assert (tmp_path / name / "content.py").read_text() == "ALL = ()"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_a_build_that_fails_half_way_leaves_what_was_there(tmp_path, monkeypatch):
    write_bundle(BUNDLE, tmp_path)
    before = {file: file.read_bytes() for file in visible_files(tmp_path)}
    rename = Path.rename

    def fails_for_the_last(self, target):
        if Path(target) == tmp_path / "grafana" and self.parent.name != "old":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_the_last)
    with pytest.raises(GlassboxError, match="No space left on device"):
        write_bundle(our_bundle(Settings(evaluation_interval_seconds=60)), tmp_path)
    assert {file: file.read_bytes() for file in visible_files(tmp_path)} == before


def test_an_output_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GlassboxError, match=r"cannot be written .*choose another with --out"):
        write_bundle(BUNDLE, tmp_path / "file")


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_a_recorded_series_is_named_by_level_metric_and_operation(record):
    window = r"(\d+[mhd]|_period)"
    statistics = "rate|sum|max|avg|mean|median|count|min|group|bool|code|ratio|last"
    levels = "model|served|endpoint|engine|gpu|gpus|job|place|instance|target|slo|window"
    operation = rf"(max_)?({statistics}){window}?"
    assert re.fullmatch(rf"({levels}):[a-z_0-9]+:{operation}", record.name)
    assert record.help
    level = record.name.partition(":")[0]
    label = {"model": "job", "served": "job", "target": "instance", "place": "job"}.get(level, level)
    # GPUs together have the labels that the settings choose, or none.
    assert level == "gpus" or label in record.all_labels


@pytest.mark.parametrize(
    "rule", rules(BUNDLE.recording_rules) + rules(BUNDLE.alerts), ids=lambda rule: rule.get("record") or rule["alert"]
)
def test_every_rule_parses(rule):
    assert promql_parser.parse(rule["expr"])


def test_names_that_strangers_share_are_read_from_the_service_jobs():
    """Or from every job on purpose, and then only as the partner of our own series of the same target; or from all others."""
    shared = re.compile(
        r"(?<![\w:])(up|http_requests_total|http_requests_inprogress|http_request_duration_seconds\w*)(\{[^}]*\})?"
    )
    for rule in rules(BUNDLE.recording_rules) + rules(BUNDLE.alerts):
        for _, matchers in shared.findall(rule["expr"]):
            if matchers.startswith('{job=~".+"'):
                partner = r"(and on \(job, instance\)|unless on \(job(, instance(, pod)?)?\))"
                assert re.search(partner + r' \(?(max_over_time\()?up{job=~"\.\+"', rule["expr"])
            elif rule.get("alert") == "MonitoringJobUnlisted":
                assert 'job!~"hunyuanocr|vllm"' in matchers, rule["expr"]
            elif matchers == '{job!~"hunyuanocr|vllm"}':
                assert f"up{matchers} == 0 and on (job, instance) (last_over_time(gpu:" in rule["expr"]
            else:
                assert 'job=~"hunyuanocr|vllm"' in matchers, rule["expr"]


def test_the_queries_that_are_kept_are_those_that_are_written():
    """What lint and links read of a bundle is what Prometheus and Grafana read."""
    boards = BUNDLE.dashboards.values()
    written = [rule["expr"] for rule in rules(BUNDLE.recording_rules) + rules(BUNDLE.alerts)]
    written += [target["expr"] for board in boards for panel in board["panels"] for target in own_targets(panel)]
    written += [note["expr"] for board in boards for note in board["annotations"]["list"] if "expr" in note]
    assert sorted(str(query.expr) for query in BUNDLE.content.queries) == sorted(written)
    assert len(written) > 300


def test_jobs_and_thresholds_come_from_the_settings():
    settings = Settings(jobs=Jobs(services=("ocr",), expected=("ocr",)), thresholds=Thresholds(qps_low=2.5))
    bundle = our_bundle(settings)
    by_name = {rule["alert"]: rule for rule in rules(bundle.alerts)}
    assert by_name["InferenceQPSLow"]["expr"].endswith("< 2.5")
    assert 'target:inference_down:code{job="ocr"}' in by_name["InferenceInstanceDown"]["expr"]
    assert 'absent(up{job="ocr"})' in by_name["InferenceNoCapacity"]["expr"]


def test_a_fleet_that_is_scaled_to_zero_as_a_whole_is_valid_and_reads_nothing():
    bundle = our_bundle(Settings(jobs=Jobs(services=("ocr",), replicas={"ocr": 0})))
    by_name = {rule["alert"]: rule["expr"] for rule in rules(bundle.alerts)}
    assert 'job=""' in by_name["InferenceInstanceDown"]
    assert all(promql_parser.parse(expr) for expr in by_name.values())


def test_links_lead_to_the_boards_of_the_same_installation():
    bundle = our_bundle(Settings(grafana=GrafanaTarget(folder_uid="staging")))
    assert all(uid.startswith("staging-") for uid in bundle.dashboards)
    leads = set(re.findall(r'"/d/([\w-]+)\?', json.dumps(list(bundle.dashboards.values()))))
    assert leads and leads <= set(bundle.dashboards)


def test_a_link_to_no_board_is_refused():
    with pytest.raises(GlassboxError, match="A link leads to the dashboard 'gone', which does not exist"):
        _lead_to({"here": "f-here"}, [{"url": "/d/here?a=b"}, {"url": "/d/gone?a=b"}])


def test_a_panel_leads_to_the_runbooks_of_its_alerts_and_to_the_next_board():
    bundle = our_bundle(Settings(runbook_base_url="https://example.org/r"))
    panels = {panel["title"]: panel for panel in bundle.dashboards["glassbox-inference-overview"]["panels"]}
    # The alert leads to this panel, and the other one's text names it.
    for title in ("QPS", "QPS now"):
        assert panels[title]["links"] == [
            {
                "title": "Runbook InferenceQPSLow",
                "url": "https://example.org/r/InferenceQPSLow.md",
                "targetBlank": True,
            },
            {
                "title": "What to do about it",
                "url": "/d/glassbox-capacity-and-diagnosis?${__url_time_range}&${__all_variables}",
            },
        ]
    without = {panel["title"]: panel for panel in BUNDLE.dashboards["glassbox-inference-overview"]["panels"]}
    assert [link["title"] for link in without["QPS"]["links"]] == ["What to do about it"]


def test_three_evaluations_in_a_row_whatever_the_interval():
    for interval_seconds in (10, 30, 60):
        bundle = our_bundle(Settings(evaluation_interval_seconds=interval_seconds))
        group = bundle.alerts["inference-service.yaml"]["groups"][0]
        rule = next(rule for rule in group["rules"] if rule["alert"] == "InferenceQPSLow")
        assert (group["interval"], rule["for"]) == (f"{interval_seconds}s", f"{2 * interval_seconds}s")


def test_a_latency_threshold_that_is_no_bucket_is_refused_with_the_buckets():
    message = r"^Setting thresholds.latency_high_seconds: 7 is not a bucket of .*; its buckets are 0.3, 0.5"
    with pytest.raises(GlassboxError, match=message):
        our_bundle(Settings(thresholds=Thresholds(latency_high_seconds=7)))


def test_every_alert_has_severity_summary_description_and_runbook():
    for rule in rules(BUNDLE.alerts):
        assert rule["labels"]["severity"] in ("page", "ticket", "report", "heartbeat")
        assert rule["annotations"]["summary"] and rule["annotations"]["description"].endswith((".", "{{ end }}"))
        assert rule["annotations"]["runbook"] == f"alerts/runbooks/{rule['alert']}.md"
        assert "$value" not in str(rule["labels"])
    with_url = rules(our_bundle(Settings(runbook_base_url="https://example.org/r/")).alerts)
    assert with_url[0]["annotations"]["runbook_url"] == f"https://example.org/r/{with_url[0]['alert']}.md"


def test_a_panel_links_the_runbook_it_names_where_its_address_is_known():
    def why(settings):
        panels = our_bundle(settings).dashboards["glassbox-cost-and-energy"]["panels"]
        return next(panel["description"] for panel in panels if panel["title"] == "GPUs")

    assert "raises GPUIdleButPaid." in why(Settings())
    with_url = why(Settings(runbook_base_url="https://example.org/r/"))
    assert "raises [GPUIdleButPaid](https://example.org/r/GPUIdleButPaid.md)." in with_url


def test_two_alerts_of_one_name_are_refused():
    groups = our_alert_groups()
    twice = replace(content(), alerts=lambda _settings: (*groups, groups[0]))
    with pytest.raises(GlassboxError, match=f"Two definitions of the alert '{groups[0].alerts[0].name}'"):
        compile_bundle(twice, Settings())


def test_two_rule_groups_of_one_name_are_refused_even_across_records_and_alerts():
    groups = (*our_record_groups(), RecordGroup("inference-engine"))
    twice = replace(content(), recording_rules=lambda _settings: groups)
    with pytest.raises(GlassboxError, match="Two definitions of the rule group 'inference-engine'"):
        compile_bundle(twice, Settings())


GROUPS = BUNDLE.grafana_groups


def test_grafana_gets_every_alert_but_heartbeats_in_a_group_of_the_same_name_and_interval():
    pushed = {(group["title"], rule["title"]) for group in GROUPS for rule in group["rules"]}
    written = {
        (group["name"], rule["alert"])
        for file in BUNDLE.alerts.values()
        for group in file["groups"]
        for rule in group["rules"]
    }
    assert written - pushed == {("monitoring", "Watchdog")}
    assert pushed <= written
    assert {group["interval"] for group in GROUPS} == {30}


@pytest.mark.parametrize("rule", [rule for group in GROUPS for rule in group["rules"]], ids=lambda rule: rule["title"])
def test_a_grafana_rule_means_what_the_prometheus_rule_means(rule):
    source = next(each for each in rules(BUNDLE.alerts) if each["alert"] == rule["title"])
    query, math, threshold = rule["data"]
    assert query["model"]["expr"] == source["expr"]
    assert query["model"]["instant"] is True and query["relativeTimeRange"] == {"from": 600, "to": 0}
    assert math["model"]["expression"] == "is_number($query) || is_nan($query) || is_inf($query)"
    assert threshold["model"]["conditions"] == [{"evaluator": {"params": [0], "type": "gt"}}]
    assert rule["condition"] == threshold["refId"] == "threshold"
    assert (rule["for"], rule["labels"]) == (source["for"], source["labels"])
    assert (rule["noDataState"], rule["execErrState"], rule["missingSeriesEvalsToResolve"]) == ("OK", "KeepLast", 1)
    assert "$value" not in str(rule["annotations"]).replace("$values.query.Value", "")


@pytest.mark.parametrize("node", [node for group in GROUPS for rule in group["rules"] for node in rule["data"]])
def test_a_model_is_sent_as_grafana_stores_it_so_that_nothing_changes_on_a_second_push(node):
    assert list(node["model"]) == sorted(node["model"])
    assert (node["model"]["intervalMs"], node["model"]["maxDataPoints"]) == (1000, 43200)


def test_rule_uids_come_from_names_and_fit():
    uids = [rule["uid"] for group in GROUPS for rule in group["rules"]]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"glassbox-[a-zA-Z0-9_-]{1,31}", uid) for uid in uids)
    assert "glassbox-InferenceKVCacheNearlyFull" in uids


def test_a_value_in_a_template_is_rewritten_for_every_grafana():
    rule = next(rule for group in GROUPS for rule in group["rules"] if rule["title"] == "InferenceKVCacheNearlyFull")
    assert "{{ $values.query.Value | humanizePercentage }}" in rule["annotations"]["description"]


def test_written_yaml_is_what_was_compiled(tmp_path):
    write_bundle(BUNDLE, tmp_path)
    for name, compiled in BUNDLE.alerts.items():
        assert yaml.safe_load((tmp_path / "alerts" / name).read_text()) == compiled


def test_what_is_recorded_rarely_is_read_by_no_rule_and_within_a_block_of_a_baseline():
    (rare,) = (group for group in our_record_groups() if group.name == "distributions")
    queries = [rule["expr"] for rule in rules(BUNDLE.recording_rules) + rules(BUNDLE.alerts)]
    read = {record.name for record in rare.records if any(record.name in query for query in queries)}
    # Only for whether they have a bucket, which is a fact of the model's server.
    assert read == {
        each.bucket.name for each in (requests.DURATION, engine.TIME_TO_FIRST_TOKEN, workload.TIME_PER_OUTPUT_TOKEN)
    }
    assert 2 * Settings().rare_interval_seconds < BLOCK_SECONDS
