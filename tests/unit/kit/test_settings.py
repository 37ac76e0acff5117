"""Settings: defaults without a file, friendly refusals with one."""

import dataclasses
import json

import pytest

from kit.errors import GlassboxError
from kit.settings import SCHEMA_FILE, Cost, Jobs, Settings, load_settings


def written(tmp_path, text):
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_the_defaults():
    assert load_settings(None) == Settings()


@pytest.mark.parametrize("text", ["", "{}", "# nothing yet\n"])
def test_an_empty_file_means_the_defaults(tmp_path, text):
    assert load_settings(written(tmp_path, text)) == Settings()


def test_given_values_win_and_the_rest_stay(tmp_path):
    text = "jobs: {services: [ocr], expected: [ocr]}\nthresholds: {qps_low: 2.5}\ngrafana: {data_source: prom}\n"
    settings = load_settings(written(tmp_path, text))
    assert settings.jobs == Jobs(services=("ocr",), expected=("ocr",))
    assert settings.thresholds.qps_low == 2.5
    assert settings.thresholds.kv_cache_high_ratio == 0.9
    assert settings.grafana.data_source == "prom"
    assert settings.grafana.folder_uid == "glassbox"


REFUSED = {
    "threshold: {}": "unknown key 'threshold'; the keys are cost, evaluation_interval_seconds, gpu, grafana, histogram_buckets, jobs, owners, runbook_base_url, slo_period_days, slos, thresholds",
    "thresholds: {qps_lo: 1}": "thresholds: unknown key 'qps_lo'",
    "thresholds: {qps_low: many}": "thresholds.qps_low: 'many' should be a value of type number",
    "thresholds: {kv_cache_high_ratio: 90}": "thresholds.kv_cache_high_ratio: 90 is greater than or equal to",
    "evaluation_interval_seconds: 15": "evaluation_interval_seconds: 15 is not a multiple of 10",
    "jobs: {services: []}": r"jobs.services: \[\] should be non-empty",
    "jobs: {services: ['a|b']}": "jobs.services.0: 'a|b' does not match",
    "[1, 2]": "must hold keys and values, not a list",
    "a: [": "is not valid YAML at line",
    "grafana: {folder_uid: a}\ngrafana: {}": "is not valid YAML at line 2: correct its syntax; no key may occur twice",
    "thresholds: {qps_low: .nan}": "thresholds.qps_low: nan should be a value of type number",
    "thresholds: {qps_low: .inf}": "thresholds.qps_low: inf should be a value of type number",
    "runbook_base_url: 2024-13-45": "is not valid YAML",
    "a: !!int abc": "is not valid YAML",
    "{1: a, b: c}": "unknown key '1'; the keys are",
    f"a: {'[' * 5000}": "is not valid YAML",
    "thresholds: {qps_lo: 1, qps_low: 2}": "thresholds: unknown key 'qps_lo'",
    "thresholds: {tokens_low_per_second: 0}": "thresholds.tokens_low_per_second: 0 is less than or equal to the minimum of 0",
    "cost: {currency: usd}": r"cost.currency: 'usd' is not one of \['BRL', 'CHF', 'CNY'",
    "cost: {currency: IDR}": "cost.currency: 'IDR' is not one of",
    "cost: {gpu_price_per_hour: -1}": "cost.gpu_price_per_hour: -1 is less than the minimum of 0",
    "cost: {gpu_price_per_hour: 2 USD}": "cost.gpu_price_per_hour: '2 USD' should be a value of type number",
    "cost: {gpu_prices_per_hour: {NVIDIA L4: .nan}}": "cost.gpu_prices_per_hour.NVIDIA L4: nan should be a value of type number",
    "cost: {gpu_prices_per_hour: {NVIDIA L4: cheap}}": "cost.gpu_prices_per_hour.NVIDIA L4: 'cheap' should be a value of type number",
    "cost: {gpu_prices_per_hour: {4090: 0.5}}": "cost.gpu_prices_per_hour: 4090 should be a value of type string",
    "cost: {gpu_prices_per_hour: [0.5]}": r"cost.gpu_prices_per_hour: \[0.5\] should be a value of type object",
    "cost: {pages_per_request: 0}": "cost.pages_per_request: 0 is less than or equal to the minimum of 0",
    "jobs: {expected: [vlm]}": "jobs.expected: 'vlm' is not among jobs.services; add it there",
    "jobs: {replicas: {vlm: 1}}": "jobs.replicas: 'vlm' is not among jobs.services; add it there",
    "jobs: {replicas: {vllm: -1}}": "jobs.replicas.vllm: -1 is less than the minimum of 0",
    "jobs: {replicas: {vllm: 0}, expected: [vllm]}": "jobs.expected: 'vllm' has 0 replicas in jobs.replicas; name it in one of the two",
    "owners: {gpu: '{{ x }}'}": "owners.gpu: '{{ x }}' does not match",
    "grafana: {url: grafana.example.com}": "grafana.url: 'grafana.example.com' does not match",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(GlassboxError, match=REFUSED[text].replace("|", r"\|")) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_whole_number_may_be_written_with_a_point(tmp_path):
    settings = load_settings(written(tmp_path, "thresholds: {down_seconds: 90.0}\nevaluation_interval_seconds: 20.0\n"))
    assert str(settings.thresholds.down_seconds) == "90"
    assert str(settings.evaluation_interval_seconds) == "20"


def test_prices_by_model_keep_the_order_of_the_file(tmp_path):
    text = "cost: {currency: CNY, gpu_price_per_hour: 0, gpu_prices_per_hour: {NVIDIA L4: 0.8, NVIDIA H100 NVL: 3}}\n"
    cost = load_settings(written(tmp_path, text)).cost
    assert cost == Cost("CNY", 0, {"NVIDIA L4": 0.8, "NVIDIA H100 NVL": 3}, pages_per_request=1)
    assert list(cost.gpu_prices_per_hour) == ["NVIDIA L4", "NVIDIA H100 NVL"]


def test_a_runbook_has_an_address_where_its_base_is_known():
    assert Settings().runbook_url("Watchdog") == ""
    assert Settings(runbook_base_url="https://e.org/r/").runbook_url("Watchdog") == "https://e.org/r/Watchdog.md"


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(GlassboxError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml")


def test_the_schema_knows_exactly_the_fields_there_are():
    def names(schema):
        return {key: names(value) for key, value in schema.get("properties", {}).items()}

    def fields(value):
        if not dataclasses.is_dataclass(value):
            return {}
        return {field.name: fields(getattr(value, field.name)) for field in dataclasses.fields(value)}

    assert names(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))) == fields(Settings())


def test_a_dot_in_a_job_name_is_no_wildcard():
    assert Jobs(services=("a.b", "c")).services_regex == r"a\.b|c"


def test_wanted_replicas_make_a_job_required_and_none_take_it_out():
    jobs = Jobs(services=("a.b", "c", "d", "e"), expected=("c",), replicas={"a.b": 2, "d": 0})
    assert jobs.required == ("a.b", "c")
    assert jobs.wanted_regex == r"a\.b|c|e"
    assert jobs.services_regex == r"a\.b|c|d|e"
