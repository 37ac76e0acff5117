"""KV transfer and speculation: do KV caches arrive, are caches used, and do drafts pay?

Most of it is vLLM's, and there only where a connector, an offload or a drafter is switched on: panels say which.
What few panels show is read from the raw series, so that no fleet records it in vain.
"""

from dashboards.choices import JOB
from dashboards.kv_caches import NO_CONNECTOR, caches, mean_of, of_models, per_second, transfers
from dashboards.lines import BY_MODEL
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.panels import stat, table, timeseries
from glassbox.board.style import NEUTRAL, RED, YELLOW, Steps
from glassbox.board.tables import Next
from glassbox.board.variables import Variable
from glassbox.metrics import CATALOGUE, roles
from glassbox.metrics.of_vllm import work
from glassbox.metrics.roles import Role
from glassbox.metrics.types import Counter, Unit
from glassbox.query.expr import Expr, binary, many_to_one
from glassbox.query.promql import avg_by, first_by, instant, max_by, rate, ratio, sum_by
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, speculation, vllm_only
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import TARGET

_MODEL_CHOICE = Variable(
    name="model",
    title="Model",
    label="model_name",
    values_of=engine.RUNNING,
    narrows=(
        engine.RUNNING.level,
        *(part for name in ("vllm", "sglang") for metric in CATALOGUE[name] for part in metric.parts),
    ),
    optional=True,
)
_NO_DRAFTS = "No speculation"
_NO_SEARCH = "Not looked for"
_NO_ESTIMATE = "Not estimated: --enable-mfu-metrics is not set"


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    limits = settings.thresholds
    return dashboard(
        "kv-transfer-and-speculation",
        "KV transfer and speculation",
        question="Do KV caches arrive, are caches used, and do drafts pay?",
        variables=(JOB, _MODEL_CHOICE),
        leads_to=Next("llm-serving", "Where the time goes"),
        exempt_from=(
            ("fixed-window", "Its lines are compared with recorded series, which have the same five minutes."),
        ),
        rows=(_now(limits), *transfers(limits), *caches(), _speculation(limits), *_requests()),
    )


def _now(limits: Thresholds) -> Row:
    return row(
        "",
        stat(
            "Failed transfers",
            ratio(_all(vllm_only.FAILED), _all(f"{vllm_only.DONE}|{vllm_only.FAILED}")),
            why=f"Share of the KV transfers over the {last(RATE_WINDOW_SECONDS)} that failed. Above {percent(limits.kv_transfer_failed_ratio)} raises InferenceKVTransferFailing.",
            steps=Steps(NEUTRAL, ((limits.kv_transfer_failed_ratio, RED),)),
            empty=NO_CONNECTOR,
            may_be_empty=True,
        ),
        stat(
            "Transfer share of first token",
            max_by((), vllm_only.transfer_share()),
            why=f"The least share of the time to first token that KV transfers take, of the model with the largest. Above {percent(vllm_only.TRANSFER_BOUND_RATIO)}, the verdict may say Transfer-bound.",
            steps=Steps(NEUTRAL, ((vllm_only.TRANSFER_BOUND_RATIO, YELLOW),)),
            empty=NO_CONNECTOR,
            may_be_empty=True,
        ),
        stat(
            "Computed input",
            ratio(_total(vllm_only.computed_prompt_tokens()), _total(instant(engine.PROMPT_TOKENS))),
            why=f"Share of the input tokens over the {last(RATE_WINDOW_SECONDS)} that some server computed. The rest is read from caches and costs next to nothing.",
        ),
        stat(
            "Accepted drafts now",
            ratio(_total(instant(speculation.ACCEPTED_TOKENS)), _total(instant(speculation.DRAFT_TOKENS))),
            why=f"Share of the drafted tokens that the model accepts, over the {last(speculation.WINDOW)}. Red below {percent(limits.speculation_acceptance_low_ratio)}: drafts then cost more than they give.",
            steps=Steps(RED, ((limits.speculation_acceptance_low_ratio, NEUTRAL),)),
            empty=_NO_DRAFTS,
            may_be_empty=True,
        ),
        stat(
            "Corrupted requests now",
            (_total(instant(vllm_only.CORRUPTED)) * vllm_only.LONG_WINDOW_SECONDS).measured_in(Unit.REQUESTS),
            why=f"Requests that finished within the {last(vllm_only.LONG_WINDOW)} and had NaN among their logits. Any raises InferenceCorruptedOutput. vLLM looks for them only with VLLM_COMPUTE_NANS_IN_LOGITS=1.",
            steps=Steps(NEUTRAL, ((0.5, RED),)),
            empty=_NO_SEARCH,
            may_be_empty=True,
        ),
    )


def _speculation(limits: Thresholds) -> Row:
    return row(
        "Speculation",
        timeseries(
            "Accepted drafts",
            ratio(of_models(speculation.ACCEPTED_TOKENS), of_models(speculation.DRAFT_TOKENS)),
            why=f"Share of the drafted tokens that the model accepts. Below {percent(limits.speculation_acceptance_low_ratio)} raises InferenceSpeculationUseless. Where drafts are long, shorter ones have a larger share.",
            maximum=1,
            empty=_NO_DRAFTS,
            may_be_empty=True,
        ),
        timeseries(
            "Tokens of a draft",
            {
                "drafted": _per_draft(work.DRAFT_TOKENS).or_(_per_step(roles.STEP_DRAFT)),
                "accepted": _per_draft(work.ACCEPTED_TOKENS).or_(_per_step(roles.STEP_YIELD)),
            },
            why="Mean tokens that are drafted in a step, and that are accepted. A step yields one token more than are accepted. Of vLLM and SGLang.",
            empty=_NO_DRAFTS,
            may_be_empty=True,
            many=True,
        ),
        timeseries(
            "Accepted by position",
            binary(_by_position(), "/", per_second(work.DRAFTS) > 0, matching=many_to_one(BY_MODEL), unit=Unit.RATIO),
            why="Share of the drafts of which the token at this position is accepted, the first being 0. Positions that are hardly accepted cost more than they give: draft fewer tokens.",
            maximum=1,
            empty=_NO_DRAFTS,
            may_be_empty=True,
            many=True,
        ),
    )


def _requests() -> tuple[Row, Row]:
    return row(
        "Requests and GPUs",
        timeseries(
            "Corrupted requests",
            (of_models(vllm_only.CORRUPTED) * vllm_only.LONG_WINDOW_SECONDS).measured_in(Unit.REQUESTS),
            why=f"Requests that finished within {span(vllm_only.LONG_WINDOW)} and had NaN among their logits. One raises InferenceCorruptedOutput. vLLM looks for them only with VLLM_COMPUTE_NANS_IN_LOGITS=1.",
            empty=_NO_SEARCH,
            may_be_empty=True,
        ),
        timeseries(
            "Preemptions of a request",
            mean_of(work.REQUEST_PREEMPTIONS).measured_in(Unit.NONE),
            why="How often a finished request was preempted, on average. Its work was then done again. vLLM reports it since 0.30.",
        ),
        table(
            "LoRA adapters",
            first_by(TARGET, instant(work.LORA_REQUESTS)).measured_in(Unit.NONE),
            why="Adapters that each server runs and that wait for a place, as it noted them last. Requests that wait for one show as deferred on LLM serving. With several API servers, vLLM does not say which note is the last.",
            value=None,
            empty="No adapters",
            may_be_empty=True,
        ),
    ), row(
        "",
        timeseries(
            "Estimated operations of a GPU",
            avg_by(BY_MODEL, rate(work.ESTIMATED_FLOPS, "5m") > 0),
            why="Floating-point operations per second of each GPU, as vLLM estimates them from the model's shape. Over what the card can do, it is the model's utilisation (MFU).",
            empty=_NO_ESTIMATE,
            may_be_empty=True,
        ),
        timeseries(
            "Estimated memory traffic of a GPU",
            {
                "read": avg_by(BY_MODEL, rate(work.ESTIMATED_READ, "5m") > 0),
                "written": avg_by(BY_MODEL, rate(work.ESTIMATED_WRITTEN, "5m") > 0),
            },
            why="Bytes per second that each GPU reads from its memory and writes to it, as vLLM estimates them. Near what the card can do, decoding is bound by memory.",
            empty=_NO_ESTIMATE,
            may_be_empty=True,
            many=True,
        ),
    )


def _total(of_models: Expr) -> Expr:
    return sum_by((), of_models)


def _all(outcome: str) -> Expr:
    return _total(vllm_only.of_outcome(outcome))


def _per_draft(counter: Counter) -> Expr:
    return (per_second(counter) / (per_second(work.DRAFTS) > 0)).measured_in(Unit.TOKENS)


def _per_step(role: Role) -> Expr:
    """The same where an engine reports the mean of its steps, the token that is no draft included."""
    return avg_by(BY_MODEL, (instant(role) >= 1) - 1)


def _by_position() -> Expr:
    return sum_by((*BY_MODEL, "position"), rate(work.ACCEPTED_BY_POSITION, "5m"))
