"""What a file of a baseline holds, and what is read back of it."""

import json

import pytest

from glassbox.baseline.baseline_file import Baseline, file_of, load, low_and_high, save
from glassbox.baseline.comparison import compare
from glassbox.baseline.judge import ChangeVerdict
from glassbox.baseline.profile import Served
from glassbox.errors import GlassboxError
from recording_rules.baseline_measures import MEASURES

QWEN = Served("vllm", "qwen", "2", "vllm")
LATENCY, LOAD = "latency_mean_seconds", MEASURES.load.name


def test_numbers_have_four_digits(tmp_path):
    blocks = [0.00123456, 1.23456, 98765.4321]
    file = save(Baseline(0, 3600, {QWEN: {0: {LATENCY: blocks}}}), "x", tmp_path)
    [model] = json.loads(file.read_text())["models"]
    told = model["requests_per_second_per_replica"]["1-2"][LATENCY]
    assert told["blocks"] == [0.001235, 1.235, 98770.0]
    assert told["median"] == 1.235


def test_nine_of_ten_blocks_are_within_the_normal_range():
    assert low_and_high([float(block) for block in range(101)]) == pytest.approx((5, 95))
    assert low_and_high([7.0]) == (7.0, 7.0)


@pytest.mark.parametrize("changes", [{"format": 2}, {"block_seconds": 60}, {"block_requests": 20}])
def test_a_file_of_another_format_is_not_read(tmp_path, changes):
    file = save(Baseline(0, 3600, {QWEN: {0: {LATENCY: [1.0]}}}), "x", tmp_path)
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    with pytest.raises(GlassboxError, match=r"x\.json is not a baseline of this version"):
        load("x", tmp_path)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a/b", "a\\b", ".x", "", "a\n", "a b"])
def test_a_name_leads_to_no_other_folder(tmp_path, name):
    with pytest.raises(GlassboxError, match="cannot name a baseline"):
        file_of(name, tmp_path)
    assert file_of("v1.2_rc-3", tmp_path) == tmp_path / "v1.2_rc-3.json"


@pytest.mark.parametrize(("load_now", "verdict"), [(3.2, ChangeVerdict.WORSE), (3.5, ChangeVerdict.LOAD_DIFFERS)])
def test_a_change_at_another_load_is_not_judged(load_now, verdict):
    was = {QWEN: {1: {LATENCY: [1.0, 1.01] * 6, LOAD: [3.0, 3.01] * 6}}}
    now = {QWEN: {1: {LATENCY: [2.0, 2.01] * 6, LOAD: [load_now, load_now + 0.01] * 6}}}
    [group] = compare(was, now, MEASURES, None)
    assert {row.measure.name: row.verdict for row in group.rows}[LATENCY] is verdict
