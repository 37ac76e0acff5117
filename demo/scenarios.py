"""What can happen to a service, to be seen in the demo: what is fed, and what the verdict and the alerts must then be.

The vLLM metrics are replayed captures of a real server; GPU readings are simulated. In a scenario alerts wait a thirtieth of
their time, and a day's habits are those of the minutes before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from demo import simulated_dcgm

# Of the captured servers.
NEWEST, OLDER = "0.32.0", "0.10.2"
QWEN = "qwen/Qwen2.5-7B-Instruct"
QWEN_PICTURES = "qwen/Qwen2.5-VL-7B-Instruct"
HUNYUAN = "tencent/HunyuanOCR"
# What each other engine serves; the expositions of those that have a label for it say the same.
MODELS_OF_ENGINES = {
    "sglang": "meta/Llama-3.1-8B-Instruct",
    "trtllm": "mistral/Mistral-7B-Instruct",
    "tgi": "google/gemma-2-9b-it",
    "llamacpp": "microsoft/Phi-3.5-mini",
    "triton": "bert-base",
    "dynamo": "deepseek/DeepSeek-V2-Lite",
}
# Their series have no label with the model, so a label of their target names it.
WITHOUT_MODEL = ("tgi", "llamacpp")


@dataclass(frozen=True)
class Earlier:
    """What a server did before, at `pace` times the speed of its captures; "" is the regime of a service that has only one."""

    regime: str
    minutes: int
    pace: float = 1.0


@dataclass(frozen=True)
class VllmFeed:
    """Servers that replay one regime's captures; `answers` is after how many scrapes they fail, None for never.

    `earlier` is the past that is written for them, oldest first.
    """

    regime: str
    vllm_version: str = NEWEST
    model_name: str = QWEN
    replicas: int = 1
    answers: int | None = None
    earlier: tuple[Earlier, ...] = ()


@dataclass(frozen=True)
class Incident:
    """What happened in the written past: to which model, how many minutes before the start it began and ended, and the alert
    that fired meanwhile."""

    story: str
    model_name: str
    began_minutes: int
    ended_minutes: int
    alert: str


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One story. `verdicts` are the words by model, `alerts` exactly those that fire after two minutes, heartbeats left out.

    `engines` are the others that serve besides vLLM, each under a job of its name. `later` are alerts that look back over five
    minutes or more, which `hurried` does not shorten.

    `idle_hours` or `busy_hours` of recorded GPUs are written into Prometheus before it starts. With an `incident` in the past, the
    series of all targets are written too, for as many minutes as their `earlier` times add up to.
    """

    story: str
    vllm: tuple[VllmFeed, ...]
    engines: tuple[str, ...] = ()
    gpu: tuple[simulated_dcgm.Scenario, ...] = ()
    gpus: int = 2
    pages_per_second: float = 2.0
    idle_hours: int = 0
    busy_hours: int = 0
    ocr_earlier: tuple[Earlier, ...] = ()
    incident: Incident | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    alerts: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()

    @property
    def past_seconds(self) -> int:
        """How long the written past is."""
        return 60 * sum(each.minutes for each in self.ocr_earlier)


SCENARIOS = {
    "healthy": Scenario(
        story="Two replicas serve what is asked.",
        vllm=(VllmFeed("light", replicas=2),),
        verdicts={QWEN: "Fine", HUNYUAN: "Fine"},
    ),
    "saturated": Scenario(
        story="More is asked than the KV cache holds: requests queue and are preempted.",
        vllm=(VllmFeed("saturated", replicas=3),),
        verdicts={QWEN: "More KV cache", HUNYUAN: "Fine"},
        later=frozenset({"InferenceKVCacheFullAndQueueing"}),
        alerts=frozenset(
            {
                "InferenceKVCacheNearlyFull",
                "InferenceLatencyHigh",
                "InferencePreemptionThrash",
                "InferenceSaturated",
                "InferenceErrorBudgetBurnFast",
                "InferenceErrorBudgetBurnSlow",
            }
        ),
    ),
    "abandoned": Scenario(
        story="More is asked than is served, callers give up after 20 s, and no request is answered.",
        vllm=(VllmFeed("abandoned", replicas=3),),
        verdicts={QWEN: "Unanswered", HUNYUAN: "Fine"},
        alerts=frozenset(
            {
                "InferenceNothingAnswered",
                "InferenceLatencyHigh",
                "InferenceErrorBudgetBurnFast",
                "InferenceErrorBudgetBurnSlow",
                "InferenceQPSLow",
            }
        ),
        later=frozenset({"InferenceSaturated"}),
    ),
    "idle-gpu": Scenario(
        story="Nobody asks for anything, and the GPUs keep their models in memory.",
        vllm=(VllmFeed("idle"),),
        gpu=(simulated_dcgm.idle,),
        pages_per_second=0,
        idle_hours=6,
        verdicts={QWEN: "No demand", HUNYUAN: "No demand"},
        alerts=frozenset({"InferenceQPSLow", "GPUIdleButPaid"}),
    ),
    "frontend-bound": Scenario(
        story="Pictures are prepared on one CPU core while the GPU waits.",
        vllm=(VllmFeed("frontend-bound", model_name=QWEN_PICTURES),),
        gpu=(simulated_dcgm.starved,),
        verdicts={QWEN_PICTURES: "Fix the front end", HUNYUAN: "Fine"},
        alerts=frozenset(
            {
                "InferenceFrontendBound",
                "InferenceErrorBudgetBurnFast",
                "InferenceErrorBudgetBurnSlow",
                "InferenceThroughputLow",
            }
        ),
    ),
    "xid": Scenario(
        story="One GPU reports an XID, one is too hot, one falls off the bus.",
        vllm=(VllmFeed("light", replicas=2),),
        gpus=3,
        busy_hours=1,
        gpu=(
            partial(simulated_dcgm.throttled, on_gpu=0, from_seconds=25),
            partial(simulated_dcgm.xid, code=48, on_gpu=1, from_seconds=30),
            partial(simulated_dcgm.lost, on_gpu=2, from_seconds=30),
        ),
        verdicts={QWEN: "Faulty GPU", HUNYUAN: "Faulty GPU"},
        alerts=frozenset({"GPUNewXid", "GPUThrottling", "GPULost"}),
    ),
    "outage": Scenario(
        story="All replicas of one service stop answering.",
        vllm=(VllmFeed("light", replicas=2, answers=15),),
        verdicts={QWEN: "Down", HUNYUAN: "Fine"},
        alerts=frozenset({"InferenceNoCapacity", "InferenceInstanceDown"}),
    ),
    "mixed-engines": Scenario(
        story="SGLang, TensorRT-LLM, TGI, llama.cpp, Triton and Dynamo serve beside vLLM, and all is well.",
        vllm=(VllmFeed("light"),),
        engines=tuple(MODELS_OF_ENGINES),
        # llama.cpp and Dynamo's front end report too little for more. Of Triton's core not even that is known.
        verdicts={
            **dict.fromkeys((QWEN, HUNYUAN), "Fine"),
            **{MODELS_OF_ENGINES[engine]: "Fine" for engine in ("sglang", "trtllm", "tgi")},
            **{MODELS_OF_ENGINES[engine]: "No trouble seen" for engine in ("llamacpp", "triton", "dynamo")},
        },
    ),
}
# What `make demo` shows unasked: something on every board, four hours of it, and alerts that wait as long as they really do.
EVERYTHING = Scenario(
    story="A saturated vLLM, an older one at its batch limit, one that prepares pictures, and an OCR service.",
    vllm=(
        VllmFeed(
            "saturated",
            earlier=(
                Earlier("light", 55, pace=0.7),
                Earlier("light", 30),
                Earlier("saturated", 45),
                Earlier("light", 95, pace=0.7),
                Earlier("saturated", 15),
            ),
        ),
        VllmFeed(
            "load",
            vllm_version=OLDER,
            model_name="qwen/Qwen2.5-7B-Instruct-AWQ",
            earlier=(Earlier("load", 140, pace=0.9), Earlier("load", 100)),
        ),
        VllmFeed(
            "frontend-bound",
            model_name=QWEN_PICTURES,
            earlier=(Earlier("light", 205, pace=0.8), Earlier("frontend-bound", 35)),
        ),
    ),
    ocr_earlier=(Earlier("", 85), Earlier("", 75, pace=1.5), Earlier("", 80)),
    incident=Incident(
        "its KV cache was full and requests queued",
        QWEN,
        began_minutes=155,
        ended_minutes=110,
        alert="InferenceKVCacheFullAndQueueing",
    ),
    pages_per_second=6.0,
)
