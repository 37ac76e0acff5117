"""Rules outside of Grafana as backups hold them: the places that can be found again, and what going back changes there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassbox.errors import GlassboxError

if TYPE_CHECKING:
    from glassbox.compile.bundle import Json
    from glassbox.deploying.backups import Backup
    from glassbox.grafana.client import Grafana
    from glassbox.rule_places.place import RulePlace

_Key = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class _Kept:
    """A place as backups hold it: its parts before the oldest of them, None for those that were not there.

    `origin` is empty where an earlier version of this tool kept no more than the title; `identity` is of the oldest backup.
    """

    title: str
    origin: Mapping[str, str]
    identity: str
    before: Json

    @property
    def key(self) -> _Key:
        """What distinguishes it from other places."""
        return _key(self.origin or {"title": self.title})

    @property
    def not_kept(self) -> tuple[str, str]:
        """What an earlier version did not keep, and the option that may name the place or another one."""
        if self.title.startswith("the ruler at "):
            return "the tenant of that ruler", "--mimir"
        return "the folder that this path begins at", "--prometheus-rules"


class RulesBack:
    """Where the rules of backups are: at the ruler of a data source of this Grafana, if any, or at a place that the options name."""

    def __init__(self, grafana: Grafana | None, named: Sequence[RulePlace]) -> None:
        self._grafana = grafana
        self._named = tuple(named)
        self._places: dict[_Key, RulePlace | None] = {_key(place.origin): place for place in named}
        self._wanted: dict[tuple[str, ...], list[tuple[RulePlace, Mapping[str, Any]]]] = {}

    def of_named(self, backups: Sequence[Backup]) -> list[Backup]:
        """The backups that hold rules of a place that the options name, or of one that may be it."""
        return [backup for backup in backups if any(self._is_named(kept) for kept in _states([backup]))]

    def with_grafana(self, backups: Sequence[Backup], identity: str) -> list[Backup]:
        """The backups without those that hold nothing of Grafana and of a place that the options name, but for that of this id."""
        named = self.of_named(backups)
        return [each for each in backups if each.installation.url or each.identity == identity or each in named]

    def wanted(self, backups: Sequence[Backup]) -> list[tuple[RulePlace, Mapping[str, Any]]]:
        """Each place that can be found, with what it held before the oldest of these backups, which are the newest first.

        The same backups are read once.
        """
        identities = tuple(backup.identity for backup in backups)
        if identities not in self._wanted:
            self._wanted[identities] = list(self.in_turn(backups))
        return self._wanted[identities]

    def in_turn(self, backups: Sequence[Backup]) -> Iterator[tuple[RulePlace, Mapping[str, Any]]]:
        """The same, each content read anew when its turn comes: one ruler may have two addresses, and keeps what it got by the first."""
        for place, before in [(self._place(kept), kept.before) for kept in _states(backups)]:
            if place:
                yield place, place.back_to(before)

    def differs(self, backups: Sequence[Backup], must_be_known: bool) -> bool:
        """Whether it changes anything at places that can be found; GlassboxError where it must be known of all and one cannot be."""
        if any(place.touched(content) for place, content in self.wanted(backups)):
            return True
        if must_be_known and (missing := self._missing(backups)):
            titles = " and ".join(kept.title for kept in missing)
            raise GlassboxError(
                f"Backup {backups[-1].identity} holds rules in {titles}: {_advice(missing[0])}, "
                "or name an older backup with --to ID to go back further without them. Nothing was changed."
            )
        return False

    def left_alone(self, backups: Sequence[Backup]) -> list[str]:
        """A sentence about each place that cannot be found."""
        return [
            f"Rules in {kept.title} were changed too and are left as they are: {_advice(kept)}."
            for kept in self._missing(backups)
        ]

    def _missing(self, backups: Sequence[Backup]) -> list[_Kept]:
        """The places that cannot be found."""
        return [kept for kept in _states(backups) if self._place(kept) is None]

    def _place(self, kept: _Kept) -> RulePlace | None:
        if not kept.origin:
            self._refuse_a_guess(kept)
        if kept.key not in self._places:
            self._places[kept.key] = self._behind_grafana(kept) if "data_source" in kept.origin else None
        return self._places[kept.key]

    def _refuse_a_guess(self, kept: _Kept) -> None:
        """GlassboxError where the options name a place that may be this one."""
        if self._is_named(kept):
            unknown, option = kept.not_kept
            raise GlassboxError(f"Backup {kept.identity} of an earlier version holds rules in {kept.title} and does not say {unknown}, so nothing was changed: take these rules from its file by hand, and roll back without {option}.")  # fmt: skip  # a refusal is one line

    def _is_named(self, kept: _Kept) -> bool:
        """Whether the options name this place, or one that may be it."""
        if kept.origin:
            return any(kept.key == _key(place.origin) for place in self._named)
        options = {"--mimir" if "ruler" in place.origin else "--prometheus-rules" for place in self._named}
        return kept.not_kept[1] in options

    def _behind_grafana(self, kept: _Kept) -> RulePlace | None:
        """None without a Grafana; GlassboxError where that data source or its ruler is gone."""
        if self._grafana is None:
            return None
        # Only a rollback over rules needs it.
        from glassbox.rule_places.ruler_push import RulerPlace

        source = next((each for each in self._grafana.data_sources() if each.uid == kept.origin["data_source"]), None)
        ruler = self._grafana.ruler(source) if source else None
        if ruler is None:
            raise GlassboxError(f"Rules in {kept.title} cannot be brought back, since Grafana has no such data source with a ruler any more: nothing was changed.")  # fmt: skip  # a refusal is one line
        return RulerPlace(ruler, kept.origin["namespace"])


def changed_by_others(places: Sequence[Json], backups: Sequence[Backup], url: str) -> list[str]:
    """A sentence about each of these backups of other installations that holds one of the places, as a backup keeps them.

    The data source of a Grafana is another place than that of another; `url` is the Grafana that goes back, "" for none.
    """
    keys = {_key(each["origin"]) for each in places}
    return [
        f"Another installation changed rules in {kept.title} since, which become what they were before: backup {backup.identity} of {backup.installation}."
        for backup in backups
        for kept in _states([backup])
        if kept.key in keys and ("data_source" not in kept.origin or backup.installation.url == url)
    ]


def _advice(kept: _Kept) -> str:
    if not kept.origin:
        return f"backup {kept.identity} of an earlier version does not say {kept.not_kept[0]}"
    settings = ", with the ruler.tenant and ruler.namespace that were set then," * ("ruler" in kept.origin)
    return f"name that place with --prometheus-rules DIR or --mimir URL{settings} to bring them back"


def _states(backups: Sequence[Backup]) -> list[_Kept]:
    """Each place that these backups touched, the one that the oldest touched last."""
    states: dict[_Key, _Kept] = {}
    for backup in backups:
        for each in backup.places:
            found = _Kept(each["title"], _origin(each), backup.identity, each["before"])
            # A place counts by its oldest backup, and is called as in its newest.
            later = states.pop(found.key, found)
            states[found.key] = _Kept(later.title, found.origin, backup.identity, {**later.before, **found.before})
    return list(states.values())


def _origin(place: Json) -> Mapping[str, str]:
    """What distinguishes the place; of an earlier version's, what an absolute path says, or nothing."""
    title = place["title"]
    return place["origin"] or ({"folder": os.path.realpath(title)} if Path(title).is_absolute() else {})


def _key(origin: Mapping[str, str]) -> _Key:
    return frozenset(origin.items())
