"""Which bounds are buckets: the catalogue's, or an installation's own."""

import re

import pytest

from glassbox.errors import GlassboxError
from glassbox.metrics import service, vllm
from glassbox.query.buckets import SETTING, bound_text, buckets_of
from glassbox.query.promql import at_most
from glassbox.query.selectors import QueryError
from glassbox.query.slo import Slo
from glassbox.settings.loading import load_settings
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, requests
from tests.support.ours import our_bundle

E2E, HTTP, TTFT = (
    "vllm:e2e_request_latency_seconds",
    "http_request_duration_seconds",
    "vllm:time_to_first_token_seconds",
)


def with_buckets(latency_high_seconds, slos=(), **custom):
    names = {"e2e": E2E, "http": HTTP, "ttft": TTFT}
    thresholds = Thresholds(latency_high_seconds=latency_high_seconds)
    buckets = {names[key]: bounds for key, bounds in custom.items()}
    return Settings(thresholds=thresholds, slos=slos, histogram_buckets=buckets)


def first_token(threshold_seconds):
    return (Slo(name="a", indicator="time_to_first_token", objective_ratio=0.95, threshold_seconds=threshold_seconds),)


def expressions(settings):
    bundle = our_bundle(settings)
    files = (*bundle.recording_rules.values(), *bundle.alerts.values())
    return [rule["expr"] for file in files for group in file["groups"] for rule in group["rules"]]


def test_a_series_of_two_histograms_has_the_buckets_they_share():
    assert requests.DURATION.bucket.histogram_names == (E2E, HTTP)
    assert buckets_of(requests.DURATION.bucket.histogram_names, {}).bounds == vllm.REQUEST_SECONDS
    assert buckets_of((HTTP,), {}).bounds == service.DURATION_SECONDS
    assert buckets_of((E2E, HTTP), {E2E: (0.1, 1, 3)}).bounds == (0.1, 1)


def test_a_former_name_has_the_buckets_of_todays():
    former = "vllm:time_per_output_token_seconds"
    assert engine.INTER_TOKEN_LATENCY.bucket.histogram_names == ("vllm:inter_token_latency_seconds", former)
    assert buckets_of((former,), {"vllm:inter_token_latency_seconds": (1, 2)}).bounds == (1, 2)


@pytest.mark.parametrize(("bound", "text"), [(10, "10.0"), (0.3, "0.3"), (2.5, "2.5"), (0.001, "0.001")])
def test_a_bound_is_written_as_servers_write_it(bound, text):
    assert bound_text(bound) == text


def test_a_threshold_in_the_custom_grid_is_accepted_and_asked_for():
    settings = with_buckets(3, first_token(0.7), e2e=(1, 3, 9), http=(1, 3, 9), ttft=(0.7, 1.4))
    asked = expressions(settings)
    recorded = "model:inference_time_to_first_token_seconds_bucket:rate5m"
    for bucket, bound in ((f"{E2E}_bucket", '=~"3([.]0)?"'), (f"{HTTP}_bucket", '=~"3([.]0)?"'), (recorded, '="0.7"')):
        read = re.compile(rf"{bucket}\{{[^}}]*le{re.escape(bound)}")
        assert any(read.search(expr) for expr in asked)


REFUSED = {
    "only in the default grid": (
        lambda: our_bundle(with_buckets(10, e2e=(1, 3, 9), http=(1, 3, 9))),
        r"^Setting thresholds\.latency_high_seconds: 10 is not a bucket of \S+; its buckets are 1, 3, 9 common to "
        rf"{E2E} and {HTTP}, as the setting {SETTING} says\.$",
    ),
    "in one of two custom grids": (
        lambda: our_bundle(with_buckets(3, e2e=(1, 3, 9))),
        r"3 is not a bucket of .*; its buckets are 1 common to .*, as the setting histogram_buckets says\.$",
    ),
    "of an objective, only in the default grid": (
        lambda: our_bundle(with_buckets(10, first_token(2.5), ttft=(0.7, 1.4))),
        r"^Setting slos, entry 'a', threshold_seconds: 2\.5 is not a bucket of .*; its buckets are 0\.7, 1\.4, as the setting histogram_buckets says\.$",
    ),
    "in no grid": (
        lambda: our_bundle(with_buckets(7)),
        r"7 is not a bucket of .*0\.3, 0\.5, .*, unless the setting histogram_buckets names others\.$",
    ),
    "not even a histogram": (
        lambda: at_most(1, vllm.NUM_REQUESTS_RUNNING),
        r"^1 is not a bucket of vllm:num_requests_running; its buckets are none",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_threshold_that_is_no_bucket_is_refused_with_the_setting_that_says_so(case):
    build, message = REFUSED[case]
    with pytest.raises((GlassboxError, QueryError), match=message):
        build()


def test_the_settings_file_names_the_histogram_and_its_bounds(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(f'histogram_buckets: {{"{TTFT}": [0.05, 0.7, 1]}}')
    assert buckets_of((TTFT,), load_settings(file).histogram_buckets).bounds == (0.05, 0.7, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{vllm:time_to_first_token: [1]}",
            r"'vllm:time_to_first_token' is not a histogram that is read here; use one of .*http_request_duration_seconds, .*vllm:e2e",
        ),
        (f"{{'{TTFT}': [1, 1]}}", rf"{TTFT}: the bounds must ascend"),
        (f"{{'{TTFT}': [2, 1]}}", rf"{TTFT}: the bounds must ascend"),
        (f"{{'{TTFT}': []}}", r"needs at least 1 entry"),
        (f"{{'{TTFT}': [1, .inf]}}", r"must be a finite number, not inf"),
        (f"{{'{TTFT}': 1}}", r"must be a list, such as \[a, b\], not 1"),
    ],
)
def test_wrong_buckets_are_refused_in_one_sentence(tmp_path, text, message):
    file = tmp_path / "settings.yaml"
    file.write_text(f"histogram_buckets: {text}")
    with pytest.raises(GlassboxError, match=message) as caught:
        load_settings(file)
    assert "\n" not in str(caught.value)
