"""The expositions that are replayed: captured ones of real vLLM servers, as demo/expositions/index.yaml lists them, and those of other engines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from glassbox.errors import GlassboxError

EXPOSITIONS_DIR = Path(__file__).resolve().parent / "expositions"
# Between the two expositions of each other engine; demo/expositions/README.md says who wrote them.
ENGINE_SPAN_SECONDS = 60.0


@dataclass(frozen=True)
class Capture:
    """Two expositions of one server; where the catalogue has a single one, both are the same and nothing moves."""

    first: Path
    second: Path
    span_seconds: float


def find_capture(regime: str, vllm_version: str | None = None, folder: Path = EXPOSITIONS_DIR) -> Capture:
    """The first pair listed for a regime, of that version or the newest; raises GlassboxError for an unknown one."""
    index = _index(folder)
    of_regime = [entry for entry in index if entry["regime"] == regime]
    wanted = vllm_version or max((entry["vllm_version"] for entry in of_regime), key=_version_key, default=None)
    pair = [entry for entry in of_regime if entry["vllm_version"] == wanted][:2]
    if not pair:
        known = ", ".join(sorted({f"{entry['regime']} {entry['vllm_version']}" for entry in index}))
        what = " ".join(filter(None, (regime, vllm_version)))
        raise GlassboxError(f"{folder / 'index.yaml'} lists no capture of {what}; choose one of: {known}.")
    span_seconds = float(pair[1]["seconds_since_previous"]) if len(pair) == 2 else 1.0
    return Capture(folder / pair[0]["file"], folder / pair[-1]["file"], span_seconds)


def capture_of_engine(engine: str, folder: Path = EXPOSITIONS_DIR / "engines") -> Capture:
    """The pair of an engine other than vLLM, by its name in the table of engines."""
    first, second = (folder / f"{engine}-{number}.prom" for number in (1, 2))
    return Capture(first, second, ENGINE_SPAN_SECONDS)


def _index(folder: Path) -> Sequence[Mapping[str, Any]]:
    file = folder / "index.yaml"
    try:
        entries: Sequence[Mapping[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise GlassboxError(f"{file} cannot be read ({error}); restore it from git.") from None
    return entries


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
