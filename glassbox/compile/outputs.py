"""The bundle as files: dashboards as JSON, rules as YAML, Grafana's rule groups as JSON, Kubernetes objects, or a folder for Git Sync.

The same bytes on every run.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from glassbox.compile.bundle import Bundle, Json
from glassbox.compile.git_sync import synced_files
from glassbox.compile.kubernetes import manifests
from glassbox.compile.review import FOLDER as REVIEW_FOLDER
from glassbox.compile.review import render_review
from glassbox.errors import GlassboxError
from glassbox.settings.model import Settings

LINE_LENGTH = 120
# Marks a folder that we wrote and may replace; any other, such as a checkout of this repository, lacks it.
MARKER = ".glassbox-build"
FOLDERS = ("dashboards", "alerts", "recording_rules", "grafana")
KUBERNETES_FOLDER = "kubernetes"
GIT_SYNC_FOLDER = "git-sync"


def render(bundle: Bundle) -> dict[str, str]:
    """Every file of the bundle by its path below the output folder."""
    files = {f"dashboards/{uid}.json": json_text(board) for uid, board in bundle.dashboards.items()}
    files |= {f"alerts/{name}": yaml_text(content) for name, content in bundle.alerts.items()}
    files |= {f"recording_rules/{name}": yaml_text(content) for name, content in bundle.recording_rules.items()}
    files |= {f"grafana/{group['title']}.json": json_text(group) for group in bundle.grafana_groups}
    return files


def render_kubernetes(bundle: Bundle, settings: Settings) -> dict[str, str]:
    """Every Kubernetes object of the bundle by its path below the output folder."""
    boards = {uid: json_text(board) for uid, board in bundle.dashboards.items()}
    objects = manifests(bundle, settings, boards)
    return {f"{KUBERNETES_FOLDER}/{path}": yaml_text(manifest) for path, manifest in objects.items()}


def write_bundle(bundle: Bundle, folder: Path) -> list[Path]:
    """Write what Prometheus and Grafana read from files; returns the files. Raises GlassboxError as `write_kubernetes` does."""
    return _write(render(bundle), FOLDERS, folder)


def write_kubernetes(bundle: Bundle, settings: Settings, folder: Path) -> list[Path]:
    """Write the Kubernetes objects; returns the files.

    Raises GlassboxError where the folder cannot be written, or already has folders of these names that this tool did not write.
    """
    return _write(render_kubernetes(bundle, settings), (KUBERNETES_FOLDER,), folder)


def write_git_sync(bundle: Bundle, settings: Settings, folder: Path) -> list[Path]:
    """Write a folder for Grafana's Git Sync; returns the files. Raises GlassboxError as `write_kubernetes` does."""
    files = synced_files(bundle.dashboards, settings.grafana)
    return _write({f"{GIT_SYNC_FOLDER}/{path}": json_text(each) for path, each in files.items()}, (GIT_SYNC_FOLDER,), folder)  # fmt: skip  # one thing is one line


def write_review(bundle: Bundle, folder: Path) -> list[Path]:
    """Write what people review, to a folder `review`; returns the files. Raises GlassboxError as `write_kubernetes` does."""
    return _write(render_review(bundle), (REVIEW_FOLDER,), folder)


def _write(files: Mapping[str, str], names: Sequence[str], folder: Path) -> list[Path]:
    """Write all files, or none: they are prepared beside their place and moved in when complete. `names` are their folders."""
    _refuse_unmarked(folder, names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as prepared:
            # A build without alerts has an empty folder, not one of an earlier build.
            for name in names:
                Path(prepared, name).mkdir()
            for path, text in files.items():
                target = Path(prepared, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8", newline="\n")
            _swap(Path(prepared), folder, names)
    except OSError as error:
        reason = error.strerror or error
        raise GlassboxError(
            f"Output folder {folder} cannot be written ({reason}): choose another with --out."
        ) from None
    return [folder / path for path in sorted(files)]


def _refuse_unmarked(folder: Path, names: Sequence[str]) -> None:
    taken = [name for name in names if (folder / name).exists()]
    if taken and not (folder / MARKER).is_file():
        raise GlassboxError(
            f"Output folder {folder} has a {taken[0]} that this tool did not write: choose another with --out, "
            "because its content would be replaced."
        )


def _swap(prepared: Path, folder: Path, names: Sequence[str]) -> None:
    """Move the new folders in and the old ones out; put the old ones back where that fails."""
    aside = prepared / "old"
    aside.mkdir()
    try:
        for name in names:
            if (folder / name).exists():
                (folder / name).rename(aside / name)
        for name in names:
            (prepared / name).rename(folder / name)
    except OSError:
        for old in aside.iterdir():
            shutil.rmtree(folder / old.name, ignore_errors=True)
            old.rename(folder / old.name)
        raise


def write_file(file: Path, text: str, option: str) -> None:
    """The whole text or nothing: written beside its place, then renamed; GlassboxError that names the option to correct.

    A link keeps its place. What is no file, such as /dev/stdout, gets the text itself.
    """
    try:
        if _takes_text_itself(file):
            file.write_text(text, encoding="utf-8", newline="\n")
        else:
            _replace(Path(os.path.realpath(file)), text)
    except OSError as error:
        raise GlassboxError(f"{file} cannot be written ({error.strerror}): choose another with {option}.") from None


def _takes_text_itself(file: Path) -> bool:
    of_the_system = any(file.absolute().is_relative_to(folder) for folder in ("/dev", "/proc"))
    return file.exists() and (of_the_system or not file.is_file())


def _replace(file: Path, text: str) -> None:
    prepared = file.with_name(f".new-{file.name}")
    try:
        prepared.write_text(text, encoding="utf-8", newline="\n")
        prepared.replace(file)
    finally:
        prepared.unlink(missing_ok=True)


def json_text(value: Json) -> str:
    """JSON for reviewers: sorted keys, and what fits a line stays on it, so that a diff shows one thing a line."""
    return _lay_out(value, "") + "\n"


_flat = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


def _lay_out(value: Any, indent: str) -> str:
    flat = _flat(value)
    if len(indent) + len(flat) <= LINE_LENGTH or not isinstance(value, dict | list):
        return flat
    deeper = f"{indent}  "
    if isinstance(value, dict):
        items = [f"{_flat(key)}: {_lay_out(value[key], deeper)}" for key in sorted(value)]
    else:
        items = [_lay_out(item, deeper) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}{closing}"


def yaml_text(value: Json) -> str:
    """YAML in the order of the content; long expressions stay on one line, since diffs are read line by line."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=10**9, allow_unicode=True)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # mypy knows no class behind getattr
    """Writes a text of several lines as it reads, and what occurs twice in full."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _as_it_reads(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_it_reads)
