"""The folder from which a Prometheus or vmalert reads our rule files.

Ours are the files whose first line is our mark, which names the installation; every other file is left alone. A file is
replaced whole: written beside its place, synced, renamed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import yaml_text
from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.http.yaml_text import parsed

OPTION = "--prometheus-rules"
# Prometheus runs as a user of its own.
_MODE = 0o644


class RuleFolder:
    """A folder with files of one installation, named after its folder in Grafana; raises GlassboxError if it is not a folder."""

    def __init__(self, folder: Path, installation: str) -> None:
        if not folder.is_dir():
            raise GlassboxError(f"{folder} of {OPTION} is not a folder: create it, and name its files under rule_files in Prometheus' settings.")  # fmt: skip  # a refusal is one line
        self.folder, self.installation = folder.resolve(), installation
        self._mark = (
            f"# Rules of the Glassbox installation {installation}: written by a push, which replaces changes made here."
        )
        # A glob such as *.yaml must not meet it.
        self._unconfirmed = self.folder / f".{installation}-rules.unconfirmed"

    def texts_of(self, files: Mapping[str, Json]) -> dict[str, str]:
        """The files as they stand in the folder, by their names there."""
        return {f"{self.installation}-{name}": f"{self._mark}\n{yaml_text(content)}" for name, content in files.items()}

    def ours(self) -> dict[str, str]:
        """The text of each file of ours, by its name; raises GlassboxError for a folder or file that cannot be read."""
        try:
            names = sorted(path.name for path in self.folder.iterdir() if path.suffix in (".yaml", ".yml"))
        except OSError as error:
            raise self._unusable("cannot be read", error) from None
        texts = ((name, self._text(name)) for name in names)
        return {name: text for name, text in texts if text.startswith(self._mark)}

    def refuse_foreign(self, texts: Mapping[str, str]) -> None:
        """Raise GlassboxError where a file of somebody else has a name that we need, and for a text without our mark."""
        ours = self.ours()
        for name, text in texts.items():
            if not text.startswith(self._mark):
                raise GlassboxError(f"The rules for {self.folder / name} do not begin with the mark of this installation, so nothing was changed: take them by hand from where they come from, such as a backup.")  # fmt: skip  # a refusal is one line
            if name not in ours and os.path.lexists(self.folder / name):
                raise GlassboxError(f"{self.folder / name} was not written by this installation and would be replaced: move it away, or set another grafana.folder_uid.")  # fmt: skip  # a refusal is one line

    def replace(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Replace our files `before` by those of `after`; raises GlassboxError, possibly with some of them written."""
        try:
            for name, text in after.items():
                if before.get(name) != text:
                    self._write(name, text)
            for name in before:
                if name not in after:
                    (self.folder / name).unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise self._unusable("cannot be written", error) from None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether an earlier push was killed before it knew that its files work."""
        return self._unconfirmed.exists()

    def mark_unconfirmed(self) -> None:
        """Note that the files may differ from what is loaded, until `mark_confirmed`."""
        try:
            self._unconfirmed.touch()
            self._sync()
        except OSError as error:
            raise self._unusable("cannot be written", error) from None

    def mark_confirmed(self) -> None:
        """Note that the files are those that are loaded."""
        with suppress(OSError):
            self._unconfirmed.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder against another push on this machine; raises GlassboxError where one is at work."""
        opened = os.open(self.folder, os.O_RDONLY)
        try:
            self._lock(opened)
            yield
        finally:
            os.close(opened)

    def _lock(self, opened: int) -> None:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GlassboxError(f"Another push is writing to {self.folder}: wait until it has ended, then run again.") from None  # fmt: skip  # a refusal is one line
        except OSError as error:
            raise self._unusable("cannot be locked", error) from None

    def _text(self, name: str) -> str:
        try:
            return content_of(self.folder / name).decode(errors="replace")
        except FileNotFoundError:
            # A link that leads nowhere, or a file that has just gone.
            return ""
        except OSError as error:
            raise self._unusable(f"holds {name}, which cannot be read", error) from None

    def _write(self, name: str, text: str) -> None:
        prepared = self.folder / f".{name}.new"
        try:
            with prepared.open("w", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            prepared.chmod(_MODE)
            prepared.replace(self.folder / name)
        finally:
            prepared.unlink(missing_ok=True)

    def _sync(self) -> None:
        """Have the names on the disk, too."""
        opened = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

    def _unusable(self, what: str, error: OSError) -> GlassboxError:
        return GlassboxError(f"The folder {self.folder} of {OPTION} {what} ({error.strerror}): correct its permissions, or free space.")  # fmt: skip  # a refusal is one line


def parsed_files(texts: Mapping[str, str]) -> dict[str, Any]:
    """The content of rule files by their names; what is not YAML with groups counts as a file without any."""
    return {name: _parsed(text) for name, text in texts.items()}


def _parsed(text: str) -> Any:
    try:
        content = parsed(text)
    except ValueError:
        return {}
    groups = content.get("groups") if isinstance(content, dict) else None
    return {"groups": [each for each in groups if _is_group(each)] if isinstance(groups, list) else []}


def _is_group(value: Any) -> bool:
    rules = value.get("rules") if isinstance(value, dict) else None
    if not isinstance(rules, list) or not isinstance(value.get("name"), str):
        return False
    return all(isinstance(rule, dict) and isinstance(rule.get("labels") or {}, dict) for rule in rules)
