"""`deploy.py baseline` on a real Prometheus, which holds two windows of services whose difference is known."""

import json
import random
import subprocess
import time
from dataclasses import dataclass, replace

import pytest

from glassbox.prometheus.promtool import find
from glassbox.query.buckets import bound_text
from glassbox.servers.processes import prometheus
from recording_rules import engine, gpu, requests
from tests.support.ours import main

STEP_SECONDS, BLOCK_SECONDS = 30, 300
WINDOW_SECONDS = 2 * 3600
JUDGED = {"latency_mean_seconds", "latency_p95_seconds", "time_to_first_token_mean_seconds", "queue_time_mean_seconds"}


@dataclass(frozen=True)
class Traffic:
    """What is recorded of a model in one window; 0 requests are none. Each block deviates at random by `noise_ratio`."""

    version: str
    requests_per_second: float = 6.0
    latency_seconds: float = 1.2
    first_token_seconds: float = 0.3
    replicas: int = 2
    noise_ratio: float = 0.03


USUAL = Traffic("1")
SERVICES = {
    "same": (USUAL, USUAL),
    "slower": (USUAL, replace(USUAL, version="2", first_token_seconds=0.36)),
    "jitter": (USUAL, replace(USUAL, version="2", first_token_seconds=0.306, latency_seconds=1.224)),
    "silent": (USUAL, replace(USUAL, version="2", requests_per_second=0.02)),
    "busier": (USUAL, replace(USUAL, version="2", requests_per_second=7.0, first_token_seconds=0.6)),
    "scaled": (USUAL, replace(USUAL, version="2", requests_per_second=12.0, replicas=4)),
    "gone": (USUAL, None),
}


def lines(model, traffic, start, end, seed):
    """Samples of the recorded series, and of the running requests from which replicas are counted."""
    chooser = random.Random(f"{model} {seed}")
    labels = f'job="vllm",model_name="{model}",model_version="{traffic.version}",inference_engine="vllm"'
    for block in range(start, end, BLOCK_SECONDS):
        rate, latency, first = (
            value * chooser.gauss(1, traffic.noise_ratio)
            for value in (traffic.requests_per_second, traffic.latency_seconds, traffic.first_token_seconds)
        )
        values = {f"{requests.REQUESTS.name}{{{labels}}}": rate}
        values |= histogram(requests.DURATION, labels, rate, latency)
        values |= histogram(engine.TIME_TO_FIRST_TOKEN, labels, rate, first)
        values |= histogram(engine.QUEUE_TIME, labels, rate, 0.05)
        values |= {f"{requests.HTTP_REQUESTS.name}{{{labels}}}": rate, f"{requests.HTTP_ERRORS.name}{{{labels}}}": 0.0}
        for replica in range(traffic.replicas):
            values[f'vllm:num_requests_running{{{labels},instance="{replica}:8000",engine="0"}}'] = 2.0
        # A sample on the end of a block is the rate of that block.
        for moment in range(block + STEP_SECONDS, block + BLOCK_SECONDS + 1, STEP_SECONDS):
            yield from (f"{series} {value:.6g} {moment}" for series, value in values.items())


def histogram(record, labels, rate, mean):
    """An even spread from 0 to twice the mean, in buckets of a twentieth of a second."""
    bounds = (number / 20 for number in range(1, 61))
    le = {bound_text(bound): rate * min(bound / (2 * mean), 1) for bound in bounds} | {"+Inf": rate}
    parts = {f'{record.bucket.name}{{{labels},le="{bound}"}}': value for bound, value in le.items()}
    return parts | {f"{record.sum.name}{{{labels}}}": rate * mean, f"{record.count.name}{{{labels}}}": rate}


def gpus(start, end):
    for index, value in (("0", 0.9), ("1", 0.5)):
        for moment in range(start, end + 1, STEP_SECONDS):
            yield f'{gpu.ACTIVITY.name}{{job="dcgm",instance="h:9400",gpu="{index}"}} {value} {moment}'


@pytest.fixture(scope="module")
def world(components, tmp_path_factory):
    """Prometheus' URL, and the ends of the two windows."""
    folder = tmp_path_factory.mktemp("world")
    after = int(time.time()) // BLOCK_SECONDS * BLOCK_SECONDS - BLOCK_SECONDS
    before = after - WINDOW_SECONDS - 3600
    samples = [*gpus(before - WINDOW_SECONDS, after)]
    for model, sides in SERVICES.items():
        for seed, (end, traffic) in enumerate(zip((before, after), sides, strict=True)):
            samples += lines(model, traffic, end - WINDOW_SECONDS, end, seed) if traffic else ()
    file = folder / "openmetrics"
    # promtool wants a series' samples in the order of time, whatever stands between them.
    file.write_text("\n".join([*sorted(samples, key=lambda line: line.rpartition(" ")[2]), "# EOF\n"]))
    command = [find("promtool"), "tsdb", "create-blocks-from", "openmetrics", file, folder / "data"]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("{}\n")
    with prometheus(folder / "prometheus.yml", folder=folder) as server:
        yield server.url, before, after


@pytest.fixture
def run(world, tmp_path, capsys):
    """Runs a command on one of the windows, with a folder of its own; its exit code, stdout and stderr."""
    url, before, after = world

    def command(verb, *arguments, end=after, window="2h"):
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        where = ("--prometheus", url, "--folder", str(tmp_path / "baselines"), "--window", window, "--end", ends)
        code = main(["baseline", verb, *where, *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    command.before, command.after = before, after
    return command


@pytest.fixture
def compared(run):
    """The comparison of the later window with the earlier one: exit code, and groups by model."""
    assert run("save", "then", end=run.before)[0] == 0
    code, out, _err = run("compare", "then", "--json")
    groups = json.loads(out)["groups"]
    by_model = {}
    for group in groups:
        by_model.setdefault((group["after"] or group["before"])["model_name"], []).append(group)
    return code, by_model


def verdicts(group):
    return {each["measure"]: each["verdict"] for each in group["measures"]}


def test_each_difference_is_told_for_what_it_is(compared):
    code, groups = compared
    assert code == 2
    [same], [slower], [jitter], [scaled] = (groups[name] for name in ("same", "slower", "jitter", "scaled"))
    assert set(verdicts(same).values()) == {"noise"}
    assert verdicts(slower)["time_to_first_token_mean_seconds"] == "real: worse"
    assert {name for name, verdict in verdicts(slower).items() if verdict != "noise"} == {
        "time_to_first_token_mean_seconds",
        "time_to_first_token_p95_seconds",
    }
    [first_token] = [e for e in slower["measures"] if e["measure"] == "time_to_first_token_mean_seconds"]
    assert first_token["change_ratio"] == pytest.approx(0.2, abs=0.03)
    assert (first_token["blocks_before"], first_token["blocks_after"]) == (24, 24)
    assert {name: verdicts(jitter)[name] for name in JUDGED} == dict.fromkeys(JUDGED, "noise")
    assert set(verdicts(scaled).values()) == {"noise", "real"}
    assert verdicts(scaled)["requests_per_second"] == "real"


def test_what_has_no_traffic_is_not_judged(compared):
    _code, groups = compared
    for model in ("silent", "gone"):
        [group] = groups[model]
        assert group["after"] is None
        assert set(verdicts(group).values()) == {"not enough data"}


def test_another_load_is_not_judged(compared):
    """7 requests/s on two replicas are a sixth more than 6, within the level of 2 to 4 each."""
    [group] = compared[1]["busier"]
    assert group["requests_per_second_per_replica"] == "2-4"
    assert set(verdicts(group).values()) == {"load differs"}


def test_a_window_compared_with_itself_is_noise_for_all(run):
    run("save", "now")
    code, out, _err = run("compare", "now", "--json")
    assert code == 0
    assert {verdict for group in json.loads(out)["groups"] for verdict in verdicts(group).values()} == {"noise"}


def test_the_file_holds_the_normal_range_and_is_the_same_every_time(run, tmp_path):
    code, out, _err = run("save", "then", end=run.before)
    file = tmp_path / "baselines" / "then.json"
    assert code == 0 and out.endswith(f"{file}\n")
    assert "vllm slower 1 vllm: blocks by requests/s per replica 2-4: 24\n" in out
    content = file.read_bytes()
    # A minute later it is still the same block.
    assert run("save", "then", end=run.before + 60)[0] == 0
    assert file.read_bytes() == content
    kept = json.loads(content)
    [model] = [each for each in kept["models"] if each["model_name"] == "slower"]
    told = model["requests_per_second_per_replica"]["2-4"]
    first = told["time_to_first_token_mean_seconds"]
    assert len(first["blocks"]) == 24
    assert first["low"] < first["median"] < first["high"]
    assert first["median"] == pytest.approx(0.3, rel=0.03)
    assert told["requests_per_second_per_replica"]["median"] == pytest.approx(3.0, rel=0.03)
    assert told["gpu_activity_ratio"]["median"] == 0.7
    assert told["latency_p95_seconds"]["median"] == pytest.approx(0.95 * 2.4, rel=0.1)
    assert max(len(line) for line in content.decode().splitlines()) < 400


def test_the_tables_are_for_people_and_for_release_notes(run):
    run("save", "then", end=run.before)
    code, out, _err = run("compare", "then")
    assert code == 2
    assert "vllm slower vllm, version 1 -> 2, 2-4 requests/s per replica\n" in out
    [line] = [each for each in out.splitlines() if each.endswith("real: worse") and "first_token_mean" in each]
    assert line.split()[0] == "time_to_first_token_mean_seconds" and " 24, 24 " in line
    assert out.splitlines()[-1].startswith("Regression: 2 real: worse, 1 real, ")
    code, out, _err = run("compare", "then", "--markdown")
    assert code == 2
    assert "### vllm slower vllm, version 1 -> 2, 2-4 requests/s per replica\n" in out
    assert "| measure | before | normal range | after | change | blocks | verdict |\n" in out
    assert out.count("**real: worse** |\n") == 2


def test_an_hour_without_any_request_is_an_error(run):
    code, out, err = run("save", "then", end=run.before + 3600, window="40m")
    assert (code, out) == (1, "")
    assert "has no requests of a model in this window" in err and err.count("\n") == 1


def test_a_version_is_asked_for_where_the_baseline_has_several(run):
    """The window of five hours and more holds both versions of some models, and the later one has only the second."""
    run("save", "both", window="6h")
    code, out, err = run("compare", "both", "--json")
    assert code == 0, err
    code, out, err = run("compare", "both", "--against", "1", "--json")
    groups = json.loads(out)["groups"]
    assert code == 2
    assert {group["before"]["model_version"] for group in groups if group["before"]} == {"1"}
