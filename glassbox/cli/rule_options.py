"""Options that say where rules go beside Grafana, and the places that they name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.rule_places.place import RulePlace

Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class RuleOptions:
    """What the command line says about the folder of a Prometheus: how it is reached, and how it reloads."""

    rules_folder: Path | None = None
    prometheus_url: str | None = None
    prometheus_token_file: Path | None = None
    pid_file: Path | None = None

    @property
    def name_a_place(self) -> bool:
        """Whether rules go anywhere beside Grafana."""
        return self.rules_folder is not None

    def check(self, subcommand: str | None) -> None:
        """Raise UsageError for an option that means nothing here."""
        if self.name_a_place and subcommand:
            raise click.UsageError(f"--prometheus-rules does not go with {subcommand!r}: give one of the two.")
        given = {"--prometheus": self.prometheus_url, "--prometheus-pid-file": self.pid_file}
        alone = [option for option, value in given.items() if value is not None]
        if alone and self.rules_folder is None:
            raise click.UsageError(f"{alone[0]} needs --prometheus-rules DIR here; other commands have options of their own, after their name.")  # fmt: skip  # a refusal is one line
        if self.prometheus_token_file and self.prometheus_url is None:
            raise click.UsageError("--prometheus-token-file needs --prometheus URL.")


def rule_options(command: Command) -> Command:
    """The options, handed to the command as one argument `rules`."""

    @functools.wraps(command)
    def with_rules(*arguments: Any, **values: Any) -> Any:
        rules = RuleOptions(**{each.name: values.pop(each.name) for each in fields(RuleOptions)})
        return command(*arguments, rules=rules, **values)

    for option in reversed(_OPTIONS):
        with_rules = option(with_rules)
    return with_rules  # type: ignore[return-value]  # click calls it with the same arguments, but for `rules`


_OPTIONS = (
    click.option("--prometheus-rules", "rules_folder", type=click.Path(path_type=Path), metavar="DIR", help="Write rule files to this folder."),
    click.option("--prometheus", "prometheus_url", metavar="URL", help="Reload and ask that Prometheus."),
    click.option("--prometheus-token-file", type=_FILE, metavar="FILE", help="With its token."),
    click.option("--prometheus-pid-file", "pid_file", type=_FILE, metavar="FILE", help="Reload it by SIGHUP."),
)  # fmt: skip  # one option is one line


def rule_places(rules: RuleOptions, session: Session, resources: ExitStack) -> list[RulePlace]:
    """The places that the options name; what they need is closed with `resources`."""
    # Only a push needs an HTTP client.
    from glassbox.prometheus.api import Prometheus  # noqa: PLC0415
    from glassbox.prometheus.credential import prometheus_credential  # noqa: PLC0415
    from glassbox.rule_places.folder_push import FolderPlace  # noqa: PLC0415
    from glassbox.rule_places.reloading import Reloader  # noqa: PLC0415
    from glassbox.rule_places.rule_folder import RuleFolder  # noqa: PLC0415

    places: list[RulePlace] = []
    if rules.rules_folder is not None:
        prometheus = None
        if rules.prometheus_url is not None:
            credential = prometheus_credential(rules.prometheus_token_file)
            prometheus = resources.enter_context(Prometheus(rules.prometheus_url, credential))
        folder = RuleFolder(rules.rules_folder, session.settings.grafana.folder_uid)
        places.append(FolderPlace(folder, Reloader(prometheus, rules.pid_file)))
    return places
