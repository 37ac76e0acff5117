"""How long requests take: quantiles, how many are slow, whole distributions, and in which phase the time goes."""

from dashboards.choices import LINES
from dashboards.lines import BY_MODEL
from glassbox.board.dashboard import Row, row
from glassbox.board.grid import Size
from glassbox.board.panels import heatmap, timeseries
from glassbox.board.style import PERCENTILES
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, mean, sum_by
from glassbox.query.rules import HistogramRecord
from glassbox.query.wording import last, percent
from glassbox.settings.model import Settings
from recording_rules import engine, judging, requests, slowness, workload
from recording_rules.histograms import RATE_WINDOW_SECONDS


def latency(settings: Settings) -> tuple[Row, Row]:
    """End to end, to the first token and between tokens."""
    limits = settings.thresholds
    return (
        row(
            "Latency",
            timeseries(
                "End-to-end latency",
                _mean_and_quantiles(requests.DURATION),
                many=True,
                lines=PERCENTILES,
                choice=LINES,
                size=Size(width=9),
                why="Time of finished requests, from arrival to the last token. Compare it with the phases below to see where it goes. Requests that still wait or were given up have no time, so an overload may look fast here: see Slow requests.",
            ),
            timeseries(
                "Slow requests",
                slowness.share(BY_MODEL),
                why=f"Share of requests over the {last(RATE_WINDOW_SECONDS)} that took longer than {limits.latency_high_seconds:g} s, have waited for longer, or were given up. Above {percent(limits.latency_high_share_ratio)} raises InferenceLatencyHigh, from {limits.minimum_requests} requests on. Where it rises and the latency does not, look at Waiting by reason, and at Started, finished and given up. If a replica is chosen, the share is for all replicas of its models. {judging.slow_counted_at(settings)}".strip(),
                empty="No requests, or no bucket at this time",
            ),
            timeseries(
                "Time to first token",
                _mean_and_quantiles(engine.TIME_TO_FIRST_TOKEN),
                many=True,
                lines=PERCENTILES,
                choice=LINES,
                size=Size(width=9),
                why="What a streaming user waits for: front end, queue and prefill. It rises first when load outgrows capacity. Requests that still wait, or were given up in the queue, have no time yet.",
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "Inter-token latency",
                    _mean_and_quantiles(engine.INTER_TOKEN_LATENCY),
                    many=True,
                    lines=PERCENTILES,
                    choice=LINES,
                    why="Time between two tokens of one answer. It rises with batch size and with preemptions.",
                ),
                timeseries(
                    "Time per output token",
                    _mean_and_quantiles(workload.TIME_PER_OUTPUT_TOKEN),
                    many=True,
                    lines=PERCENTILES,
                    choice=LINES,
                    why="Decode time per token after the first, one value per request: how fast whole answers are written. An answer of one token counts as 0. vLLM has it since 0.11.",
                ),
            ),
        ),
    )


def distributions() -> Row:
    """How many requests took how long."""
    two = "Two bands are two kinds of requests, which no quantile shows. A band that climbs means load."
    return row(
        "Distributions",
        heatmap(
            "End-to-end latency, all requests",
            _by_bound(requests.DURATION),
            why=f"How many requests took how long, by the bounds of the buckets. {two}",
        ),
        heatmap(
            "Time to first token, all requests",
            _by_bound(engine.TIME_TO_FIRST_TOKEN),
            why=f"How many requests waited how long for their first token. {two}",
        ),
        heatmap(
            "Inter-token latency, all tokens",
            _by_bound(engine.INTER_TOKEN_LATENCY),
            why="How long the gaps between two tokens were. Long answers weigh more. A second band far above the first shows steps that a prefill or a preemption held up.",
        ),
    )


def phases() -> Row:
    """Front end, queue, prefill and decode."""
    inside = {"queue": engine.QUEUE_TIME, "prefill": engine.PREFILL_TIME, "decode": engine.DECODE_TIME}
    frontend = mean(sum_by((), instant(workload.FRONTEND_TIME)), sum_by((), instant(engine.QUEUE_TIME.count)))
    return row(
        "Where the time goes",
        timeseries(
            "Mean time by phase",
            {"front end": frontend, **{name: phase.mean(()) for name, phase in inside.items()}},
            why="Finished requests of the chosen models. Together the phases are the mean end-to-end time. Where none finishes, nothing is known. Front end (template, media download, preprocessing): add CPU, or raise --api-server-count. Queue: add replicas or batch slots. Prefill: prompts are long. Decode: answers are long, or the batch is large.",
            stacked=True,
        ),
        timeseries(
            "p95 by phase",
            {name: phase.quantile(0.95, BY_MODEL) for name, phase in inside.items()},
            many=True,
            why="The slow tail of each phase inside the engine. The phases belong to different requests, so they do not add up.",
        ),
    )


def _mean_and_quantiles(histogram: HistogramRecord) -> dict[str, Expr]:
    quantiles = {f"p{q * 100:g}": histogram.quantile(q, BY_MODEL) for q in (0.5, 0.9, 0.95, 0.99)}
    return {"average": histogram.mean(BY_MODEL), **quantiles}


def _by_bound(histogram: HistogramRecord) -> Expr:
    return sum_by(("le",), instant(histogram.bucket))
