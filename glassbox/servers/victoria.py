"""VictoriaMetrics and vmalert as child processes on loopback, with the flags of install/scale-out/victoriametrics.compose.yaml."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from glassbox.errors import GlassboxError
from glassbox.prometheus.promtool import find
from glassbox.servers.processes import Server, running

RECIPE = Path(__file__).resolve().parents[2] / "install" / "scale-out" / "victoriametrics.compose.yaml"


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[Server]:
    """A VictoriaMetrics on a free port that keeps its data in the folder; raises GlassboxError where it is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    flags = [*_flags("victoria-metrics", {"/storage": str(folder / "data")}), "-memory.allowedBytes=128MiB"]
    command = [str(find("victoria-metrics")), *flags]
    with running("VictoriaMetrics", command, folder=folder, listen_flag="-httpListenAddr") as server:
        yield server


@contextmanager
def vmalert(folder: Path, build: Path, storage_url: str, alertmanager_url: str) -> Iterator[Server]:
    """A vmalert on a free port that evaluates the rules of a build; raises GlassboxError where it is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    places = {
        "/glassbox/build": str(build),
        "http://victoria-metrics:8428": storage_url,
        "http://alertmanager:9093": alertmanager_url,
    }
    command = [str(find("vmalert")), *_flags("vmalert", places)]
    with running("vmalert", command, folder=folder, listen_flag="-httpListenAddr") as server:
        yield server


def _flags(service: str, places: Mapping[str, str]) -> Sequence[str]:
    """The recipe's flags of a service, with the recipe's paths and addresses replaced by those of here."""
    if not RECIPE.is_file():
        raise GlassboxError(f"{service} is started with the flags of {RECIPE}, which is not there; run it from a checkout of Glassbox.")  # fmt: skip  # a refusal is one line
    flags: list[str] = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))["services"][service]["command"]
    for there, here in places.items():
        flags = [flag.replace(there, here) for flag in flags]
    return flags
