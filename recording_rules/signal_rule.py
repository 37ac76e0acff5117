"""One signal of the diagnosis: how it is declared, and the rule that it becomes.

There is one series for each model and signal, 1 where it holds, else 0. So the evidence of any verdict can be looked up later.
There is none where the model's engine does not report what the signal needs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from glassbox.metrics.engines import ENGINES
from glassbox.metrics.roles import Role
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant
from glassbox.query.readings import silent_about, unsure_about
from glassbox.query.reporters import EVERYBODY, Reporters
from glassbox.query.rules import Record, Series
from glassbox.query.selectors import Matcher, not_regex
from glassbox.settings.model import Settings
from recording_rules.known_models import KNOWN
from recording_rules.levels import MODEL

SIGNAL = Series("model:diagnosis_signal:bool", Unit.BOOLEAN, (*MODEL, "signal"))


@dataclass(frozen=True)
class Signal:
    """One observation. It holds for each model for which `condition` returns a series.

    `needs` are roles of which an engine must report one, and so are `and_needs`: of the models of others it is not known. Of an engine
    that reports them of some models only, it is known where it holds. With `known_of`, it is known of models for which this source
    has series. Of models for which `unknown_of` has series, it is known where it holds.
    """

    name: str
    condition: Callable[[Settings], Expr]
    means: str
    needs: tuple[Role, ...] = ()
    and_needs: tuple[Role, ...] = ()
    known_of: Record | None = None
    unknown_of: Expr | None = None

    @property
    def holds(self) -> Expr:
        """1 for each model for which it holds."""
        return instant(SIGNAL, signal=self.name).equals(1).reported_by(self._reporters())

    def recorded(self, settings: Settings) -> Record:
        """The rule: 1 or 0 for every known model whose engine reports what it needs."""
        holds = group_by(MODEL, self.condition(settings)).measured_in(Unit.BOOLEAN)
        seen = holds.and_(self._known_but_of(self._silent()))
        otherwise = self._known_but_of(self._unsure())
        if self.unknown_of:
            otherwise = otherwise.unless(self.unknown_of)
        return SIGNAL.recorded(seen.or_(otherwise * 0), self.means, signal=self.name)

    def _known_but_of(self, engines: tuple[str, ...]) -> Expr:
        """The known models, but those of these engines."""
        matchers: dict[str, Matcher] = {"inference_engine": not_regex("|".join(engines))} if engines else {}
        known = instant(KNOWN, **matchers)
        return known.and_(instant(self.known_of)) if self.known_of else known

    def _silent(self) -> tuple[str, ...]:
        """Engines of whose models it never holds."""
        return self._engines(silent_about)

    def _unsure(self) -> tuple[str, ...]:
        """Engines of whose models it is not known where it does not hold."""
        return self._engines(unsure_about)

    def _engines(self, about: Callable[..., tuple[str, ...]]) -> tuple[str, ...]:
        each = (about(*either) for either in (self.needs, self.and_needs) if either)
        found = {name for names in each for name in names}
        return tuple(engine.name for engine in ENGINES if engine.name in found)

    def _reporters(self) -> Reporters:
        return EVERYBODY.difference(self._silent()) if self.needs else None


def signal(
    means: str,
    *needs: Role,
    and_needs: tuple[Role, ...] = (),
    known_of: Record | None = None,
    unknown_of: Expr | None = None,
) -> Callable[[Callable[[Settings], Expr]], Signal]:
    """Declare a signal. The decorated function is its condition, which returns the models for which it holds, and gives it its name."""
    return lambda condition: Signal(condition.__name__, condition, means, needs, and_needs, known_of, unknown_of)
