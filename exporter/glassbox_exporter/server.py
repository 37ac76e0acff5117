"""The running exporter: of one process, or of all workers of a service.

`start_exporter` is long since its docstring explains every option.
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from prometheus_client import REGISTRY, CollectorRegistry

from glassbox_exporter.alone import Alone
from glassbox_exporter.backends import BackendName
from glassbox_exporter.serving import DEFAULT_PORT, LOOPBACK, Serving
from glassbox_exporter.sharing import Worker
from glassbox_exporter.workers import workers_folder


class Exporter:
    """A running exporter; closes itself at the end of a `with`."""

    def __init__(self, serving: Serving, port: int, resources: ExitStack) -> None:
        self.port = port
        self.url = serving.url(port)
        self._resources = resources

    def close(self) -> None:
        """End the server and its threads; a second call does nothing."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def start_exporter(
    port: int = DEFAULT_PORT,
    bind: str = LOOPBACK,
    backend: BackendName = "nvml",
    *,
    gpu_count: int | None = None,
    interval_seconds: float | None = None,
    tls_certificate: str | Path | None = None,
    tls_key: str | Path | None = None,
    registry: CollectorRegistry = REGISTRY,
) -> Exporter:
    """Serve `registry` over HTTP, with GPUs read every `interval_seconds` (None: 1 s, through nvidia-smi 15 s).

    Port 0 takes a free one, which `.port` gives. `gpu_count` is how many GPUs "simulated" invents (default 1). Where
    PROMETHEUS_MULTIPROC_DIR is set, one worker process at a time serves the sums of all, and `registry` is not read.

    Raises ExporterError for arguments out of range, unusable TLS files, or when the port cannot be had; nothing is
    left running then. GPUs that cannot be read are not an error: gpu_exporter_up is 0 until they can be.
    """
    serving = Serving(
        port=port,
        bind=bind,
        backend=backend,
        gpu_count=gpu_count,
        interval_seconds=interval_seconds,
        tls_certificate=None if tls_certificate is None else str(tls_certificate),
        tls_key=None if tls_key is None else str(tls_key),
    )
    folder = workers_folder()
    served = Alone(serving, registry) if folder is None else Worker(serving, folder)
    with ExitStack() as resources:
        resources.callback(served.close)
        return Exporter(serving, served.start(), resources.pop_all())
