"""What tiles show while a service is down, answers nobody, waits, is idle or reports nothing: no number that looks well."""

from pathlib import Path

import pytest

from glassbox.board.style import GREEN
from glassbox.compile.bundle import Json
from glassbox.query.promql import ratio, sum_by
from glassbox.settings.model import Jobs, Settings
from recording_rules import abandoned
from tests.support.promtool_boards import assert_values, boards, query

# Without a capacity, its tiles have no query.
SET = boards(Settings(jobs=Jobs(capacity_requests_per_second={"vllm": 8})))
DOWN, UNANSWERED, IDLE, MODEL_DOWN, PARTLY, REFUSED, NOT_YET = -1, -2, -3, -4, -5, -6, -7
M = 'job="vllm",model_name="m"'
KNOWN = {f"model:diagnosis_known:group{{{M}}}": "1x80"}
# The rates of what was answered before are still there, as they are for five minutes of an outage.
ANSWERED = {
    f"model:inference_requests:rate1m{{{M}}}": "4x80",
    f"model:inference_requests_judged:rate5m{{{M}}}": "4x80",
    f"model:inference_requests_failed:rate5m{{{M}}}": "0x80",
    f"model:inference_request_duration_seconds_count:rate5m{{{M}}}": "4x80",
    f'model:inference_request_duration_seconds_bucket:rate5m{{{M},le="1.0"}}': "4x80",
    f'model:inference_request_duration_seconds_bucket:rate5m{{{M},le="+Inf"}}': "4x80",
    f"model:inference_requests_running:sum{{{M}}}": "3x80",
}
IS_DOWN = {f'model:diagnosis_signal:bool{{{M},signal="down"}}': "1x80"}
ONE_HANGS = {f'model:diagnosis_signal:bool{{{M},signal="stalled"}}': "1x80"}
# The rate of a minute is 0 by the time that a hang is known, those of five minutes are not.
HANGS = ONE_HANGS | {f"model:inference_requests:rate1m{{{M}}}": "0x80"}
BLOCKED = HANGS | {
    f'model:diagnosis_signal:bool{{{M},signal="{name}"}}': value
    for name, value in (("stalled", "0x80"), ("blocked", "1x80"))
}
WORKS = {f'model:diagnosis_signal:bool{{{M},signal="working"}}': "1x80"}
ARRIVE = {f'model:diagnosis_signal:bool{{{M},signal="arriving"}}': "1x80"}
# Answers are streamed with status 200 and given up.
GIVEN_UP = ANSWERED | {
    f"model:inference_requests:rate1m{{{M}}}": "0x80",
    f'model:diagnosis_signal:bool{{{M},signal="unanswered"}}': "1x80",
}
IDLES = {
    f"model:inference_requests:rate1m{{{M}}}": "0x80",
    f"model:inference_requests_judged:rate5m{{{M}}}": "0x80",
    f"model:inference_requests_failed:rate5m{{{M}}}": "0x80",
    f"model:inference_request_duration_seconds_count:rate5m{{{M}}}": "0x80",
    f'model:inference_request_duration_seconds_bucket:rate5m{{{M},le="1.0"}}': "0x80",
    f'model:inference_request_duration_seconds_bucket:rate5m{{{M},le="+Inf"}}': "0x80",
    f"model:inference_requests_running:sum{{{M}}}": "0x80",
}
# All are refused, so the share of server errors is 0.
ALL_REFUSED = IDLES | ARRIVE | {f"model:inference_requests_judged:rate5m{{{M}}}": "10x80"}
OTHER = {
    f'model:diagnosis_signal:bool{{{M},signal="down"}}': "0x80",
    'model:diagnosis_known:group{job="vllm",model_name="n"}': "1x80",
    'model:diagnosis_signal:bool{job="vllm",model_name="n",signal="down"}': "1x80",
}
# The state, and what QPS now, Failed requests and Latency p95 show in it.
STATES = {
    "well": (KNOWN | ANSWERED, (4, 0, 0.95)),
    "down": (KNOWN | ANSWERED | IS_DOWN, (DOWN,) * 3),
    "down, and nothing is left": (KNOWN | IS_DOWN, (DOWN,) * 3),
    "hung": (KNOWN | ANSWERED | HANGS, (UNANSWERED,) * 3),
    "one engine hangs, and others answer": (KNOWN | ANSWERED | ONE_HANGS, (4, PARTLY, 0.95)),
    "blocked": (KNOWN | ANSWERED | BLOCKED, (UNANSWERED,) * 3),
    "all are given up": (KNOWN | GIVEN_UP, (UNANSWERED,) * 3),
    "long requests, none finished yet": (KNOWN | IDLES | WORKS, (0, NOT_YET, NOT_YET)),
    "all are refused": (KNOWN | ALL_REFUSED, (0, REFUSED, NOT_YET)),
    "idle": (KNOWN | IDLES, (0, IDLE, IDLE)),
    "one model of two is down": (KNOWN | ANSWERED | OTHER, (4, MODEL_DOWN, 0.95)),
    "scaled to zero, or not reported": ({}, (None,) * 3),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("number", "panel"), list(enumerate(["QPS now", "Failed requests", "Latency p95"])))
def test_the_overview_shows_no_good_number_in_trouble(state: str, number: int, panel: str, tmp_path: Path) -> None:
    series, shown = STATES[state]
    expected = {} if shown[number] is None else {"{}": float(shown[number] or 0)}
    assert_values(query("Inference overview", panel, 0), series, expected, tmp_path)


HTTP, ERRORS = f"model:inference_http_requests:rate5m{{{M}}}", f"model:inference_http_errors:rate5m{{{M}}}"
ABANDONED = f"model:inference_requests_abandoned:rate5m{{{M}}}"
LEFT = f"model:inference_clients_left:rate5m{{{M}}}"
# Requests per second, and the share of them that failed.
FAILED = {
    "given up, and counted by the HTTP server as answered": ({HTTP: "6x80", ERRORS: "0x80", ABANDONED: "2x80"}, 1 / 3),
    "given up, and some are errors": ({HTTP: "6x80", ERRORS: "1x80", ABANDONED: "2x80"}, 0.5),
    "given up before they were counted": ({HTTP: "1x80", ERRORS: "0x80", ABANDONED: "3x80"}, 1),
    "given up, and counted by our exporter apart": (
        {HTTP: "4x80", ERRORS: "0x80", ABANDONED: "4x80", LEFT: "4x80"},
        0.5,
    ),
    "given up by few callers": ({HTTP: "6x80", ERRORS: "0x80", ABANDONED: "0x80"}, 0),
    "not known whether any is given up": ({HTTP: "6x80", ERRORS: "3x80"}, 0.5),
}


@pytest.mark.parametrize("case", FAILED)
def test_requests_that_are_given_up_have_failed_once(case: str, tmp_path: Path) -> None:
    series, share = FAILED[case]
    asked = str(ratio(sum_by((), abandoned.FAILED.expr), sum_by((), abandoned.JUDGED.expr)))
    assert_values(asked, series, {"{}": share}, tmp_path)


# A long batch is no trouble: its requests run for 20 minutes, and none finishes meanwhile.
TOKENS = {
    f"model:inference_generation_tokens:rate5m{{{M}}}": "900x80",
    f"model:inference_time_to_first_token_seconds_count:rate5m{{{M}}}": "0x80",
    f'model:inference_time_to_first_token_seconds_bucket:rate5m{{{M},le="1.0"}}': "0x80",
    f'model:inference_time_to_first_token_seconds_bucket:rate5m{{{M},le="+Inf"}}': "0x80",
    f"model:inference_requests_waiting:sum{{{M}}}": "0x80",
    f"model:inference_kv_cache_usage_ratio:max{{{M}}}": "0.4x80",
    'gpu:activity_ratio:max{job="dcgm",instance="h",gpu="0"}': "0.1x80",
}
BUSY = KNOWN | IDLES | TOKENS | WORKS
TILES = [
    ("LLM serving", "Requests"),
    ("LLM serving", "First token p95"),
    ("LLM serving", "Output"),
    ("LLM serving", "Waiting now"),
    ("LLM serving", "KV cache, fullest"),
    ("Inference overview", "GPU utilisation, busiest"),
]
SHOWN = {
    "a long batch": (BUSY, (0, NOT_YET, 900, 0, 0.4, 0.1)),
    "idle": (KNOWN | IDLES | TOKENS, (0, IDLE, 900, 0, 0.4, 0.1)),
    "down": (BUSY | IS_DOWN, (DOWN,) * 6),
    # The other one, such as that of an OCR service, has no engine that reports these.
    "the only engine of two services is down": (
        KNOWN | ANSWERED | OTHER,
        (4, None, MODEL_DOWN, MODEL_DOWN, MODEL_DOWN, None),
    ),
    "all are given up": (BUSY | GIVEN_UP, (UNANSWERED, UNANSWERED, 900, 0, 0.4, UNANSWERED)),
    "scaled to zero, or not reported": ({}, (None,) * 6),
}


@pytest.mark.parametrize("state", SHOWN)
@pytest.mark.parametrize(("number", "tile"), list(enumerate(TILES)))
def test_tiles_of_other_boards_show_no_good_number_in_trouble(
    state: str, number: int, tile: tuple[str, str], tmp_path: Path
) -> None:
    series, shown = SHOWN[state]
    expected = {} if shown[number] is None else {"{}": float(shown[number] or 0)}
    assert_values(query(*tile, 0), series, expected, tmp_path)


UP, DURATION = 'up{{job="vllm",instance="{}:8000"}}', "prometheus_rule_group_last_duration_seconds"
SERVICE = {'job:inference_targets:count{job="vllm"}': "2x80"}
FAILS = {f'model:diagnosis_signal:bool{{{M},signal="failing"}}': "1x80"}
# Half of what was measured is finished, and the trend is flat.
LOADED = {
    'job:inference_requests_in_1h:rate1m{job="vllm"}': "4x80",
    'job:inference_capacity_requests_per_second:sum{job="vllm"}': "8x80",
}
NO_HEADROOM = {'job:inference_headroom_ratio:min{job="vllm"}': "0x80"}
# Every tile that may be green: what it reads in troubles, and the value that it shows, None for a word that nothing is known.
GREEN_TILES: dict[tuple[str, str], list[tuple[dict[str, str], float | None]]] = {
    ("Inference overview", "Failed requests"): [
        (KNOWN | ANSWERED | IS_DOWN, DOWN),
        (KNOWN | GIVEN_UP, UNANSWERED),
        (KNOWN | ANSWERED | ONE_HANGS, PARTLY),
        (KNOWN | ANSWERED | BLOCKED, UNANSWERED),
        (KNOWN | ALL_REFUSED, REFUSED),
        (KNOWN | IDLES | WORKS, NOT_YET),
        (KNOWN | IDLES, IDLE),
        (KNOWN | ANSWERED | OTHER, MODEL_DOWN),
        (KNOWN, None),
    ],
    ("Capacity and diagnosis", "Headroom"): [(LOADED | NO_HEADROOM, 0), (LOADED | FAILS, None)],
    ("Capacity and diagnosis", "Load in an hour"): [(LOADED | NO_HEADROOM, 1), (LOADED | FAILS, None)],
    ("GPU", "New XID, 1 h"): [
        ({'gpu:memory_used_bytes:max{job="dcgm",instance="a:9400",gpu="0"}': "1x80"}, None),
        ({'gpu:xid_new_code:last10m{job="dcgm",instance="a:9400",gpu="0"}': "79x80"}, 1),
    ],
    ("GPU", "Row remap failures"): [
        ({'gpu:memory_used_bytes:max{job="dcgm",instance="a:9400",gpu="0"}': "1x80"}, None),
        ({'DCGM_FI_DEV_ROW_REMAP_FAILURE{job="dcgm",instance="gone:9400",gpu="0"}': "0x80"}, None),
    ],
    ("Monitoring health", "Targets down"): [({UP.format("a"): "0x80"}, 1), ({}, None)],
    ("Monitoring health", "Mute targets"): [
        (SERVICE | {UP.format("a"): "1x80", UP.format("b"): "0x80"}, 1),
        (SERVICE | {UP.format("a"): "0x80", UP.format("b"): "0x80"}, None),
    ],
    ("Monitoring health", "Rule failures"): [({f'{DURATION}{{job="prometheus",rule_group="r"}}': "1x80"}, None)],
    ("Monitoring health", "Slowest rule group"): [({f'{DURATION}{{job="prometheus",rule_group="r"}}': "1x80"}, None)],
    ("Monitoring health", "Alerts nobody took"): [({'up{job="prometheus",instance="p:9090"}': "1x80"}, None)],
}


def test_every_tile_that_may_be_green_is_looked_at() -> None:
    tiles = {
        (title, panel["title"])
        for title, board in SET.items()
        for panel in board["panels"]
        if panel["type"] in ("stat", "gauge") and GREEN in colors(panel).values() and panel["title"] != "Verdict"
    }
    assert tiles == GREEN_TILES.keys()


@pytest.mark.parametrize(
    ("tile", "series", "shown"),
    [(tile, *case) for tile, cases in GREEN_TILES.items() for case in cases],
    ids=[f"{tile[1]} {number}" for tile, cases in GREEN_TILES.items() for number in range(len(cases))],
)
def test_a_tile_is_not_green_in_trouble_nor_without_a_value(
    tile: tuple[str, str], series: dict[str, str], shown: float | None, tmp_path: Path
) -> None:
    (panel,) = [each for each in SET[tile[0]]["panels"] if each["title"] == tile[1]]
    assert_values(query(*tile, 0, boards=SET), series, {} if shown is None else {"{}": shown}, tmp_path)
    assert color(panel, shown) != GREEN


def colors(panel: Json) -> dict[float | None, str]:
    """The colour from each bound on, and those of words; None stands for what is below all bounds."""
    defaults = panel["fieldConfig"]["defaults"]
    steps = {step["value"]: step["color"] for step in defaults["thresholds"]["steps"]}
    words = {float(value): word["color"] for value, word in words_of(panel).items()}
    return steps | words


def words_of(panel: Json) -> Json:
    found = [
        each["options"] for each in panel["fieldConfig"]["defaults"].get("mappings", []) if each["type"] == "value"
    ]
    return dict(found[0]) if found else {}


def color(panel: Json, value: float | None) -> str:
    """That of the value, or of no value."""
    defaults = panel["fieldConfig"]["defaults"]
    if value is None:
        (nothing,) = [each["options"]["result"] for each in defaults["mappings"] if each["type"] == "special"]
        return str(nothing["color"])
    word = words_of(panel).get(str(int(value)))
    steps = [step["color"] for step in defaults["thresholds"]["steps"] if (step["value"] or 0) <= value]
    return str(word["color"] if word else (steps or [defaults["thresholds"]["steps"][0]["color"]])[-1])


def test_a_target_that_answers_scrapes_and_hangs_is_not_up(tmp_path: Path) -> None:
    series = SERVICE | {
        UP.format("a"): "1x80",
        UP.format("b"): "1x80",
        UP.format("c"): "0x80",
        'engine:inference_stalled_requests:max{job="vllm",instance="b:8000",engine="1",model_name="m"}': "4x80",
        # Its last scrapes failed: what it did then is no longer known.
        'engine:inference_stalled_requests:max{job="vllm",instance="c:8000",engine="0",model_name="m"}': "4x80",
    }
    expected: dict[str, float] = {
        f'{{job="vllm",instance="{name}:8000"}}': code for name, code in zip("abc", (1, 2, 0), strict=True)
    }
    assert_values(query("Inference overview", "Health", 0), series, expected, tmp_path)


def test_pages_come_before_tickets_and_reports(tmp_path: Path) -> None:
    alert = 'ALERTS{{alertname="{}",alertstate="firing",severity="{}",job="vllm"}}'
    series = {
        alert.format("A", "report"): "1x80",
        alert.format("B", "ticket"): "1x80",
        alert.format("C", "page"): "1x80",
        'ALERTS{alertname="Watchdog",alertstate="firing",severity="heartbeat"}': "1x80",
        'ALERTS{alertname="D",alertstate="pending",severity="page",job="vllm"}': "1x80",
    }
    expected = {f'{{alertname="{name}",job="vllm"}}': rank for rank, name in enumerate("CBA", start=1)}
    assert_values(query("Inference overview", "Firing alerts", 0), series, expected, tmp_path)


@pytest.mark.parametrize(
    ("headroom", "forecast", "shown"), [("0.5x80", "4x80", 0.5), ("0x80", "4x80", 1), ("-0.25x80", "16x80", 2)]
)
def test_a_service_without_headroom_is_not_forecast_to_have_some(
    headroom: str, forecast: str, shown: float, tmp_path: Path
) -> None:
    series = LOADED | {
        'job:inference_headroom_ratio:min{job="vllm"}': headroom,
        'job:inference_requests_in_1h:rate1m{job="vllm"}': forecast,
    }
    asked = query("Capacity and diagnosis", "Load in an hour", 0, boards=SET)
    assert_values(asked, series, {"{}": shown}, tmp_path)


def test_monitoring_health_names_services_that_nobody_listed(tmp_path: Path) -> None:
    running = "instance:inference_requests_running:sum"
    series = {
        f'{running}{{job="llama",instance="a:8000",model_name="m"}}': "0x80",
        f'{running}{{job="llama",instance="b:8000",model_name="m"}}': "0x80",
        f'{running}{{job="vllm",instance="c:8000",model_name="m"}}': "0x80",
    }
    asked = query("Monitoring health", "Services not listed", 0)
    assert_values(asked, series, {'{job="llama"}': 2}, tmp_path)


def test_monitoring_health_lists_where_a_service_is(tmp_path: Path) -> None:
    series = {
        'up{job="vllm",instance="a:8000",namespace="prod"}': "1x80",
        'up{job="vllm",instance="b:8000",namespace="prod"}': "0x80",
        'up{job="vllm",instance="c:8000",namespace="staging"}': "1x80",
        'up{job="node",instance="d:9100",namespace="prod"}': "1x80",
        'job:inference_targets:count{job="vllm"}': "3x80",
    }
    expected = {'{job="vllm",namespace="prod"}': 2, '{job="vllm",namespace="staging"}': 1}
    assert_values(query("Monitoring health", "Services by cluster and namespace", 0), series, expected, tmp_path)


def test_monitoring_health_lists_targets_that_a_view_over_two_prometheus_shows_twice(tmp_path: Path) -> None:
    series = {
        'up{job="vllm",instance="a:8000",replica="1"}': "1x80",
        'up{job="vllm",instance="a:8000",replica="2"}': "1x80",
        'up{job="vllm",instance="b:8000",replica="1"}': "1x80",
        'up{job="node",instance="c:9100",replica="1"}': "1x80",
        'up{job="node",instance="c:9100",replica="2"}': "1x80",
        'job:inference_targets:count{job="vllm",replica="1"}': "2x80",
        'job:inference_targets:count{job="vllm",replica="2"}': "1x80",
    }
    expected = {'{job="vllm",instance="a:8000"}': 2}
    assert_values(query("Monitoring health", "Targets seen twice", 0), series, expected, tmp_path)
