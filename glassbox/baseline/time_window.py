"""The measured window: whole blocks of five minutes, up to now or to a given time."""

from glassbox.baseline.baseline_file import Baseline
from glassbox.baseline.judge import FEWEST_BLOCKS
from glassbox.baseline.profile import measured
from glassbox.errors import GlassboxError
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.times import end_of_window
from glassbox.query.measures import BLOCK_SECONDS, Measures
from glassbox.query.promql import duration_seconds
from glassbox.settings.model import Settings


def measure(
    measures: Measures, settings: Settings, prometheus: Prometheus, *, window: str, end: str | None
) -> Baseline:
    """The measurements of the window. Blocks begin at whole five minutes, so that the same window gives the same file.

    Raises GlassboxError for a window that is unreadable or too short to judge anything by, and when Prometheus refuses a query.
    """
    window_seconds = duration_seconds(window) // BLOCK_SECONDS * BLOCK_SECONDS
    if window_seconds < FEWEST_BLOCKS * BLOCK_SECONDS:
        shortest = FEWEST_BLOCKS * BLOCK_SECONDS // 60
        raise GlassboxError(f"A window of {window} is too short to judge anything by: give at least {shortest}m.")
    last = int(end_of_window(end)) // BLOCK_SECONDS * BLOCK_SECONDS
    return Baseline(last, window_seconds, measured(prometheus, measures, settings, last, window_seconds))
