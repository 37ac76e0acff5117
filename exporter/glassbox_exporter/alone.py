"""Serving the metrics of one process."""

import logging
import os
from contextlib import ExitStack
from mmap import mmap

from prometheus_client import CollectorRegistry

from glassbox_exporter import forking
from glassbox_exporter.serving import Serving
from glassbox_exporter.workers import VARIABLE

logger = logging.getLogger(__name__)

_WAYS_OUT = f"name a folder in {VARIABLE}, or let the server load the app in its workers (gunicorn without --preload)"


class Alone:
    """Serves what this process counts.

    Where its forked children answer requests, which it cannot count, scrapes fail and the log says why: counters that
    stand still would look like a service without requests.
    """

    def __init__(self, serving: Serving, registry: CollectorRegistry) -> None:
        self._serving = serving
        self._registry = registry
        self._process = os.getpid()
        self._served = ExitStack()
        # Memory that is shared with forked children: 1 once one of them answers requests.
        self._uncounted = mmap(-1, 1)

    def start(self) -> int:
        """Serve; returns the port. Raises ExporterError where it cannot be had, and leaves nothing then."""
        with ExitStack() as resources:
            port = self._serving.start(self._registry, resources, self.close, self._what_is_wrong)
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

    def _what_is_wrong(self) -> str:
        if not self._uncounted[0]:
            return ""
        return f"Process {self._process} does not count the requests that its forked children answer: {_WAYS_OUT}."

    def _complain(self) -> None:
        self._uncounted[0] = 1
        logger.error(
            "Process %d answers requests that the metrics of process %d, which has forked it, do not count: %s.",
            os.getpid(),
            self._process,
            _WAYS_OUT,
        )
