"""Speculation: what engines draft, and how much of it the model accepts. No series exists for a server that does not speculate.

Most engines count both. SGLang reports the mean of each step of its last log interval instead: how many tokens it checks, and how
many it yields, the one that is no draft among them. Its tokens over what a step yields are its steps, so with steps of equal
drafts the share that is accepted is exact, and of drafts that change it is that of the means (0.5.23,
`managers/scheduler_components/metrics_reporter.py`).
"""

from glassbox.metrics import roles
from glassbox.metrics.roles import Role
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import duration_seconds, instant, max_by, over_time, rate, ratio, sum_by
from glassbox.query.rules import Record, RecordGroup
from glassbox.settings.model import Thresholds
from recording_rules.conditions import served_now
from recording_rules.levels import MODEL
from recording_rules.workload import ENGINE

GROUP = RecordGroup("speculation")

# Shares of tokens vary with what is written.
WINDOW = "10m"
# Some 2,000 drafts of 5 tokens: the share of accepted ones is then known to half a percent.
DRAFT_TOKENS_NOTABLE = 10_000


def _mean(role: Role) -> Expr:
    """Of each engine within the window."""
    return max_by(ENGINE, over_time("avg", role, WINDOW))


# A step without an accepted token yields one.
_TOKENS = sum_by(ENGINE, rate(roles.LIVE_GENERATION_TOKENS, WINDOW))
_STEPS = _TOKENS / (_mean(roles.STEP_YIELD) >= 1)
_DRAFTED = sum_by(MODEL, _STEPS * ((_mean(roles.STEP_DRAFT) > 1) - 1))
_ACCEPTED = sum_by(MODEL, _TOKENS - _STEPS.measured_in(Unit.TOKENS_PER_SECOND))

DRAFT_TOKENS = Record(
    "model:inference_speculation_draft_tokens:rate10m",
    sum_by(MODEL, rate(roles.DRAFT_TOKENS, WINDOW)).or_(_DRAFTED.measured_in(Unit.TOKENS_PER_SECOND)),
    "Tokens per second that speculation drafts.",
)
ACCEPTED_TOKENS = Record(
    "model:inference_speculation_accepted_tokens:rate10m",
    sum_by(MODEL, rate(roles.ACCEPTED_TOKENS, WINDOW)).or_(_ACCEPTED),
    "Tokens of drafts per second that the model accepts.",
)


def speculates_in_vain(limits: Thresholds) -> Expr:
    """The share of drafted tokens that are accepted, where it is too small to pay for the drafts, of models that draft enough."""
    drafted = instant(DRAFT_TOKENS)
    share = ratio(instant(ACCEPTED_TOKENS), drafted) < limits.speculation_acceptance_low_ratio
    return served_now(share.and_(drafted * duration_seconds(WINDOW) >= DRAFT_TOKENS_NOTABLE))
