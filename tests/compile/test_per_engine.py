"""A fleet names the engines that it runs, and Prometheus evaluates the rules of no other."""

import pytest

from deploy import content
from glassbox.compile.compiler import compile_bundle
from glassbox.metrics.engines import ENGINES
from glassbox.settings.model import Settings

OTHERS = [engine.name for engine in ENGINES[1:]]


def files(settings):
    return compile_bundle(content(), settings).recording_rules


def engines_in(rules):
    """The engines beside the first that have files of their own."""
    return [name for name in OTHERS if f"{name}.yaml" in rules]


def test_without_the_setting_all_engines_are_recorded():
    assert engines_in(files(Settings())) == OTHERS


@pytest.mark.parametrize("named", [[], ["sglang"], ["vllm", "triton", "sglang"]], ids=",".join)
def test_only_the_engines_that_are_named_are_recorded(named):
    rules = files(Settings(engines=tuple(named)))
    assert sorted(engines_in(rules)) == sorted({*named} - {"vllm"})
    left_out = set(OTHERS) - set(named)
    assert [name for name in rules if name.partition(".")[0].partition("-")[0] in left_out] == []


def test_the_rules_of_the_engines_that_stay_are_the_same():
    all_files, some = files(Settings()), files(Settings(engines=("tgi", "vllm")))
    assert {name: all_files[name] for name in some} == some
