"""What our boards say of a real vLLM is what its callers measure, and its alerts fire when they should.

Asked for by `make test-vllm` alone: it needs 3.4 GB and up to 25 minutes.
"""

import asyncio
import functools
import statistics
import time
from itertools import pairwise

import click
import pytest

from environments.vllm_environment import READY
from glassbox.baseline import profile
from glassbox.compile.bundle import every_panel
from glassbox.load.summary import summarise
from glassbox.metrics import vllm
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.board_queries import api_data, with_variables
from glassbox.query.measures import BLOCK_SECONDS
from glassbox.settings.model import Settings
from recording_rules import engine, requests
from recording_rules.baseline_measures import MEASURES
from tests.support.ours import our_bundle
from tests.support.own_targets import own_targets
from tests.support.real_vllm import MODEL_NAME, under_load, vllm_server, watched

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]

TOLERANCE_RATIO = 0.05
# The window of the recorded rates, and a start for it.
LOADED_SECONDS = 5 * 60 + 45
ANSWERED_SECONDS = 30
RATE_SECONDS = 300
# InferenceKVCacheFullAndQueueing looks back ten minutes, however short alerts wait.
PRESSURE_LIMIT_SECONDS = 900
POLL_SECONDS = 2
# The cache falls whenever requests end, so InferenceKVCacheNearlyFull, which wants a minute without a break, may stay silent.
PRESSURE_ALERTS = {
    "InferenceKVCacheFullAndQueueing",
    "InferencePreemptionThrash",
    "InferenceSaturated",
}


@pytest.fixture(autouse=True)
def environment(components):
    if not READY.exists():
        pytest.fail("There is no vLLM in .venv-vllm: run `make test-vllm`, which installs it.")


@functools.cache
def board():
    """The queries of the board LLM serving, by title and first word of the legend, with all that can be chosen at All."""
    made = next(each for uid, each in our_bundle().dashboards.items() if uid.endswith("llm-serving"))
    return {
        (panel["title"], target["legendFormat"].split(" {{")[0]): with_variables(
            target["expr"], made["templating"]["list"]
        )
        for panel in every_panel(made["panels"])
        for target in own_targets(panel)
    }


def told(url, query, moment):
    """The one number that Prometheus has for a moment; the test fails where there is none or more than one."""
    result = api_data(url, "query", query=query, time=moment)["result"]
    assert len(result) == 1, f"{query} gave {result}"
    return float(result[0]["value"][1])


def evaluated_at(url, record):
    """When a record was evaluated last, in Unix seconds."""
    return told(url, f"timestamp({record.name})", time.time())


def firing(url):
    alerts = api_data(url, "query", query='ALERTS{alertstate="firing",severity!="heartbeat"}')["result"]
    return {each["metric"]["alertname"] for each in alerts}


def bucket_width(histogram, seconds):
    """Seconds between the two bounds around a value: as near as a quantile of buckets can be."""
    bounds = (0.0, *histogram.bounds)
    return next(upper - lower for lower, upper in pairwise(bounds) if seconds <= upper)


def requests_a_second(url, load, end):
    """The clients' and the board's, mean over the four minutes before, each moment the rate of the minute before it."""
    moments = range(round(end) - 240, round(end) + 1, 10)
    seen = [len(load.within(moment - 60, moment)) / 60 for moment in moments]
    shown = [told(url, board()["Requests", "Requests"], moment) for moment in moments]
    return statistics.fmean(seen), statistics.fmean(shown)


def rows(url, load, end):
    """Name, the clients' number, the board's number, and how far apart they may be."""
    seen, exact = summarise(load.within(end - RATE_SECONDS, end)), TOLERANCE_RATIO
    times = seen.times
    measured, shown = requests_a_second(url, load, end)
    yield "requests/s", measured, shown, exact * measured
    latency, first = times["latency_seconds"], times["time_to_first_token_seconds"]
    numbers = [
        ("output tokens/s", load.output_tokens(end - RATE_SECONDS, end) / RATE_SECONDS, ("Tokens", "output"), exact),
        ("input tokens/s", load.prompt_tokens(end - RATE_SECONDS, end) / RATE_SECONDS, ("Tokens", "input"), exact),
        ("latency, mean (s)", latency.mean, ("End-to-end latency", "average"), exact),
        ("latency, p50 (s)", latency.percentiles[50], ("End-to-end latency", "p50"), vllm.E2E_REQUEST_LATENCY),
        ("latency, p95 (s)", latency.percentiles[95], ("End-to-end latency", "p95"), vllm.E2E_REQUEST_LATENCY),
        ("first token, p95 (s)", first.percentiles[95], ("Time to first token", "p95"), vllm.TIME_TO_FIRST_TOKEN),
    ]
    for name, measured, panel, allowed in numbers:
        shown = told(url, board()[panel], end)
        apart = allowed * measured if allowed is exact else bucket_width(allowed, measured)
        yield name, measured, shown, apart


def baseline_measures(url, end):
    """What a baseline of the block that ends there would hold, by model."""
    with Prometheus(url) as server:
        found = profile.measured(server, MEASURES, Settings(), round(end), BLOCK_SECONDS)
    return {served.model_name: set(names) for served, levels in found.items() for names in levels.values()}


def table(found):
    yield f"{'':<26}{'clients':>10}{'board':>10}{'apart':>9}{'allowed':>10}"
    for name, measured, shown, apart in found:
        allowed = f"{apart / measured:.1%}"
        yield f"{name:<26}{measured:>10.3f}{shown:>10.3f}{shown / measured - 1:>+9.1%}{'± ' + allowed:>10}"


def test_the_boards_say_what_the_callers_measured(tmp_path, capsys):
    arguments = ("--max-model-len", "2048", "--enforce-eager", "--max-num-seqs", "16")

    def read(url, load, end):
        return list(rows(url, load, end)), firing(url), baseline_measures(url, end)

    async def loaded(server, url):
        async with under_load(server, workers=8, max_tokens=250, words=50) as load:
            await asyncio.sleep(LOADED_SECONDS)
            end = await asyncio.to_thread(evaluated_at, url, requests.DURATION.count)
            # Answers that had begun by then count with the tokens that had come.
            await asyncio.sleep(ANSWERED_SECONDS)
            return await asyncio.to_thread(read, url, load, end)

    with vllm_server(arguments, tmp_path / "vllm") as server, watched(server, tmp_path) as url:
        found, alerts, kept = asyncio.run(loaded(server, url))
    with capsys.disabled():
        click.echo("\n" + "\n".join(table(found)))
    assert [name for name, measured, shown, apart in found if abs(shown - measured) > apart] == []
    assert not alerts & PRESSURE_ALERTS
    # There is no GPU here.
    assert kept == {MODEL_NAME: {measure.name for measure in MEASURES.all} - {"gpu_activity_ratio"}}


def test_pressure_on_the_kv_cache_fires_its_alerts(tmp_path, capsys):
    """24 blocks hold a few requests of 500 tokens; 48 callers fill them, wait, and are preempted."""
    arguments = (
        "--max-model-len",
        "1024",
        "--enforce-eager",
        "--max-num-seqs",
        "32",
        "--num-gpu-blocks-override",
        "24",
    )
    started = time.monotonic()

    async def fired(server, url):
        after = {}
        async with under_load(server, workers=48, max_tokens=500, words=100):
            deadline = time.monotonic() + PRESSURE_LIMIT_SECONDS
            while not after.keys() >= PRESSURE_ALERTS and time.monotonic() < deadline:
                await asyncio.sleep(POLL_SECONDS)
                for name in await asyncio.to_thread(firing, url):
                    after.setdefault(name, time.monotonic() - started)
            return after, await asyncio.to_thread(conditions, url)

    with vllm_server(arguments, tmp_path / "vllm") as server, watched(server, tmp_path) as url:
        started = time.monotonic()
        after, holds = asyncio.run(fired(server, url))
    with capsys.disabled():
        click.echo(
            "\n" + "\n".join(f"{name:<34}fired after {seconds:4.0f} s" for name, seconds in sorted(after.items()))
        )
        click.echo("\n".join(f"{name:<34}{value:.3g}" for name, value in holds.items()))
    assert after.keys() >= PRESSURE_ALERTS
    assert holds["KV cache, fullest"] > 0.9
    assert holds["waiting for capacity"] >= 16
    assert holds["preemptions per second"] > 0


def conditions(url):
    """What the alerts are about, as recorded: the fullest engine of five minutes, as it swings when requests end."""
    queries = {
        "KV cache, fullest": f"max_over_time({engine.KV_CACHE_USAGE_MAX.name}[1m])",
        "waiting for capacity": engine.WAITING_FOR_CAPACITY.name,
        "preemptions per second": engine.PREEMPTIONS.name,
    }
    return {name: told(url, query, time.time()) for name, query in queries.items()}
