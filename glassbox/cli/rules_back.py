"""Rules beside Grafana as backups hold them: the places that can be found again, and what going back changes there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glassbox.errors import GlassboxError

if TYPE_CHECKING:
    from glassbox.compile.bundle import Json
    from glassbox.deploying.backups import Backup
    from glassbox.grafana.client import Grafana
    from glassbox.rule_places.place import RulePlace


class RulesBack:
    """Where the rules of backups are: at the ruler of a data source of this Grafana, or at a place that the options name."""

    def __init__(self, grafana: Grafana, named: Sequence[RulePlace]) -> None:
        self._grafana = grafana
        self._places: dict[str, RulePlace | None] = {place.title: place for place in named}

    def wanted(self, backups: Sequence[Backup]) -> list[tuple[RulePlace, Mapping[str, Any]]]:
        """Each place that can be found, with what it held before the oldest of these backups, which are the newest first."""
        found = ((self._place(title, origin), before) for title, (origin, before) in _states(backups).items())
        return [(place, place.back_to(before)) for place, before in found if place]

    def differs(self, backups: Sequence[Backup], must_be_known: bool) -> bool:
        """Whether it changes anything at places that can be found; GlassboxError where it must be known of all and one cannot be."""
        if any(place.touched(content) for place, content in self.wanted(backups)):
            return True
        if must_be_known and (missing := self._missing(backups)):
            raise GlassboxError(
                f"Backup {backups[-1].identity} holds rules in {' and '.join(missing)}: name that place with --prometheus-rules DIR or --mimir URL "
                "to bring them back, or an older backup with --to ID to go back further without them. Nothing was changed."
            )
        return False

    def left_alone(self, backups: Sequence[Backup]) -> list[str]:
        """A sentence about each place that cannot be found."""
        return [
            f"Rules in {title} were changed too and are left as they are: name that place with --prometheus-rules DIR or --mimir URL to bring them back."
            for title in self._missing(backups)
        ]

    def _missing(self, backups: Sequence[Backup]) -> list[str]:
        """The titles of the places that cannot be found."""
        return [title for title, (origin, _) in _states(backups).items() if self._place(title, origin) is None]

    def _place(self, title: str, origin: Mapping[str, str]) -> RulePlace | None:
        if title not in self._places:
            self._places[title] = self._behind_grafana(title, origin) if origin else None
        return self._places[title]

    def _behind_grafana(self, title: str, origin: Mapping[str, str]) -> RulePlace:
        """GlassboxError where that data source or its ruler is gone."""
        # Only a rollback over rules needs it.
        from glassbox.rule_places.ruler_push import RulerPlace  # noqa: PLC0415

        source = next((each for each in self._grafana.data_sources() if each.uid == origin["data_source"]), None)
        ruler = self._grafana.ruler(source) if source else None
        if ruler is None:
            raise GlassboxError(f"Rules in {title} cannot be brought back, since Grafana has no such data source with a ruler any more: nothing was changed.")  # fmt: skip  # a refusal is one line
        return RulerPlace(ruler, origin["namespace"])


def _states(backups: Sequence[Backup]) -> dict[str, tuple[Mapping[str, str], Json]]:
    """Where each place is found, and its parts as they were before the oldest of these backups that touched them."""
    states: dict[str, tuple[Mapping[str, str], Json]] = {}
    for backup in backups:
        for each in backup.places:
            later = states.get(each["title"], ({}, {}))[1]
            states[each["title"]] = each["origin"], {**later, **each["before"]}
    return states
