"""While the names of an engine's series change, as with a newer Prometheus, nothing counts twice and nothing fires."""

import pytest

from tests.support import engine_series
from tests.support.engine_rules import TIMES_ASKED, evaluated, per_second, series, spelled, up
from tests.support.engine_series import JOB, LEVELS, WORK

# The names change at 30 min, and the counters go on.
CHANGE, STEPS = 120, 180


def before_and_after(each):
    """The values until the change, and from it on."""
    rest = STEPS - CHANGE - 1
    if each.quantity in LEVELS:
        level = f"{LEVELS[each.quantity] * each.factor:.10g}"
        return f"{level}x{CHANGE} stale", f"_x{CHANGE} _ {level}x{rest}"
    growth = WORK[each.quantity] * each.factor
    start = growth * (CHANGE + 1)
    return f"0+{growth:.10g}x{CHANGE} stale", f"_x{CHANGE} _ {start:.10g}+{growth:.10g}x{rest}"


def changing(name, before):
    """One replica's series, under other names from the change on."""
    exposed = list(getattr(engine_series, name)())
    http = f'http_requests_total{{job="{JOB}",instance="a:1",handler="/v1/completions",method="POST",status="2xx"}}'
    return [
        *({**row, "values": f"1x{STEPS}"} for row in up("a:1")),
        *series(exposed, ("a:1",), values=lambda each: before_and_after(each)[0]),
        *series(exposed, ("a:1",), values=lambda each: before_and_after(each)[1], spell=spelled(before)),
        {"series": http, "values": f"0+30x{STEPS}"},
    ]


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("before", ["", "ray_"], ids=["underscore", "ray"])
@pytest.mark.parametrize("name", ["vllm", "sglang"])
def test_while_names_change_nothing_counts_twice(name, before):
    """A rate falls as the old name leaves its window, until the new one fills it."""
    running, tokens = "sum(model:inference_requests_running:sum)", "sum(model:inference_generation_tokens:rate5m)"
    rate = per_second("generated", replicas=1)
    cases = [(running, at, [("{}", LEVELS["running"])]) for at in TIMES_ASKED]
    cases += [(f"{tokens} > {rate * 1.001}", at, []) for at in TIMES_ASKED]
    cases += [(f"round({tokens}, 0.001)", at, [("{}", rate)]) for at in ("29m", "36m", "44m")]
    assert evaluated(changing(name, before), cases) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("name", ["vllm", "sglang"])
def test_while_names_change_nothing_fires_and_the_verdict_stays(name):
    verdict = "model:diagnosis_verdict:code"
    other = f"count({verdict} != on (job, model_name) {verdict} offset 4m)"
    cases = [(f"count({verdict})", at, [("{}", 1)]) for at in TIMES_ASKED]
    cases += [(other, at, []) for at in TIMES_ASKED]
    alerts = ("InferenceNoCapacity", "InferenceTargetMute")
    assert evaluated(changing(name, ""), cases, alerts=alerts, every=30) == []
