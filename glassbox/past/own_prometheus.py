"""Our own Prometheus, which holds what was read and worked out, of any age and in any order of series."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glassbox.servers.processes import Server, prometheus

FLAGS = (
    "--web.enable-remote-write-receiver",
    "--storage.tsdb.retention.time=10y",
    "--storage.tsdb.min-block-duration=200d",
    "--storage.tsdb.max-block-duration=200d",
    "--enable-feature=memory-snapshot-on-shutdown",
)
"""Blocks as long as any window: the head then takes samples of half that age and is not cut while it is filled."""


@contextmanager
def own_prometheus(data: Path, config: Mapping[str, Any] | None = None, *, port: int = 0) -> Iterator[Server]:
    """A Prometheus over a TSDB data directory, which is named `data`; `config` is its prometheus.yml, by default an empty one.

    It takes samples at /api/v1/write. Raises GlassboxError where it cannot be started.
    """
    folder = data.parent
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "prometheus.yml"
    # JSON is YAML.
    file.write_text(json.dumps(config or {"global": {}}), encoding="utf-8")
    with prometheus(file, port=port, folder=folder, more_flags=FLAGS) as server:
        yield server
