import itertools
import re
import urllib.error
import urllib.request
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from demo.captured_series import GROWING_TYPES
from demo.captures import EXPOSITIONS_DIR, Capture, find_capture
from demo.replay import Replay, main, replaying
from demo.server_life import Stretch
from glassbox.errors import GlassboxError

SPAN_SECONDS = 10.0
FIRST = """\
# HELP tokens_total Tokens.
# TYPE tokens_total counter
tokens_total{model_name="m"} 100.0
# HELP cpu_seconds_total CPU.
# TYPE cpu_seconds_total counter
cpu_seconds_total 1.5
# HELP waiting Queue.
# TYPE waiting gauge
waiting{model_name="m"} 4.0
# HELP wait_seconds Wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1.0",model_name="m"} 2.0
wait_seconds_bucket{le="+Inf",model_name="m"} 3.0
wait_seconds_count{model_name="m"} 3.0
wait_seconds_sum{model_name="m"} 4.25
"""
SECOND = """\
# HELP tokens_total Tokens.
# TYPE tokens_total counter
tokens_total{model_name="m"} 105.0
tokens_total{engine="1",model_name="m"} 20.0
# HELP cpu_seconds_total CPU.
# TYPE cpu_seconds_total counter
cpu_seconds_total 2.0
# HELP waiting Queue.
# TYPE waiting gauge
waiting{model_name="m"} 9.0
# HELP wait_seconds Wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1.0",model_name="m"} 3.0
wait_seconds_bucket{le="+Inf",model_name="m"} 8.0
wait_seconds_count{model_name="m"} 8.0
wait_seconds_sum{model_name="m"} 14.25
"""

Series = dict[tuple[str, str], float]


@pytest.fixture
def capture(tmp_path: Path) -> Capture:
    first, second = tmp_path / "first.prom", tmp_path / "second.prom"
    first.write_text(FIRST, encoding="utf-8")
    second.write_text(SECOND, encoding="utf-8")
    return Capture(first, second, SPAN_SECONDS)


def series_at(replay: Replay, seconds: float) -> Series:
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in replay.families(seconds)
        for sample in family.samples
    }


@pytest.mark.parametrize(("seconds", "value"), [(0, 100), (1.9, 100), (2, 101), (10, 105), (20, 110), (36_000, 18_100)])
def test_whole_counter_is_exact_and_rounded_down(capture: Capture, seconds: float, value: float) -> None:
    """A + (B - A) * t / span: 100 and 105 ten seconds apart."""
    assert series_at(Replay(capture), seconds)["tokens_total", "m"] == value


def test_fractional_counters_and_sums_are_not_rounded(capture: Capture) -> None:
    values = series_at(Replay(capture), 5)
    assert values["cpu_seconds_total", ""] == pytest.approx(1.75)
    assert values["wait_seconds_sum", "m"] == pytest.approx(9.25)


@pytest.mark.parametrize(("seconds", "le_1", "count"), [(0, 2, 3), (5, 2, 5), (10, 3, 8), (95, 11, 50)])
def test_buckets_stay_cumulative(capture: Capture, seconds: float, le_1: float, count: float) -> None:
    values = series_at(Replay(capture), seconds)
    assert values["wait_seconds_bucket", "1.0,m"] == le_1
    assert values["wait_seconds_bucket", "+Inf,m"] == values["wait_seconds_count", "m"] == count


@pytest.mark.parametrize(("seconds", "value"), [(0, 4), (9.9, 4), (10, 9), (19.9, 9), (20, 4), (31, 9)])
def test_gauge_takes_the_captured_values_in_turn(capture: Capture, seconds: float, value: float) -> None:
    assert series_at(Replay(capture), seconds)["waiting", "m"] == value


@pytest.mark.parametrize(("seconds", "value"), [(0, 0), (5, 10), (10, 20)])
def test_series_of_the_second_capture_starts_at_zero(capture: Capture, seconds: float, value: float) -> None:
    assert series_at(Replay(capture), seconds)["tokens_total", "1,m"] == value


def test_model_can_be_renamed(capture: Capture) -> None:
    names = {model for name, model in series_at(Replay(capture, model_name="other"), 0) if name == "waiting"}
    assert names == {"other"}


def test_collect_follows_the_clock(capture: Capture) -> None:
    times = iter([1000.0, 1004.0])
    replay = Replay(capture, clock=lambda: next(times))
    tokens = next(family for family in replay.collect() if family.name == "tokens")
    assert tokens.samples[0].value == 102


def test_a_server_may_stop_answering() -> None:
    with replaying("idle", answers=1) as url:
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
            assert answer.status == 200
        for _ in range(2):
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urllib.request.urlopen(f"{url}/metrics", timeout=5)


def test_counter_that_falls_is_refused(capture: Capture) -> None:
    """Captures from two runs of a server would make a counter that Prometheus takes for resets."""
    with pytest.raises(GlassboxError, match=r"falls from second\.prom to first\.prom; take both captures from one run"):
        Replay(Capture(capture.second, capture.first, SPAN_SECONDS))


def test_unreadable_exposition_is_one_sentence(capture: Capture) -> None:
    capture.first.write_text("tokens_total{ 1\n", encoding="utf-8")
    with pytest.raises(GlassboxError, match=r"first\.prom is not a readable exposition"):
        Replay(capture)


REGIMES = sorted(
    {(entry["regime"], entry["vllm_version"]) for entry in yaml.safe_load((EXPOSITIONS_DIR / "index.yaml").read_text())}
)


@pytest.mark.parametrize(("regime", "vllm_version"), REGIMES)
def test_real_captures_are_met_exactly(regime: str, vllm_version: str) -> None:
    """At 0 s the replay is the first capture, at its span the second's counters: nothing is invented."""
    capture = find_capture(regime, vllm_version)
    first, second = _file_series(capture.first), _file_series(capture.second)
    replay = Replay(capture)
    start, end = _replayed(replay, 0), _replayed(replay, capture.span_seconds)
    assert {key: start[key] for key in first} == first
    assert {key: end[key] for key in second} == second


@pytest.mark.parametrize(("regime", "vllm_version"), REGIMES)
def test_real_captures_never_fall_and_stay_cumulative(regime: str, vllm_version: str) -> None:
    capture = find_capture(regime, vllm_version)
    replay = Replay(capture)
    for before, after in itertools.pairwise(capture.span_seconds * step / 7 for step in range(30)):
        earlier, later = _replayed(replay, before, growing=True), _replayed(replay, after, growing=True)
        assert [key for key in earlier if later[key] < earlier[key]] == []
        assert _broken_histograms(replay, after) == []


def _broken_histograms(replay: Replay, seconds: float) -> list[str]:
    broken = []
    for family in replay.families(seconds):
        buckets, counts = defaultdict(list), {}
        for sample in family.samples if family.type == "histogram" else ():
            labels = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
            if sample.name.endswith("_bucket"):
                buckets[labels].append(sample.value)
            elif sample.name.endswith("_count"):
                counts[labels] = sample.value
        broken += [family.name for labels, le in buckets.items() if le != sorted(le) or le[-1] != counts[labels]]
    return broken


def _replayed(replay: Replay, seconds: float, *, growing: bool = False) -> dict[object, float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in replay.families(seconds)
        if not growing or family.type in GROWING_TYPES
        for sample in family.samples
    }


def _file_series(file: Path) -> dict[object, float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(file.read_text(encoding="utf-8"))
        for sample in family.samples
    }


def test_text_of_a_real_capture_comes_back() -> None:
    """Rendered at 0 s and read again, the saturated capture is the file itself, but for spaces at line ends."""
    capture = find_capture("saturated")
    registry = CollectorRegistry()
    registry.register(Replay(Capture(capture.first, capture.first, 1.0)))
    lines = [line.rstrip() for line in capture.first.read_text(encoding="utf-8").splitlines()]
    assert generate_latest(registry).decode().splitlines() == lines


def test_unknown_regime_is_one_sentence_on_the_command_line() -> None:
    result = CliRunner().invoke(main, ["--regime", "night", "--port", "0"])
    assert result.exit_code == 1
    assert re.fullmatch(
        r"Error: .*index\.yaml lists no capture of night; choose one of: .*saturated.*\n", result.output
    )


@pytest.fixture
def quiet(tmp_path: Path) -> Capture:
    """Another capture of the same server: two tokens in ten seconds, another model's, and an empty queue."""
    files = tmp_path / "quiet-1.prom", tmp_path / "quiet-2.prom"
    for file, own, other in zip(files, (50, 52), (0, 3), strict=True):
        file.write_text(
            "# TYPE tokens_total counter\n"
            f'tokens_total{{model_name="m"}} {own}\ntokens_total{{model_name="n"}} {other}\n'
            '# TYPE waiting gauge\nwaiting{model_name="m"} 0\nwaiting{model_name="n"} 0\n'
            "# TYPE start_time_seconds gauge\nprocess_start_time_seconds 7\n"
        )
    return Capture(*files, SPAN_SECONDS)


def test_counters_go_on_from_what_was_before(capture: Capture, quiet: Capture) -> None:
    """100 at first, 2 more in each quiet span at double pace, then 5 in each span."""
    replay = Replay(capture, earlier=(Stretch(quiet, 60, pace=2),))
    assert replay.begin_seconds == -60
    own, other = (
        [series_at(replay, seconds)["tokens_total", model] for seconds in (-60, -30, 0, 10)] for model in ("m", "n")
    )
    assert own == [100, 112, 124, 129]
    assert other == [0, 18, 36, 36]


def test_gauges_are_those_of_the_time_and_of_the_present_server(capture: Capture, quiet: Capture) -> None:
    replay = Replay(capture, earlier=(Stretch(quiet, 60),))
    assert [series_at(replay, seconds)["waiting", "m"] for seconds in (-30, -1, 0, 10)] == [0, 0, 4, 9]
    assert ("waiting", "n") not in series_at(replay, -30)


def test_what_a_process_says_of_itself_is_the_same_before(capture: Capture, quiet: Capture) -> None:
    for file in (capture.first, capture.second):
        file.write_text(file.read_text() + "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 5\n")
    replay = Replay(capture, earlier=(Stretch(quiet, 60),))
    assert {series_at(replay, seconds)["process_start_time_seconds", ""] for seconds in (-60, 0)} == {5}


@pytest.mark.parametrize("regime", ["saturated", "frontend-bound"])
def test_the_history_of_a_real_server_is_what_it_would_have_said(regime: str) -> None:
    replay = Replay(
        find_capture(regime), earlier=(Stretch(find_capture("light"), 600), Stretch(find_capture(regime), 90))
    )
    times = (-690.0, -400.5, -90.0, -3.0)
    history = {(name, tuple(labels.items())): values for name, labels, values in replay.history(times)}
    said = [
        {
            (sample.name, tuple(sample.labels.items())): sample.value
            for family in replay.families(time)
            for sample in family.samples
        }
        for time in times
    ]
    assert history == {key: [each[key] for each in said] for key in said[0]}
    tokens = next(values for (name, _), values in history.items() if name == "vllm:generation_tokens_total")
    assert tokens == sorted(tokens)
    assert tokens[-1] - tokens[0] > 1000
