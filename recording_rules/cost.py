"""What each GPU costs per hour, and how much of that pays for idle time: queries of the cost board for the chosen hosts.

A GPU costs its price whether it works or not. Idle is the share of time in which it is not active. GPUs that are active
without doing much (see `gpu.ACTIVITY`) make it a lower bound. Nothing is recorded, since a series for each host is as many
as there are replicas. So the settings' prices also apply to the past.
"""

from functools import reduce

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import max_by
from glassbox.settings.model import Settings
from recording_rules import gpu, gpu_users
from recording_rules.levels import GPU


def price(settings: Settings) -> Expr:
    """What each measured GPU costs per hour: the price of its model in the settings, else the common price."""
    prices = settings.cost
    by_model = (gpu.of_model(model) * per_hour for model, per_hour in prices.gpu_prices_per_hour.items())
    # One series for each GPU already: a `group` would double the time that a board's range takes.
    others = gpu.MEASURED * 0 + prices.gpu_price_per_hour
    return reduce(Expr.or_, (*by_model, others)).measured_in(Unit.MONEY_PER_HOUR)


def of_models(settings: Settings) -> Expr:
    """What the GPUs of each model's own pods cost per hour, where these are known; pods that share a GPU share its price."""
    return gpu_users.shared_out(max_by(GPU, price(settings)))


def idle(settings: Settings, activity: Expr) -> Expr:
    """What each GPU costs per hour for the share of time in which it is not active; `activity` is 0..1 by GPU.

    GPUs whose activity is not measured count as active.
    """
    return (price(settings) * (activity * -1 + 1)).measured_in(Unit.MONEY_PER_HOUR)
