"""What targets do: answer, answer with gaps, loop, stop answering, or start. Recorded, so that the alerts on outages read it once.

Each word is about `up`, whose samples say that a scrape succeeded (1) or failed (0). A scrape that Prometheus itself left out
leaves the newest sample as it is for five minutes, so that a gap of Prometheus is not an outage.
"""

from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import count_by, instant, over_steps, over_time, sum_by
from glassbox.query.rules import RecordGroup, Series
from glassbox.query.selectors import Source
from glassbox.settings.model import Settings
from recording_rules import engine, requests, targets
from recording_rules.levels import PLACE, TARGET
from recording_rules.memory import GONE_REMEMBERED, LAST_MINUTE

# Below a half by as much as one scrape of ten minutes makes: a target that fails every second one still answers.
_FLAPPING_UP_RATIO = 0.45
# A target that fails scrapes now and then has stopped once it has not answered for about a minute.
GAP = LAST_MINUTE
# A target was known some time ago if it was at any time of a quarter of an hour until then: a restart of Prometheus fits in.
_KNOWN_WITHIN = "15m"

# By every label of the target: its pod, say, leads to the process.
DOWN = Series("target:inference_down:code", Unit.NONE, scrape.UP.all_labels)
STEADY = Series("place:inference_targets_steady:count", Unit.NONE, PLACE)


def group(settings: Settings) -> RecordGroup:
    """The rules, with this installation's time for a start."""
    return RecordGroup(
        "answering",
        (
            DOWN.recorded(
                _down(settings.thresholds.start_seconds),
                "Targets that stopped answering (0), that do not start (-1), or that are in a crash loop (their share of good scrapes). There is no series for others.",
            ),
            STEADY.recorded(
                count_by(PLACE, _steady()), "Targets that answer, with gaps or without, and are not in a crash loop."
            ),
        ),
    )


def _down(start_seconds: int) -> Expr:
    """What did not answer yet is not among them until it should have started."""
    silent = instant(scrape.UP).equals(0).unless(_answers_with_gaps())
    stopped = silent.and_(_answered_lately()) * 0
    not_started = silent.and_(_known_for(start_seconds)) * 0 - 1
    # A loop is said as one, and a target stays one alert while it changes.
    return _flapping().or_(stopped).or_(not_started)


def _flapping() -> Expr:
    """The share of scrapes that succeeded, for targets that go down repeatedly and are down more than up."""
    each = instant(scrape.UP) * 0 + 1
    return each.taking((), instant(targets.GAPS) < _FLAPPING_UP_RATIO, on=TARGET).measured_in(Unit.RATIO)


def _answers_with_gaps() -> Expr:
    """Targets that fail scrapes again and again, and answered within the last minute."""
    return over_time("max", scrape.UP, GAP).equals(1).and_(instant(targets.GAPS), on=TARGET)


def _steady() -> Expr:
    answers = instant(scrape.UP).equals(1).or_(_answers_with_gaps())
    return answers.unless(instant(targets.GAPS) < _FLAPPING_UP_RATIO, on=TARGET)


def _answered_lately() -> Expr:
    """Targets that answered within the remembered hour: what is silent and among them has stopped, what is not may be starting."""
    return over_time("max", scrape.UP, GONE_REMEMBERED).equals(1)


def _known_for(seconds: int) -> Expr:
    """Targets that Prometheus knew that long ago: one that is silent and never answered since does not start."""
    return over_time("last", scrape.UP, _KNOWN_WITHIN, offset=f"{seconds}s")


def in_use(level: tuple[str, ...]) -> Expr:
    """What finished or ran requests when it was last seen, within the remembered hour.

    Versions are added up at each step, so that one that left during a roll-out does not stand for what is idle today.
    """
    used = _last(level, requests.REQUESTS) > 0
    return used.or_(_last(level, engine.RUNNING) > 0)


def _last(level: tuple[str, ...], source: Source) -> Expr:
    return over_steps("last", sum_by(level, instant(source)), GONE_REMEMBERED, "1m")
