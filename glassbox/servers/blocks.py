"""Blocks of a Prometheus that has been running for hours, made by promtool from OpenMetrics text."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from glassbox.errors import GlassboxError
from glassbox.prometheus.promtool import find

# As Prometheus cuts them; promtool reads its whole input once for each block, so each gets an input of its own.
BLOCK_SECONDS = 2 * 3600


def sample(labels: Mapping[str, str], value: float) -> str:
    """A line of an exposition; the name of the series is among its labels."""
    body = ",".join(f"{name}={json.dumps(text)}" for name, text in sorted(labels.items()) if name != "__name__")
    return f"{labels['__name__']}{{{body}}} {value}"


def write_blocks(samples: Mapping[int, Sequence[str]], start: int, end: int, folder: Path) -> None:
    """Repeat samples, each a line of an exposition, within [start, end) (Unix seconds); `samples` by their interval in seconds.

    Every series keeps one value: the cost of a query depends only on the number of series and samples.
    Raises GlassboxError with promtool's words where it refuses them.
    """
    for block in range(start - start % BLOCK_SECONDS, end, BLOCK_SECONDS):
        import_lines(_repeated(samples, block, start, end), folder)


def _repeated(samples: Mapping[int, Sequence[str]], block: int, start: int, end: int) -> Iterator[str]:
    for interval_seconds, lines in samples.items():
        first = max(block, start + -start % interval_seconds)
        times = range(first, min(block + BLOCK_SECONDS, end), interval_seconds)
        for line in lines:
            yield from (f"{line} {time}" for time in times)


def import_lines(lines: Iterable[str], folder: Path) -> None:
    """Make blocks of samples, each a line of an exposition with its time in Unix seconds; raises GlassboxError as above."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "openmetrics"
    with file.open("w", encoding="utf-8") as text:
        text.writelines(f"{line}\n" for line in lines)
        text.write("# EOF\n")
    _import(file, folder)
    file.unlink()


def _import(file: Path, folder: Path) -> None:
    command = [str(find("promtool")), "tsdb", "create-blocks-from", "openmetrics", str(file), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise GlassboxError(f"promtool could not make blocks from {file}: {done.stdout}{done.stderr}".strip())
