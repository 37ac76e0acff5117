"""Models and jobs with signs that mean something in an address, a regular expression or PromQL."""

from pathlib import Path

import pytest
import yaml

from glassbox.compile.bundle import Json
from glassbox.prometheus import promtool
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Jobs, Settings
from tests.support.ours import our_bundle

MODEL = "a+b&c#d%e"
JOBS = ('a(b)|c"d', "vllm.[x]*", "$job", "{{ .x }}", r"back\slash^", "日本 ?", "b")


def _assert_holds(test: Json, folder: Path, rules: Json | None = None) -> None:
    ensure_components()
    content: Json = {"tests": [test]}
    if rules:
        (folder / "rules.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
        content["rule_files"] = ["rules.yml"]
    file = folder / "names.test.yml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    result = promtool.test_rules([file])
    assert result.passed, "\n".join(result.problems)


def _series(name: str, **labels: str) -> str:
    return f"{name}{{{','.join(f'{label}={_quoted(value)}' for label, value in labels.items())}}}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize("job", JOBS)
def test_a_compiled_rule_reads_the_job_of_this_name_and_no_other(job: str, tmp_path: Path) -> None:
    """`a(b)|c"d` unescaped would match `ab`; the rule on `up` is one of those that read service jobs alone."""
    bundle = our_bundle(Settings(jobs=Jobs(services=JOBS)))
    (count,) = [
        rule["expr"]
        for file in bundle.recording_rules.values()
        for group in file["groups"]
        for rule in group["rules"]
        if rule["record"] == "job:inference_targets:count"
    ]
    others = ("ab", "vllm.xx", "vllm_x", "job", "c", "a(b)")
    inputs = [_series("up", job=each, instance="i:1") for each in (job, *others)]
    _assert_holds(
        {
            "interval": "30s",
            "input_series": [{"series": each, "values": "1x20"} for each in inputs],
            "promql_expr_test": [
                {
                    "expr": count,
                    "eval_time": "5m",
                    "exp_samples": [{"labels": _series("", job=job), "value": 1}],
                }
            ],
        },
        tmp_path,
    )


def test_every_rule_file_of_such_jobs_is_one_for_prometheus(tmp_path: Path) -> None:
    ensure_components()
    jobs = Jobs(
        services=JOBS, expected=JOBS[:1], replicas={JOBS[2]: 0, JOBS[3]: 2}, capacity_requests_per_second={JOBS[1]: 2}
    )
    bundle = our_bundle(Settings(jobs=jobs))
    for name, content in (bundle.recording_rules | bundle.alerts).items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    assert promtool.check_rules(sorted(tmp_path.iterdir())) == []


def test_the_link_of_an_alert_carries_the_model_and_the_job_as_they_are_called(tmp_path: Path) -> None:
    """As Prometheus writes it into the annotation: everything that ends or splits a value is encoded."""
    bundle = our_bundle(Settings(jobs=Jobs(services=JOBS)))
    (rule,) = [
        rule
        for file in bundle.alerts.values()
        for group in file["groups"]
        for rule in group["rules"]
        if rule["alert"] == "InferenceKVCacheNearlyFull"
    ]
    path = rule["annotations"]["dashboard"].partition("{{")[0]
    shortened = rule | {"annotations": {"dashboard": rule["annotations"]["dashboard"]}}
    labels = {"job": JOBS[0], "model_name": MODEL}
    expected = {
        "exp_labels": rule["labels"] | labels,
        "exp_annotations": {"dashboard": f"{path}&var-job=a%28b%29%7Cc%22d&var-model=a%2Bb%26c%23d%25e"},
    }
    test = {
        "interval": "30s",
        "input_series": [
            {"series": _series("model:inference_kv_cache_usage_ratio:max_min1m", **labels), "values": "0.93x120"}
        ],
        "alert_rule_test": [{"eval_time": "55m", "alertname": rule["alert"], "exp_alerts": [expected]}],
    }
    _assert_holds(test, tmp_path, {"groups": [{"name": "g", "rules": [shortened]}]})
