"""Serving the metrics of one process."""

import logging
import os
from contextlib import ExitStack

from prometheus_client import CollectorRegistry

from glassbox_exporter import forking
from glassbox_exporter.serving import Serving
from glassbox_exporter.workers import VARIABLE

logger = logging.getLogger(__name__)


class Alone:
    """Serves what this process counts, and says so where its forked children answer requests, which it cannot count."""

    def __init__(self, serving: Serving, registry: CollectorRegistry) -> None:
        self._serving = serving
        self._registry = registry
        self._process = os.getpid()
        self._served = ExitStack()

    def start(self) -> int:
        """Serve; returns the port. Raises ExporterError where it cannot be had, and leaves nothing then."""
        with ExitStack() as resources:
            port = self._serving.start(self._registry, resources, self.close)
            forking.in_children(self._forget, resources)
            self._served = resources.pop_all()
        return port

    def close(self) -> None:
        """End the server and its threads."""
        self._served.close()

    def _forget(self) -> None:
        """In a child: what is served is the parent's."""
        self._served = ExitStack()
        forking.before_first_request.append(self._complain)

    def _complain(self) -> None:
        logger.error(
            "Process %d answers requests that the metrics of process %d, which has forked it, do not count: name a folder "
            "in %s, or let the server load the app in its workers (gunicorn without --preload).",
            os.getpid(),
            self._process,
            VARIABLE,
        )
