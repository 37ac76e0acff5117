"""Options of every command that talks to Grafana, and the connection that they describe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glassbox.cli.option_values import FilePath, FolderPath, refuse_empty
from glassbox.cli.session import Session
from glassbox.errors import GlassboxError

if TYPE_CHECKING:
    from glassbox.compile.bundle import Bundle, DataSource
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.kinds.kind import Deployment

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = FilePath()
BACKUPS = Path(".glassbox/backups")


@dataclass(frozen=True)
class Destination:
    """A Grafana, the data source that is queried there, what this session compiles for it, and how the two are compared."""

    grafana: Grafana
    source: DataSource
    bundle: Bundle
    deployment: Deployment


def to_grafana(command: Command) -> Command:
    """`--grafana URL` and `--token-file FILE`."""
    command = click.option("--token-file", type=FILE, metavar="FILE", help="File with the Grafana token, instead of GRAFANA_TOKEN.")(command)  # fmt: skip  # one option
    return click.option(
        "--grafana", "url", metavar="URL", help="The Grafana; with --environment that of the settings."
    )(command)


def choosing(command: Command) -> Command:
    """`--only GLOB` and `--no-prune`."""
    command = click.option("--only", metavar="GLOB", default="", callback=refuse_empty, help="Only objects with such a title or uid, or kind and title: 'dashboard/*'.")(command)  # fmt: skip  # one option
    return click.option("--no-prune", is_flag=True, help="Keep what the code no longer has.")(command)


def to_backups(command: Command) -> Command:
    """`--backups DIR`."""
    return click.option("--backups", type=FolderPath(file_okay=False), metavar="DIR", default=BACKUPS, help=f"Where backups are kept, {BACKUPS} without it.")(command)  # fmt: skip  # one option


def address_of(session: Session, url: str | None) -> str:
    """The Grafana of the command line, or that of the environment; raises UsageError without one, and for both."""
    if url is not None and session.environment:
        raise click.UsageError("--grafana does not go with --environment, whose settings name the Grafana: give one of the two.")  # fmt: skip  # a refusal is one line
    if url is not None:
        return url
    if not session.environment:
        raise click.UsageError("--grafana URL is missing: give it, or --environment NAME before the command.")
    target = session.settings.grafana
    if not (target.api_url or target.url):
        raise GlassboxError(f"The environment {session.environment!r} does not say where its Grafana is: set its grafana.url in the settings.")  # fmt: skip  # a refusal is one line
    return target.api_url or target.url


@contextmanager
def connection(session: Session, url: str | None, token_file: Path | None, *, read_only: bool) -> Iterator[Grafana]:
    """The Grafana at this address, or that of the environment."""
    # Only these commands need an HTTP client.
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.credentials import grafana_credential
    from glassbox.grafana.passage import passage_of

    address, target = address_of(session, url), session.settings.grafana
    credential = grafana_credential(token_file, target.variables)
    with Grafana(address, credential, read_only=read_only, passage=passage_of(target, address)) as grafana:
        yield grafana


@contextmanager
def destination(
    session: Session, url: str | None, token_file: Path | None, *, prune: bool, read_only: bool
) -> Iterator[Destination]:
    """The same, with what is compiled for its data source."""
    from glassbox.grafana.chosen_data_source import choose_data_source
    from glassbox.grafana.kinds.kind import Deployment

    target = session.settings.grafana
    with connection(session, url, token_file, read_only=read_only) as grafana:
        source = choose_data_source(grafana.data_sources(), target.data_source)
        bundle = session.compiled(source)
        yield Destination(grafana, source, bundle, Deployment(bundle, target, grafana.version(), prune))
