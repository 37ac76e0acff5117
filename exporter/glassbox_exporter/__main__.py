"""`python -m glassbox_exporter`: GPU metrics without a service around them."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from threading import Event

from glassbox_exporter.backends import BACKENDS
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.server import start_exporter
from glassbox_exporter.serving import DEFAULT_PORT, LOOPBACK


def main(arguments: Sequence[str] | None = None) -> str | None:
    """Serve until SIGINT or SIGTERM; returns what sys.exit() takes: None, or the sentence why it could not start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        exporter = start_exporter(**vars(options))
    except ExporterError as error:
        return str(error)
    with exporter:
        sys.stdout.write(f"Metrics on {exporter.url}\n")
        sys.stdout.flush()
        stop.wait()
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="glassbox_exporter", description="Prometheus metrics of this host's GPUs.", allow_abbrev=False
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="port, 0 for any free one (default: %(default)s)"
    )
    parser.add_argument("--bind", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default="nvml",
        help="how to read GPUs; nvml takes nvidia-smi where its library is missing (default: %(default)s)",
    )
    parser.add_argument("--gpu-count", type=int, help="how many GPUs to simulate (default: 1)")
    parser.add_argument(
        "--interval-seconds",
        type=float,
        help="seconds between GPU readings (default: 1, or 15 through nvidia-smi, which starts a process for each)",
    )
    parser.add_argument("--tls-certificate", metavar="FILE", help="serve HTTPS with this certificate (PEM)")
    parser.add_argument("--tls-key", metavar="FILE", help="and its key (PEM, without a password)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
