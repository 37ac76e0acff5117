"""Whether a Prometheus or vmalert has loaded our groups of rules, and whether they can be evaluated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.http.sentences import on_one_line
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.rules_api import LoadedGroup, loaded_groups
from glassbox.prometheus.times import interval_seconds
from glassbox.rule_places.reloading import POLL_SECONDS, Reloader
from glassbox.rule_places.wanted_rules import groups_of

# vmalert loads in the background.
APPEARING_SECONDS = 10.0
# Beyond the interval within which a group is first evaluated.
EVALUATING_SECONDS = 30.0

RuleFiles = Mapping[str, Json]
"""The content of rule files by their names in the folder."""


@dataclass(frozen=True)
class Standing:
    """Our groups on a server: the names of those that it lacks or has in another form, and of those not evaluated yet.

    `failing` has the first error of each group that could not be evaluated.
    """

    missing: tuple[str, ...]
    waiting: tuple[str, ...]
    failing: Mapping[str, str]


def standing(files: RuleFiles, loaded: Collection[LoadedGroup], since: datetime | None = None) -> Standing:
    """How the groups of the files stand; `since` is when they must have been evaluated, None for ever."""
    found = {(group.file, group.name): group for group in loaded}
    missing, waiting, failing = [], [], {}
    for file, content in files.items():
        for group in content["groups"]:
            live = found.get((file, group["name"]))
            if live is None or _names(live) != _wanted_names(group):
                missing.append(group["name"])
            elif not live.known or (since and live.evaluated <= since):
                waiting.append(group["name"])
            elif error := next((f"{rule.name}: {rule.error}" for rule in live.rules if rule.error), ""):
                failing[group["name"]] = error
    return Standing(tuple(missing), tuple(waiting), failing)


def _names(group: LoadedGroup) -> Counter[str]:
    return Counter(rule.name for rule in group.rules)


def _wanted_names(group: Json) -> Counter[str]:
    return Counter(str(rule.get("alert") or rule.get("record")) for rule in group["rules"])


def confirm(
    prometheus: Prometheus, files: RuleFiles, changed: RuleFiles, reloader: Reloader, tell: Callable[[str], None]
) -> None:
    """Wait until every group of `files` is loaded, and those of `changed` have been evaluated without an error since now.

    Raises GlassboxError that says what is missing or fails. `tell` gets a line of what is waited for, if anything is.
    """
    _appear(prometheus, files, reloader)
    _, now = loaded_groups(prometheus)
    # The clock of the answer is rounded down.
    since, seconds = now + timedelta(seconds=1), longest_interval_seconds(changed) + EVALUATING_SECONDS
    if changed:
        count = len(groups_of(changed))
        told = "1 group has" if count == 1 else f"{count} groups have"
        tell(f"Waiting until {told} been evaluated, for at most {seconds:g} s.")
    for _ in range(int(seconds / POLL_SECONDS)):
        now_standing = standing(changed, loaded_groups(prometheus)[0], since)
        if now_standing.failing:
            group, error = next(iter(now_standing.failing.items()))
            raise GlassboxError(f"The group {group!r} cannot be evaluated ({on_one_line(error)})")
        if not now_standing.waiting and not now_standing.missing:
            return
        reloader.pause(POLL_SECONDS)
    late = now_standing.waiting or now_standing.missing
    raise GlassboxError(f"The group {late[0]!r} was not evaluated within {seconds:g} s")


def _appear(prometheus: Prometheus, files: RuleFiles, reloader: Reloader) -> None:
    for _ in range(int(APPEARING_SECONDS / POLL_SECONDS)):
        lacking = standing(files, loaded_groups(prometheus)[0]).missing
        if not lacking:
            return
        reloader.pause(POLL_SECONDS)
    raise GlassboxError(f"The server at {prometheus.url} did not load the group {lacking[0]!r}: name the folder's files under rule_files in its settings, such as rules/*.yaml")  # fmt: skip  # a refusal is one line


def longest_interval_seconds(files: RuleFiles) -> int:
    """The longest interval of the groups; 0 without any."""
    return max(map(interval_seconds, groups_of(files).values()), default=0)
