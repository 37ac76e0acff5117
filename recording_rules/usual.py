"""What a served model usually does: means of the week before the last hour, over all its versions and without the times of trouble.

Times in which the share of truncated answers is a multiple of the usual one do not become the usual one, however long they
last. The same holds for lengths and token times while the model is slow. Where trouble fills the week, the last known value
stays. Less than an hour of history is not compared with.
"""

from collections.abc import Iterator

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant, over_steps, over_time, ratio, sum_by
from glassbox.query.rules import HistogramRecord, Record, RecordGroup, Series
from glassbox.query.selectors import Matcher, Source
from glassbox.query.wording import span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, memory, requests, signals, workload
from recording_rules.conditions import truncates_more_than_usual
from recording_rules.levels import SERVED
from recording_rules.memory import GONE_REMEMBERED, USUAL_OFFSET, USUAL_WINDOW

# Each sample is a mean of 5 minutes. A few hundred of them show the mix of a week.
_STEP = "30m"

# Only in times of trouble, so that what is usual can leave them out.
TRUNCATING = Series("served:inference_truncating:group", Unit.BOOLEAN, SERVED)


def groups(settings: Settings) -> tuple[RecordGroup, RecordGroup]:
    """The rules. A week moves slowly, so they are evaluated rarely."""
    truncated, work = tuple(_truncated(settings.thresholds)), tuple(_work())
    interval = settings.rare_interval_seconds
    return RecordGroup("usual-truncation", truncated, interval), RecordGroup("usual-work", work, interval)


def _truncated(limits: Thresholds) -> Iterator[Record]:
    """The usual share of truncated answers, and which models are far above it."""
    finished, trouble = requests.REQUESTS_FINISHED, instant(TRUNCATING)
    share = ratio(_usually(trouble, finished, finished_reason="length"), _usually(trouble, finished))
    yield _recorded(memory.USUAL_TRUNCATED, share, "Share of answers that are cut off at their token limit")
    yield TRUNCATING.recorded(
        group_by(SERVED, truncates_more_than_usual(limits)),
        "Models of which a version cuts off more answers than usual. There is no series for others.",
    )


def _work() -> Iterator[Record]:
    """The usual size of requests, and the usual speed."""
    yield _mean(memory.USUAL_PROMPT_LENGTH, workload.PROMPT_LENGTH, "Prompt tokens of a request")
    yield _mean(memory.USUAL_OUTPUT_LENGTH, workload.OUTPUT_LENGTH, "Output tokens of a request")
    yield _mean(memory.USUAL_TIME_PER_OUTPUT_TOKEN, workload.TIME_PER_OUTPUT_TOKEN, "Time for each output token")


def _mean(series: Series, histogram: HistogramRecord, what: str) -> Record:
    """The usual mean: a ratio of sums, so that each request weighs the same."""
    trouble = signals.slow.holds
    return _recorded(series, ratio(_usually(trouble, histogram.sum), _usually(trouble, histogram.count)), what)


def _usually(trouble: Expr, source: Source, **matchers: str | Matcher) -> Expr:
    """Mean of what all versions of a model do together, without the times of trouble."""
    untroubled = sum_by(SERVED, instant(source, **matchers)).unless(trouble, on=SERVED)
    return over_steps("avg", untroubled, USUAL_WINDOW, _STEP, offset=USUAL_OFFSET)


def _recorded(series: Series, usual: Expr, what: str) -> Record:
    kept = over_time("last", series, GONE_REMEMBERED).and_(instant(engine.RUNNING), on=SERVED)
    help = f"{what}: the mean of the {span(USUAL_WINDOW)} that ended {span(USUAL_OFFSET)} ago, all versions together, without times of trouble."
    return series.recorded(usual.measured_in(series.unit).or_(kept), help)
