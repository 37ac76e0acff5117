"""Have SGLang's own collectors write what /metrics would say, without a GPU: `python demo/capturing/sglang_metrics.py FOLDER`.

FOLDER holds the unpacked wheel (`pip download --no-deps sglang`, then `unzip`). Its modules of metrics are run as they are; what
they import of the server, which needs a GPU, is replaced by empty stand-ins. The requests are invented: two per second, all alike.
So names, labels, types, buckets and what each event counts are SGLang's, and the numbers are of nobody's model.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import click
from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    REGISTRY,
    disable_created_metrics,
    generate_latest,
)

OUT_DIR = Path(__file__).resolve().parent.parent / "expositions" / "engines"
MODEL = "meta/Llama-3.1-8B-Instruct"
SPAN_SECONDS, REQUESTS_PER_SECOND = 60, 2
SERVER = {"model_name": MODEL, "engine_type": "unified"}
RANK = {**SERVER, "tp_rank": 0, "pp_rank": 0, "moe_ep_rank": 0}
PROMPT_TOKENS, CACHED_TOKENS, ANSWER_TOKENS = 500, 200, 150
QUEUE_SECONDS, FIRST_TOKEN_SECONDS, WHOLE_SECONDS = 0.01, 0.25, 3.0
RUNNING = round(REQUESTS_PER_SECOND * WHOLE_SECONDS)


class Nothing(SimpleNamespace):
    """A setting of the server that is not set, whatever its name."""

    def __getattr__(self, _name: str) -> Any:
        return None


class Struct:
    """In place of msgspec's, on which no metric depends."""

    def __init_subclass__(cls, **_options: object) -> None:
        return


def stand_in(name: str, **names: object) -> None:
    """Put a module with these names in the place of one that needs a GPU, or libraries that do."""
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module


def stand_ins(wheel: Path) -> None:
    """What SGLang's modules of metrics import of the server."""
    for name in ("sglang", "sglang.srt", "sglang.srt.utils", "sglang.srt.observability"):
        stand_in(name, __path__=[str(wheel / name.replace(".", "/"))])
    vars(sys.modules["sglang.srt.utils"])["get_bool_env_var"] = lambda *_: False
    stand_in("msgspec", Struct=Struct)
    stand_in("sglang.srt.utils.nvtx_utils", nvtx_annotated_method=None, __getattr__=lambda _name: None)
    stand_in("sglang.srt.disaggregation.utils", DisaggregationMode=None)
    stand_in("sglang.srt.model_executor.forward_batch_info", ForwardMode=None)
    stand_in("sglang.srt.server_args", ServerArgs=None)
    settings: Callable[[], Nothing] = Nothing
    reads = ("get_context", "get_disagg", "get_observability", "get_parallel", "get_schedule", "get_serving")
    stand_in(
        "sglang.srt.runtime_context",
        exports_expert_balancedness_to_prometheus=lambda: False,
        **{**dict.fromkeys(reads, settings), "get_schedule": lambda: Nothing(prefill_delayer_max_delay_passes=30)},
    )


class Server:
    """The collectors of one server with one rank."""

    def __init__(self, wheel: Path) -> None:
        stand_ins(wheel)
        self.metrics = import_module("sglang.srt.observability.metrics_collector")
        http = import_module("sglang.srt.observability.http_request_metrics")
        http.init_http_request_metrics()
        self.http = http._http_request_metrics  # the module has no other way to its counters
        self.scheduler = self.metrics.SchedulerMetricsCollector(labels=RANK, server_args=Nothing())
        self.tokenizer = self.metrics.TokenizerMetricsCollector(server_args=Nothing(), labels=SERVER)

    def serve(self, requests: int) -> None:
        """What the server tells its collectors of that many requests, every other of which streams."""
        between = (WHOLE_SECONDS - FIRST_TOKEN_SECONDS) / (ANSWER_TOKENS - 1)
        for number in range(requests):
            streams = number % 2 == 0
            self.scheduler.observe_queue_time(QUEUE_SECONDS)
            self.scheduler.increment_realtime_tokens(None, PROMPT_TOKENS - CACHED_TOKENS, CACHED_TOKENS, ANSWER_TOKENS)
            self.tokenizer.observe_time_to_first_token(SERVER, FIRST_TOKEN_SECONDS, stream=streams)
            self.tokenizer.observe_inter_token_latency(SERVER, between * (ANSWER_TOKENS - 1), ANSWER_TOKENS - 1)
            self.tokenizer.observe_one_finished_request(
                SERVER,
                PROMPT_TOKENS,
                ANSWER_TOKENS,
                CACHED_TOKENS,
                WHOLE_SECONDS,
                has_grammar=False,
                cached_tokens_details={"device": CACHED_TOKENS},
                is_streaming=streams,
                time_per_output_token=between,
            )
            self.http.responses_total.labels(endpoint="/v1/chat/completions", method="POST", status_code="200").inc()
        count = self.metrics.QueueCount
        self.scheduler.log_stats(
            self.metrics.SchedulerStats(
                num_running_reqs=count(RUNNING),
                num_queue_reqs=count(0),
                token_usage=0.42,
                full_token_usage=0.418,
                gen_throughput=float(REQUESTS_PER_SECOND * ANSWER_TOKENS),
            )
        )


@click.command()
@click.argument("wheel", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(wheel: Path) -> None:
    """Write two expositions, a minute of requests apart."""
    disable_created_metrics()
    for collector in (GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR):
        REGISTRY.unregister(collector)
    server = Server(wheel)
    for number in (1, 2):
        server.serve(SPAN_SECONDS * REQUESTS_PER_SECOND)
        file = OUT_DIR / f"sglang-{number}.prom"
        file.write_bytes(generate_latest(REGISTRY))
        click.echo(str(file))


if __name__ == "__main__":
    main()
