"""The bundle as files: dashboards as JSON, rules as YAML, Grafana's rule groups as JSON. The same bytes on every run."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from kit.errors import GlassboxError
from pipeline.bundle import Bundle, Json

LINE_LENGTH = 120
# Tells a folder that we wrote and may replace from any other, such as a checkout of this repository.
MARKER = ".glassbox-build"
FOLDERS = ("dashboards", "alerts", "recording_rules", "grafana")


def render(bundle: Bundle) -> dict[str, str]:
    """Every file of the bundle by its path below the output folder."""
    files = {f"dashboards/{uid}.json": json_text(board) for uid, board in bundle.dashboards.items()}
    files |= {f"alerts/{name}": yaml_text(content) for name, content in bundle.alerts.items()}
    files |= {f"recording_rules/{name}": yaml_text(content) for name, content in bundle.recording_rules.items()}
    files |= {f"grafana/{group['title']}.json": json_text(group) for group in bundle.grafana_groups}
    return files


def write_bundle(bundle: Bundle, folder: Path) -> list[Path]:
    """Write all files, or none: they are prepared beside their place and moved in when complete. Returns the files.

    A folder that holds something of the same names and was not written by us is refused.
    """
    files = render(bundle)
    _refuse_foreign(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as prepared:
            for path, text in files.items():
                target = Path(prepared, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8", newline="\n")
            _swap(Path(prepared), folder)
    except OSError as error:
        reason = error.strerror or error
        raise GlassboxError(
            f"Output folder {folder} cannot be written ({reason}): choose another with --out."
        ) from None
    return [folder / path for path in sorted(files)]


def _refuse_foreign(folder: Path) -> None:
    taken = [name for name in FOLDERS if (folder / name).exists()]
    if taken and not (folder / MARKER).is_file():
        raise GlassboxError(
            f"Output folder {folder} has a {taken[0]} that this tool did not write: choose another with --out, "
            "since what is in it would be replaced."
        )


def _swap(prepared: Path, folder: Path) -> None:
    """Move the new folders in and the old ones out; put the old ones back where that fails."""
    aside = prepared / "old"
    aside.mkdir()
    try:
        for name in FOLDERS:
            if (folder / name).exists():
                (folder / name).rename(aside / name)
        for name in FOLDERS:
            (prepared / name).rename(folder / name)
    except OSError:
        for old in aside.iterdir():
            shutil.rmtree(folder / old.name, ignore_errors=True)
            old.rename(folder / old.name)
        raise


def write_file(file: Path, text: str, option: str) -> None:
    """The whole text or nothing: written beside its place, then renamed; GlassboxError that names the option to correct."""
    prepared = file.with_name(f".new-{file.name}")
    try:
        try:
            prepared.write_text(text, encoding="utf-8", newline="\n")
            prepared.replace(file)
        finally:
            prepared.unlink(missing_ok=True)
    except OSError as error:
        raise GlassboxError(f"{file} cannot be written ({error.strerror}): choose another with {option}.") from None


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
    return yaml.dump(
        value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, width=10**9, allow_unicode=True
    )
