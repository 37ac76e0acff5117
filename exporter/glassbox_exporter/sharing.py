"""What each worker process of a service does for the metrics of all."""

import logging
import os
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

from prometheus_client import CollectorRegistry

from glassbox_exporter import forking
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.families import all_request_families
from glassbox_exporter.registration import register
from glassbox_exporter.serving import Serving
from glassbox_exporter.workers import WorkersCollector, prepare_folder, take_place

logger = logging.getLogger(__name__)

# `qps` counts one second, so a fifth of it is how old the number of another worker may be.
PUBLISH_SECONDS = 0.2
TAKE_OVER_SECONDS = 1.0


class Worker:
    """Publishes this process's gauges of requests, and serves the metrics of all workers as soon as no other does.

    A forked child is a worker from its first request on.
    """

    def __init__(self, serving: Serving, folder: Path) -> None:
        self._serving = serving
        self._folder = folder
        self._registered = ExitStack()
        self._served = ExitStack()
        self._serves = False
        self._complaint = ""
        self._stop = Event()
        self._thread = self._new_thread()

    def start(self) -> int:
        """Serve, or wait for one's turn in the background; returns the port.

        Raises ExporterError when it is this worker's turn and it cannot.
        """
        prepare_folder()
        port = self._take_over()
        self._thread.start()
        forking.in_children(self._after_fork, self._registered)
        return port

    def close(self) -> None:
        """End; another worker serves within a second."""
        self._registered.close()
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._served.close()
        self._serves = False

    def _new_thread(self) -> Thread:
        return Thread(target=self._run, name="glassbox-worker", daemon=True)

    def _after_fork(self) -> None:
        self._served = ExitStack()
        self._serves = False
        self._stop = Event()
        self._thread = self._new_thread()
        forking.before_first_request.append(self._thread.start)

    def _run(self) -> None:
        rounds = 0
        while not self._stop.wait(PUBLISH_SECONDS):
            rounds += 1
            for families in all_request_families():
                families.publish_gauges()
            if not self._serves and rounds * PUBLISH_SECONDS % TAKE_OVER_SECONDS < PUBLISH_SECONDS:
                self._try_to_take_over()

    def _try_to_take_over(self) -> None:
        try:
            self._take_over()
        except ExporterError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                logger.warning("This worker cannot serve the metrics of all: %s", error)

    def _take_over(self) -> int:
        with ExitStack() as resources:
            if not take_place(self._folder, resources):
                return self._serving.port
            registry = CollectorRegistry()
            register(registry, (WorkersCollector(self._folder),))
            port = self._serving.start(registry, resources, self.close)
            self._served = resources.pop_all()
            self._serves = True
            logger.info("This worker (%d) serves the metrics of all.", os.getpid())
            return port
