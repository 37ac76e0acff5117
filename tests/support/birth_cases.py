"""Whether each engine's answers are counted from a series' first value on where it is born, and are not where it comes back.

Scrapes are every 15 s, and the records are asked for at 10:00. Each model is a target of its own, and its name says what happened to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.support.engine_series import JOB

STEPS = 40


@dataclass(frozen=True)
class Life:
    """A target's `up` and one of its counters as promtool reads them, and what is counted; None where nothing is recorded.

    What was `prefilled` is the same counter of when the target only prefilled.
    """

    up: str
    counter: str
    counted: int | None
    job: str = JOB
    prefilled: str = ""


# The window begins at 5:00. What counts of the time before it: the scrape then, and the two minutes until then, from 3:00 on.
IN_FIVE_MINUTES = {
    # Known from 1:00 on. 60 before the scrape at 6:00, 90 in all.
    "born": Life("_x4 1x36", "_x24 60x11 90x4", 90),
    # The same process exposes it no more from 7:00 on.
    "born-and-ended": Life("1x40", "_x24 30x3 stale", 30),
    # From 1:00 to 1:45: it has left the window.
    "ended-before": Life("1x40", "_x4 40x3 stale", None),
    "grew-by-30": Life("1x40", "100x23 130x16", 30),
    "born-before": Life("1x40", "_x8 50x32", 0),
    # Scrapes fail from 3:45 to 5:00.
    "there-before-the-gap": Life("1x14 0x5 1x19", "_x4 80x10 stale _x5 80x19", 0),
    "born-after-the-gap": Life("1x14 0x5 1x19", "_x24 45x16", 45),
    # Only the scrape at 5:00 fails. An older process counted until 2:30, just outside the two minutes, and until 3:15, just inside.
    "born-again-long-after": Life("1x19 0 1x19", "_x4 9x6 stale _x12 25x16", 25),
    "there-just-before": Life("1x19 0 1x19", "_x4 25x9 stale _x9 25x16", 0),
    # An older process counted until 4:00, and its successor answered at 5:00.
    "born-again-soon-after": Life("1x40", "3x16 stale _x6 40x16", 40),
    # Not reached from 2:45 to 5:30, and from 3:15 on.
    "there-before-the-outage": Life("1x10 0x11 1x17", "500x10 stale _x11 500x17", 0),
    "born-after-the-outage": Life("0x12 1 0x8 1x18", "_x24 500x16", 500),
    "new-target": Life("_x24 1x16", "_x24 5000x16", 0),
    # Whether a target answers is asked of services only.
    "no-service": Life("1x40", "_x24 70x16", 0, "other"),
    # It only prefilled until 5:45, and until 3:30; scrapes fail from 3:45 to 5:00.
    "prefilled": Life("1x40", "_x24 60x16", 60, prefilled="900x23 stale"),
    "prefilled-before-the-gap": Life("1x14 0x5 1x19", "_x24 45x16", 45, prefilled="900x14 stale"),
}
# The window begins at 9:00, and the two minutes until then at 7:00.
IN_ONE_MINUTE = {
    # Known from 8:15 on. 60 before the scrape at 9:15, 90 in all.
    "born": Life("_x33 1x7", "_x37 60x1 90x1", 90),
    "born-and-ended": Life("1x40", "_x37 30 stale", 30),
    # From 8:15 to 8:30: what it counted before is not known, so its two minutes have no growth.
    "ended-before": Life("1x40", "_x33 40x1 stale", 0),
    "grew-by-30": Life("1x40", "100x36 130x3", 30),
    "born-before": Life("1x40", "_x34 50x6", 0),
    # Scrapes fail from 8:00 to 9:00.
    "there-before-the-gap": Life("1x31 0x4 1x3", "80x31 stale _x4 80x3", 0),
    "born-after-the-gap": Life("1x31 0x4 1x3", "_x37 45x3", 45),
    # Only the scrape at 9:00 fails.
    "born-shortly-before-the-gap": Life("1x35 0 1x3", "_x33 80x2 stale 80x3", 0),
    # An older process counted until 6:45, just outside the two minutes, and until 7:15, just inside.
    "born-again-long-after": Life("1x35 0 1x3", "_x22 9x5 stale _x8 25x3", 25),
    "there-just-before": Life("1x35 0 1x3", "_x22 25x7 stale _x6 25x3", 0),
    # An older process counted until 8:30, and its successor answered at 9:00.
    "born-again-soon-after": Life("1x40", "3x34 stale _x1 40x3", 40),
    # Not reached from 6:45 to 9:00.
    "there-before-the-outage": Life("1x26 0x9 1x3", "500x26 stale _x9 500x3", 0),
    "new-target": Life("_x37 1x3", "_x37 5000x3", 0),
    # Scrapes succeed at 8:00, at 8:30 and at 10:00: 30 in the two minutes, and nothing before.
    "grew-by-30-in-two-minutes": Life("1x32 0 1 0x4 1", "10x32 stale 10 stale _x4 40", 15),
    # Its last scrape was at 9:00, and Prometheus knows it no more.
    "taken-away": Life("1x36 stale", "10x36 stale", None),
    "no-service": Life("1x40", "_x37 70x3", 0, "other"),
    # It only prefilled until 9:00, and until 7:45; scrapes fail from 8:00 to 9:00.
    "prefilled": Life("1x40", "_x37 60x3", 60, prefilled="900x36 stale"),
    "prefilled-before-the-gap": Life("1x31 0x4 1x3", "_x37 45x3", 45, prefilled="900x31 stale"),
}
OF_ANSWERS = {"model:inference_http_{}:rate5m": (IN_FIVE_MINUTES, 300), "model:slo_http_{}:rate": (IN_ONE_MINUTE, 60)}
# As in five minutes, asked for five minutes later.
LATER_STEPS, LATER = 20, "15m"
# Answers, where the engine counts those that succeed apart.
SUCCEEDED = {
    "trtllm": ("trtllm_request_success_total", 'model_name="{}",finished_reason="stop"'),
    "tgi": ("tgi_request_success", 'model_name="{}"'),
    "triton": ("nv_inference_request_success", 'model="{}",version="1"'),
}
# Answers that failed, as each engine counts them, and what names the model of SGLang's.
FAILED = {
    "vllm": ("vllm:corrupted_requests_total", 'model_name="{}",engine="0"'),
    "sglang": ("sglang:http_responses_total", 'endpoint="/v1/completions",method="POST",status_code="503"'),
    "trtllm": ("trtllm_request_error_total", 'model_name="{}",http_code="500"'),
    "tgi": ("tgi_request_failure", 'model_name="{}",err="generation"'),
    "triton": ("nv_inference_request_failure", 'model="{}",version="1",reason="BACKEND"'),
    "dynamo": ("dynamo_frontend_requests_total", 'model="{}",endpoint="chat_completions",status="error",error_type="internal"'),
}  # fmt: skip
_MODEL_OF_SGLANG = 'sglang:num_running_reqs{{job="{}",instance="{}",model_name="{}",tp_rank="0"}}'


def born(
    engine: str, lives: dict[str, Life], counters: dict[str, tuple[str, str]] = FAILED
) -> Iterator[dict[str, str]]:
    """promtool's series of these lives, whose counter is the engine's of these answers."""
    name, labels = counters[engine]
    for model, life in lives.items():
        target = f'job="{life.job}",instance="{model}"'
        yield {"series": f"up{{{target}}}", "values": life.up}
        series = f"{name}{{{target},{labels.format(model)}"
        yield {"series": f"{series}}}", "values": life.counter}
        if life.prefilled:
            yield {"series": f'{series},inference_role="prefill"}}', "values": life.prefilled}
        if engine == "sglang":
            yield {"series": _MODEL_OF_SGLANG.format(life.job, model, model), "values": f"0x{STEPS}"}


def longer(values: str) -> str:
    """The same for five minutes more."""
    *before, last = values.split(" ")
    level, _, times = last.partition("x")
    return values if last == "stale" else " ".join([*before, f"{level}x{int(times or 0) + LATER_STEPS}"])


def asked(
    engine: str, record: str, lives: dict[str, Life], seconds: int, at: str = "10m"
) -> tuple[str, str, list[tuple[str, float]]]:
    """What is counted within the window, of every model."""
    version = ',model_version="1"' if engine == "triton" else ""
    stamp = "" if engine == "vllm" else engine
    of_engine = f',inference_engine="{stamp}"' if stamp else ""
    counted = [
        (f'{{job="{life.job}",model_name="{model}"{of_engine}{version}}}', life.counted)
        for model, life in lives.items()
        if life.counted is not None
    ]
    return f'round({record}{{inference_engine="{stamp}"}} * {seconds}, 0.001)', at, counted


def all_tests():
    """Series and cases by what they are about."""
    for engine in (each for each in FAILED if each != "vllm"):
        for record, (lives, seconds) in OF_ANSWERS.items():
            cases = [asked(engine, record.format(word), lives, seconds) for word in ("requests", "errors")]
            yield f"births-{engine}-{seconds}s", (list(born(engine, lives)), cases)
            if engine in SUCCEEDED:
                succeeded = asked(engine, record.format("requests"), lives, seconds)
                yield f"births-{engine}-{seconds}s-succeeded", (list(born(engine, lives, SUCCEEDED)), [succeeded])
    lives = {
        model: replace(life, up=longer(life.up), counter=longer(life.counter))
        for model, life in IN_FIVE_MINUTES.items()
        # What is corrupted is counted wherever it is.
        if not life.prefilled
    }
    corrupted = asked("vllm", "model:inference_requests_corrupted:rate10m", lives, 600, LATER)
    yield "births-vllm-600s", (list(born("vllm", lives)), [corrupted])
