"""Cost and energy: what does the work cost, and what do idle GPUs cost?

Money is the sum over the chosen hosts, and work is the sum over the chosen services. Every price of work is one sum over
another. Over the chosen time range all of them are summed at the same steps, so the length of a step cancels out.
"""

from collections.abc import Callable

from dashboards.choices import GPU_INSTANCE, GPU_JOB, JOB, MODEL
from dashboards.states import NOT_MEASURED
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import Stat, comparison, stat, timeseries
from glassbox.board.style import NEUTRAL, YELLOW, Steps
from glassbox.board.tables import DrillDown, Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, binary, many_to_one
from glassbox.query.promql import CHOSEN_RANGE, duration_seconds, instant, max_by, over_range, over_time, ratio, sum_by
from glassbox.query.wording import percent, span
from glassbox.settings.model import Settings
from recording_rules import cost, engine, gpu, gpu_users, requests, workload
from recording_rules.gpu_conditions import PAID_WINDOW
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import GPU, SERVED, SLOT
from recording_rules.vllm_only import computed_prompt_tokens

_SECONDS_PER_HOUR = 3600
_MILLION, _THOUSAND = 1_000_000, 1000
_TO_ALL = many_to_one(())

# As wide as the longest titles.
_WIDE = Size(width=4, height=4)
# Nothing that is divided by: nobody works, or nobody reports it.
_NO_WORK = "No work or no GPU seen"
_NO_GPU = "GPUs not measured"
_TOGETHER = "It is not always known which GPUs serve a model, so choose hosts and services that belong together."
_CACHED = "Input tokens from a cache, or computed by another service, cost next to nothing and are left out."
_FOR_NOBODY = "Tokens of answers that callers give up count too, so it looks low where nobody is answered."
_PRICES = "Prices come from the settings (cost). A GPU costs its price whether it works or not."

_COUNTED_WITHIN = "1h"

# How a sum is read: as it is now, or summed over the steps of the chosen time range.
Reading = Callable[[Expr], Expr]
_STEP = "1m"


def _range_sum(total: Expr) -> Expr:
    return over_range("sum", total, step=_STEP)


def _idle(settings: Settings) -> Expr:
    return cost.idle(settings, instant(gpu.ACTIVITY))


class _Sums:
    """Money, work and power of all that is chosen, read in one way."""

    def __init__(self, settings: Settings, read: Reading) -> None:
        self.paid = read(sum_by((), cost.price(settings)))
        self.idle = read(sum_by((), _idle(settings)))
        self.watts = read(sum_by((), instant(gpu.POWER)))
        self.output = read(sum_by((), instant(engine.GENERATION_TOKENS)))
        self.tokens = read(sum_by((), computed_prompt_tokens())) + self.output
        self.pages = read(sum_by((), _pages(settings)))

    @property
    def idle_share(self) -> Expr:
        return ratio(self.idle, self.paid)

    @property
    def tokens_per_joule(self) -> Expr:
        return ratio(self.tokens, self.watts).measured_in(Unit.TOKENS_PER_JOULE)

    def price_of(self, amount: int, per_second: Expr) -> Expr:
        """The cost of this amount of work; no value where no work is done."""
        return (ratio(self.paid, per_second) * amount / _SECONDS_PER_HOUR).measured_in(Unit.MONEY)


def _pages(settings: Settings) -> Expr:
    """Pages per second of each model: those that its service counts, else those that its requests stand for."""
    read = sum_by(SERVED, instant(requests.REQUESTS)).unless(_chats(), on=SERVED)
    stood_for = read * settings.cost.pages_per_request
    # Our exporter reports 0 pages for a service that counts none, and for one that fails.
    counts = max_by(SERVED, over_time("max", requests.PAGES, _COUNTED_WITHIN)) > 0
    counted = sum_by(SERVED, instant(requests.PAGES)).and_(counts)
    return counted.or_(stood_for).measured_in(Unit.PAGES_PER_SECOND)


def _chats() -> Expr:
    """Models that write tokens and were sent no image lately. Where vLLM is too old to count images, requests may be pages."""
    images = max_by(SERVED, over_time("max", workload.MM_CACHE_QUERIES, _COUNTED_WITHIN))
    written = max_by(SERVED, over_time("max", engine.GENERATION_TOKENS, _COUNTED_WITHIN))
    return (written > 0).and_(images.equals(0), on=SERVED)


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    now = _Sums(settings, lambda total: total)
    return dashboard(
        "cost-and-energy",
        "Cost and energy",
        question="What does the work cost, and what do idle GPUs cost?",
        variables=(JOB, MODEL, GPU_JOB, GPU_INSTANCE),
        leads_to=Next("gpu", "What these GPUs do"),
        rows=(
            _now(now),
            *_range(_Sums(settings, _range_sum)),
            _course(now, settings),
            _energy(now),
            _models(now, settings),
            _gpus(settings),
        ),
    )


def _price(title: str, price: Expr, why: str, size: Size = Stat.size) -> Stat:
    """What work cost. Without work there is no price."""
    return stat(title, price, why=f"{why} {_TOGETHER}", size=size, empty=_NO_WORK)


def _now(now: _Sums) -> Row:
    """The current numbers, readable without an axis. They are queried once, since each has its history below."""
    return row(
        "",
        stat("Cost per hour", now.paid, why=f"What the chosen GPUs cost. {_PRICES}", empty=NOT_MEASURED),
        stat(
            "Idle per hour",
            now.idle,
            why="The part of the cost that pays for time in which GPUs are not active. It is a lower bound: an active GPU may do little. The last table names the GPUs.",
            empty=NOT_MEASURED,
        ),
        stat(
            "Idle share",
            now.idle_share,
            why="Idle cost over total cost, so an expensive GPU weighs more than a cheap one.",
            empty=NOT_MEASURED,
        ),
        _price(
            "Per million output tokens",
            now.price_of(_MILLION, now.output),
            f"Cost of all chosen GPUs over the tokens that the chosen services generate. Both are means over {span(RATE_WINDOW_SECONDS)}. {_FOR_NOBODY}",
            size=_WIDE,
        ),
        _price(
            "Per million tokens",
            now.price_of(_MILLION, now.tokens),
            f"The same for input and output tokens together. {_CACHED} Compare it only with work of similar lengths. {_FOR_NOBODY}",
            size=_WIDE,
        ),
        _price(
            "Per 1,000 pages",
            now.price_of(_THOUSAND, now.pages),
            "Cost of all chosen GPUs over the pages that the services count. Where a service counts none, its finished requests times pages_per_request are used, failed ones too. Models that write tokens and are sent no images have no pages. There is no value where none finishes. Choose the OCR services.",
            size=_WIDE,
        ),
        stat(
            "Tokens per joule",
            now.tokens_per_joule,
            why=f"Input and output tokens per joule that the chosen GPUs draw, without input from caches. Higher is better, and larger batches raise it. Tokens of answers that callers give up count too. {_TOGETHER}",
            empty=_NO_GPU,
        ),
    )


def _range(chosen: _Sums) -> tuple[Row, Row]:
    """The same over the time range: what was paid within it, over what was done within it."""

    def total(per_hour: Expr, unit: Unit) -> Expr:
        return (per_hour * duration_seconds(_STEP) / _SECONDS_PER_HOUR).measured_in(unit)

    why = "Within the chosen time range: what all GPUs cost, including quiet hours, over what was done."
    money = (
        stat(
            "Cost, range",
            total(chosen.paid, Unit.MONEY),
            why=f"What the chosen GPUs cost within the time range, as far back as Prometheus keeps data. {_PRICES}",
            empty=NOT_MEASURED,
        ),
        stat(
            "Idle cost, range",
            total(chosen.idle, Unit.MONEY),
            why="The part of the cost that paid for time in which GPUs were not active.",
            empty=NOT_MEASURED,
        ),
        stat("Idle share, range", chosen.idle_share, why="Idle cost over total cost.", empty=NOT_MEASURED),
        stat(
            "Energy, range",
            total(chosen.watts, Unit.WATT_HOURS),
            why="Energy that the chosen GPUs drew within the time range, without their hosts and cooling.",
            empty=NOT_MEASURED,
        ),
    )
    work = (
        _price("Per million output tokens, range", chosen.price_of(_MILLION, chosen.output), why),
        _price("Per million tokens, range", chosen.price_of(_MILLION, chosen.tokens), why),
        _price("Per 1,000 pages, range", chosen.price_of(_THOUSAND, chosen.pages), why),
        stat(
            "Tokens per joule, range",
            chosen.tokens_per_joule,
            why=f"All tokens over all energy. {_TOGETHER}",
            empty=_NO_GPU,
        ),
    )
    return row("Over the chosen time range", *money), Row("", work)


def _course(now: _Sums, settings: Settings) -> Row:
    return row(
        "Money",
        timeseries(
            "Paid and idle",
            {"paid": now.paid, "idle": now.idle},
            why="Cost per hour at each point in time, and the part of it for idle GPUs. If idle cost follows the time of day, scale with the load. If it stays, use fewer GPUs.",
            empty=NOT_MEASURED,
        ),
        timeseries(
            "Per million tokens over time",
            {"output": now.price_of(_MILLION, now.output), "all": now.price_of(_MILLION, now.tokens)},
            why=f"It falls with load, since idle GPUs cost the same. Input from caches is left out. Its lowest level is what well-filled GPUs achieve. {_FOR_NOBODY} {_TOGETHER}",
            empty=_NO_GPU,
        ),
        timeseries(
            "Per 1,000 pages over time",
            now.price_of(_THOUSAND, now.pages),
            why=f"It falls with load. A rise at equal load means more tokens per page, retries, or a slower front end. {_TOGETHER}",
            empty=_NO_GPU,
        ),
        timeseries(
            "Idle by host",
            sum_by(("instance",), _idle(settings)),
            why="Cost per hour of the idle GPUs of each host. A host above its peers gets no requests from the router, or serves nobody.",
            empty=NOT_MEASURED,
        ),
    )


def _energy(now: _Sums) -> Row:
    return row(
        "Energy",
        timeseries(
            "Power by GPU exporter",
            sum_by(("job",), instant(gpu.POWER)),
            why="Power that the chosen GPUs draw, without their hosts and cooling. What they draw without requests is the electricity that idling costs.",
            empty=NOT_MEASURED,
            size=Size(width=12),
        ),
        timeseries(
            "Tokens per joule over time",
            now.tokens_per_joule,
            why=f"It rises with load, as batches grow. A fall at equal load means longer answers or throttling. {_TOGETHER}",
            size=Size(width=12),
            empty=_NO_GPU,
        ),
    )


def _models(now: _Sums, settings: Settings) -> Row:
    output = sum_by(SERVED, instant(engine.GENERATION_TOKENS))
    share = binary(output, "/", now.output > 0, matching=_TO_ALL, unit=Unit.RATIO)
    by_share = binary(share, "*", now.paid, matching=_TO_ALL, unit=Unit.MONEY_PER_HOUR)
    known = instant(gpu_users.JUDGED)
    columns = {
        "Input": sum_by(SERVED, instant(engine.PROMPT_TOKENS)),
        "Computed input": sum_by(SERVED, computed_prompt_tokens()),
        "Output": output,
        "Pages": _pages(settings),
        "Share of output tokens": share,
        "Cost per hour": cost.of_models(settings).or_(by_share.unless(known, on=SERVED)),
    }
    return row(
        "Who does the work?",
        comparison(
            "Models",
            columns,
            why="What each model does, its input without what caches hold, and the cost of the GPUs that its pods have, where exporters name these pods. Elsewhere the cost is divided by output tokens: a rule for division, not a measurement. Click a model to see where its time goes.",
            largest_first="Output",
            drill_down=DrillDown("model_name", "llm-serving", MODEL.name, keeping=(JOB,)),
            empty="No model",
        ),
    )


def _gpus(settings: Settings) -> Row:
    # The window still contains GPUs that have gone; what is measured now does not.
    activity = max_by(GPU, over_time("avg", gpu.ACTIVITY, CHOSEN_RANGE)).and_(gpu.MEASURED)
    idle_ratio = settings.gpu.idle_ratio
    runbook = "GPUIdleButPaid"
    if url := settings.runbook_url(runbook):
        runbook = f"[{runbook}]({url})"
    columns = {
        "Activity": activity,
        "Memory": ratio(instant(gpu.MEMORY_USED), instant(gpu.MEMORY_TOTAL)),
        "Power": instant(gpu.POWER),
        "Price per hour": cost.price(settings),
        "Idle money per hour": cost.idle(settings, activity),
    }
    columns = {title: max_by(SLOT, each) for title, each in columns.items()}
    return row(
        "Which GPUs idle?",
        comparison(
            "GPUs",
            columns,
            why=f"Each GPU's mean activity within the chosen time range, and what the idle rest of that time costs per hour. Below {percent(idle_ratio)} over {span(PAID_WINDOW)}, with memory in use, raises {runbook}. If a price is wrong for a card, the settings do not name its model. Click a host to see its GPUs.",
            steps={"Activity": Steps(YELLOW, ((idle_ratio, NEUTRAL),))},
            largest_first="Idle money per hour",
            drill_down=DrillDown("instance", "gpu", GPU_INSTANCE.name, keeping=(GPU_JOB,)),
            size=Size(height=9),
            empty=NOT_MEASURED,
        ),
    )
