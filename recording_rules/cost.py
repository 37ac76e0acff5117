"""What the GPUs of each host cost, what of that is paid for idling, and the power they draw.

A GPU costs its price whether it works or not. Idle is the share of time in which it is not active, so GPUs that
are active without doing much (see `gpu.ACTIVITY`) make it a lower bound. Recorded by host and not by exporter: one job
often measures all GPUs there are, and the hosts tell which of them serve a model.
"""

from functools import reduce

from kit.expr import Expr
from kit.promql import group_by, instant, sum_by
from kit.rules import Record, RecordGroup, Series
from kit.settings import Settings
from metrics.types import Unit
from recording_rules import gpu
from recording_rules.levels import GPU, TARGET

COST = Series("instance:gpu_cost_per_hour:sum", Unit.MONEY_PER_HOUR, TARGET)
IDLE_COST = Series("instance:gpu_idle_cost_per_hour:sum", Unit.MONEY_PER_HOUR, TARGET)
POWER = Record("instance:gpu_power_watts:sum", sum_by(TARGET, instant(gpu.POWER)), "Power drawn by the host's GPUs.")


def price(settings: Settings) -> Expr:
    """What each GPU that is measured costs an hour: by its model where the settings price that, else what all cost."""
    prices = settings.cost
    by_model = (gpu.of_model(model) * per_hour for model, per_hour in prices.gpu_prices_per_hour.items())
    others = group_by(GPU, instant(gpu.MEMORY_USED)) * prices.gpu_price_per_hour
    return reduce(Expr.or_, (*by_model, others)).measured_in(Unit.MONEY_PER_HOUR)


def idle(settings: Settings, activity: Expr) -> Expr:
    """What each GPU costs an hour for the share of time in which it is not active; `activity` is 0..1 by GPU."""
    return (price(settings) * (activity * -1 + 1)).measured_in(Unit.MONEY_PER_HOUR)


def group(settings: Settings) -> RecordGroup:
    """The rules with this installation's prices."""
    return RecordGroup(
        "cost",
        (
            COST.recorded(sum_by(TARGET, price(settings)), "Price of the host's GPUs for an hour."),
            IDLE_COST.recorded(
                sum_by(TARGET, idle(settings, instant(gpu.ACTIVITY))),
                "The part of it that is paid for idle GPUs; those whose activity nobody measures count as active.",
            ),
            POWER,
        ),
    )
