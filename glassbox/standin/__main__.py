"""`python -m glassbox.standin`: the stand-in on its own, until SIGINT or SIGTERM.

`main` is long since click passes each option as a parameter.
"""

import os
import signal
import threading
from pathlib import Path

import click

from glassbox.standin.guard import is_loopback
from glassbox.standin.server import LOOPBACK, GrafanaStandIn, prometheus_source
from glassbox.standin.store import StoreError
from glassbox.standin.upstream import is_web_address


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port; 0 takes a free one.")
@click.option(
    "--bind",
    default=LOOPBACK,
    show_default=True,
    help="Address to listen on; other machines can reach any other address.",
)
@click.option("--version", default="12.4.0", show_default=True, help="Grafana release to behave like.")
@click.option("--prometheus-url", default="http://127.0.0.1:9090", show_default=True, help="The default data source.")
@click.option("--base-path", default="", help="Sub-path to serve from, for example /grafana.")
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep everything in this file; without it nothing survives a restart.",
)
def main(*, port: int, bind: str, version: str, prometheus_url: str, base_path: str, database: Path | None) -> None:
    """Answer Grafana's HTTP API. Log in as admin with $PREVIEW_ADMIN_PASSWORD (default: admin); everybody may read."""
    if "@" in prometheus_url or not is_web_address(prometheus_url):
        raise click.ClickException(
            "--prometheus-url must be an http or https address, without the user name and password that others can read: correct it."
        )
    if not is_loopback(bind) and "PREVIEW_ADMIN_PASSWORD" not in os.environ:
        raise click.ClickException("--bind opens the server to other machines: set PREVIEW_ADMIN_PASSWORD first.")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with GrafanaStandIn(
            version=version,
            port=port,
            bind=bind,
            data_sources=[prometheus_source(prometheus_url)],
            base_path=base_path,
            database=database,
            anonymous_viewer=True,
        ) as grafana:
            kept = f"kept in {database}" if database else "nothing survives its end"
            click.echo(f"Stand-in for Grafana {version}: {grafana.url} ({kept})")
            ended.wait()
    except StoreError as error:
        raise click.ClickException(f"--database {database} cannot be used ({error}); name another file.") from None
    except ValueError as error:
        raise click.ClickException(f"--version: {error}") from None
    except (OSError, OverflowError) as error:
        raise click.ClickException(
            f"Port {port} on {bind} cannot be used ({getattr(error, 'strerror', None) or error}); choose another with --port."
        ) from None


if __name__ == "__main__":
    main()
