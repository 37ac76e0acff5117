"""The signals of one model stand together on the board, in the order in which a real Prometheus answers."""

import itertools
import time

import pytest

from glassbox.prometheus.board_queries import api_data
from glassbox.servers.blocks import sample, write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from recording_rules.signal_rule import SIGNAL
from tests.support.promtool_boards import query

# The same models at two jobs, and signals whose words sort otherwise than their names.
MODELS = [("chat", "m"), ("chat", "a/n"), ("batch", "m"), ("batch", "a/n")]
SIGNALS = ["kv_cache_full", "slow", "gpu_busy", "arriving"]
IN_WORDS = {"KV cache full", "slow", "GPU busy", "arriving"}
STEP_SECONDS = 15


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """A Prometheus in which every signal has held for minutes, and the moment up to which it did."""
    ensure_components()
    folder, now = tmp_path_factory.mktemp("signals"), int(time.time())
    lines = [
        sample({"__name__": SIGNAL.name, "job": job, "model_name": model, "signal": signal}, 1)
        for signal, (job, model) in itertools.product(SIGNALS, MODELS)
    ]
    write_blocks({STEP_SECONDS: lines}, now - 600, now, folder / "data")
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(folder / "prometheus.yml", folder=folder) as server:
        yield server.url, now


def test_the_signals_of_a_model_follow_each_other(held):
    url, now = held
    asked = query("Capacity and diagnosis", "Signals", 0)
    found = api_data(url, "query_range", query=asked, start=now - 300, end=now, step=STEP_SECONDS)["result"]
    names = [(each["metric"]["job"], each["metric"]["model_name"]) for each in found]
    assert [name for name, _ in itertools.groupby(names)] == sorted(MODELS)
    for name in MODELS:
        of_model = {each["metric"]["signal"] for each, of in zip(found, names, strict=True) if of == name}
        assert of_model == IN_WORDS
