"""`python -m preview`: the stand-in on its own, until SIGINT or SIGTERM."""

import signal
import threading

import click

from preview.server import GrafanaStandIn


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--version", default="12.4.0", show_default=True, help="Grafana release to behave like.")
@click.option("--prometheus-url", default="http://127.0.0.1:9090", show_default=True, help="Its default data source.")
@click.option("--base-path", default="", help="Sub-path to serve from, for example /grafana.")
def main(port: int, version: str, prometheus_url: str, base_path: str) -> None:
    """Answer Grafana's API from memory. Log in as admin with $PREVIEW_ADMIN_PASSWORD (default: admin)."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    source = {
        "uid": "prometheus",
        "name": "Prometheus",
        "type": "prometheus",
        "url": prometheus_url,
        "isDefault": True,
    }
    try:
        with GrafanaStandIn(version=version, port=port, data_sources=[source], base_path=base_path) as grafana:
            click.echo(f"Stand-in for Grafana {version}: {grafana.url} (nothing is kept after it ends)")
            ended.wait()
    except ValueError as error:
        raise click.ClickException(f"--version: {error}") from None
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used ({error.strerror}); choose another with --port."
        ) from None


if __name__ == "__main__":
    main()
