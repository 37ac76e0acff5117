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
FOLDERS = ("dashboards", "alerts", "recording_rules", "grafana")


def render(bundle: Bundle) -> dict[str, str]:
    """Every file of the bundle by its path below the output folder."""
    files = {f"dashboards/{uid}.json": json_text(board) for uid, board in bundle.dashboards.items()}
    files |= {f"alerts/{name}": yaml_text(content) for name, content in bundle.alerts.items()}
    files |= {f"recording_rules/{name}": yaml_text(content) for name, content in bundle.recording_rules.items()}
    files |= {f"grafana/{group['title']}.json": json_text(group) for group in bundle.grafana_groups}
    return files


def write_bundle(bundle: Bundle, folder: Path) -> list[Path]:
    """Write all files, or none: the folders are prepared beside their place and moved in when complete. Returns the files."""
    files = render(bundle)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as prepared:
            for path, text in files.items():
                target = Path(prepared, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8", newline="\n")
            for name in FOLDERS:
                _replace(folder / name, Path(prepared, name))
    except OSError as error:
        raise GlassboxError(
            f"Output folder {folder} cannot be written ({error.strerror}): choose another with --out."
        ) from None
    return [folder / path for path in sorted(files)]


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


def _replace(place: Path, new: Path) -> None:
    if place.exists():
        shutil.rmtree(place)
    new.replace(place)
