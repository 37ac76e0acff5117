"""Bring rule files to the folder of a Prometheus or vmalert: all of them, loaded and evaluated, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.files import temporary_folder
from glassbox.http.sentences import on_one_line
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import check_rules
from glassbox.prometheus.rules_api import loaded_groups
from glassbox.rule_places.confirming import confirm, standing
from glassbox.rule_places.group_changes import GroupChange, group_changes
from glassbox.rule_places.place import Content, RulePlace
from glassbox.rule_places.reloading import Reloader
from glassbox.rule_places.rule_folder import RuleFolder, parsed_files
from glassbox.rule_places.wanted_rules import groups_of

Texts = Mapping[str, str]


@dataclass(frozen=True)
class FolderPlace(RulePlace):
    """The folder of one Prometheus or vmalert, and how it is made to reload."""

    folder: RuleFolder
    reloader: Reloader

    @property
    def title(self) -> str:
        return str(self.folder.folder)

    @property
    def origin(self) -> dict[str, str]:
        return {"folder": str(self.folder.folder)}

    def held(self) -> dict[str, Any]:
        return dict(self.folder.ours())

    def content_of(self, files: Mapping[str, Json]) -> Content:
        return self.folder.texts_of(files)

    def plan_to(self, content: Content) -> list[GroupChange]:
        self.folder.refuse_foreign(content)
        return _changes(content, self.folder.ours())

    def touched(self, content: Content) -> dict[str, Any]:
        held = self.folder.ours()
        return {name: held.get(name) for name in sorted({*held, *content}) if held.get(name) != content.get(name)}

    def push_to(self, content: Content, tell: Callable[[str], None]) -> list[GroupChange]:
        """As for every place; without a server to ask, the files are written and nothing else is known."""
        self.folder.refuse_foreign(content)
        _check(content)
        with self.folder.alone():
            return _Push(self.folder, self.folder.ours(), content, self.reloader, tell).carried_out()


def _changes(wanted: Texts, live: Texts) -> list[GroupChange]:
    return group_changes(groups_of(parsed_files(wanted)), groups_of(parsed_files(live)))


def _check(texts: Texts) -> None:
    """Raise GlassboxError with the first thing that promtool finds."""
    with temporary_folder("rules") as made:
        files = [made / name for name in texts]
        for file in files:
            file.write_text(texts[file.name], encoding="utf-8")
        problems = check_rules(files) if files else []
    if problems:
        first = on_one_line(problems[0].replace(f"{made}/", ""))
        raise GlassboxError(f"promtool refuses the rules, and nothing was written: {first}.")


@dataclass(frozen=True)
class _Push:
    """One push to a folder that is held: our files as they are, by their names, and as they are wanted."""

    folder: RuleFolder
    before: Texts
    wanted: Texts
    reloader: Reloader
    tell: Callable[[str], None]

    def carried_out(self) -> list[GroupChange]:
        changed = {name: text for name, text in self.wanted.items() if self._may_differ(name)}
        if changed or self.before != self.wanted or self.folder.is_unconfirmed:
            self._replace(changed)
        elif self.reloader.prometheus:
            self._have_loaded(self.reloader.prometheus)
        if self.reloader.prometheus:
            self._report_others(self.reloader.prometheus, changed)
        else:
            self.tell(self._not_asked())
        return _changes(self.wanted, self.before)

    def _not_asked(self) -> str:
        if self.reloader.can_reload:
            return f"Whether the server loaded the files in {self.folder.folder} is not known: give --prometheus URL, which asks it."
        return f"No Prometheus was told of the files in {self.folder.folder}: reload it, or give --prometheus URL, which also asks whether they work."

    def _may_differ(self, name: str) -> bool:
        """Whether the server may have another version of this file than the wanted one."""
        return self.folder.is_unconfirmed or self.wanted[name] != self.before.get(name)

    def _replace(self, changed: Texts) -> None:
        self.folder.mark_unconfirmed()
        try:
            self.folder.replace(self.before, self.wanted)
            if self.reloader.can_reload:
                self.reloader.reload()
            if self.reloader.prometheus:
                self._confirm(self.reloader.prometheus, parsed_files(changed))
                self.folder.mark_confirmed()
        except GlassboxError as error:
            raise GlassboxError(f"{_inside(error)}; {self._brought_back(_inside(error))}.") from None
        except BaseException:
            # Ctrl-C while it waits.
            self.tell(f"Interrupted: {self._brought_back()}.")
            raise

    def _confirm(self, prometheus: Prometheus, changed: Mapping[str, Json]) -> None:
        confirm(prometheus, parsed_files(self.wanted), changed, self.reloader, self.tell)

    def _brought_back(self, problem: str = "") -> str:
        """Restore the files from before and have them loaded; the end of a sentence about `problem` that says how that went."""
        try:
            self.folder.replace(self.folder.ours(), self.before)
        except GlassboxError as error:
            return f"the files from before could not be brought back, so look at {self.folder.folder} ({_inside(error)})"  # fmt: skip  # one thing is one line
        if not self.reloader.can_reload:
            return "the files from before are back"
        try:
            self.reloader.reload()
        except GlassboxError as error:
            again = _inside(error)
            return "the files from before are back, but could not be loaded again" + ("" if again == problem else f" ({again})")  # fmt: skip  # one thing is one line
        self.folder.mark_confirmed()
        return "the files from before are back and loaded again"

    def _have_loaded(self, prometheus: Prometheus) -> None:
        """Reload where the files are right and the server lacks some, as after a change of its settings."""
        files = parsed_files(self.wanted)
        missing = standing(files, loaded_groups(prometheus)[0]).missing
        if missing:
            self.reloader.reload()
            lacking = {name: each for name, each in files.items() if groups_of({name: each}).keys() & set(missing)}
            self._confirm(prometheus, lacking)

    def _report_others(self, prometheus: Prometheus, changed: Texts) -> None:
        unchanged = parsed_files({name: text for name, text in self.wanted.items() if name not in changed})
        for group, error in standing(unchanged, loaded_groups(prometheus)[0]).failing.items():
            self.tell(f"The group {group!r}, which this push did not change, cannot be evaluated: {on_one_line(error)}.")  # fmt: skip  # one thing is one line


def _inside(error: GlassboxError) -> str:
    return str(error).rstrip(".")
