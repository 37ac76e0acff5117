"""Options that say where rules go outside of Grafana, and the places that they name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glassbox.cli.option_values import FilePath, FolderPath

if TYPE_CHECKING:
    from glassbox.rule_places.place import RulePlace
    from glassbox.settings.model import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = FilePath()


@dataclass(frozen=True)
class RuleOptions:
    """What the command line says about the folder of a Prometheus, how that reloads, and about a ruler."""

    rules_folder: Path | None = None
    prometheus_url: str | None = None
    prometheus_token_file: Path | None = None
    pid_file: Path | None = None
    mimir_url: str | None = None
    mimir_token_file: Path | None = None

    @property
    def name_a_place(self) -> bool:
        """Whether rules go to a place that the command line names."""
        return self.rules_folder is not None or self.mimir_url is not None

    def check(self, subcommand: str | None) -> None:
        """Raise UsageError for an option that means nothing here."""
        if self.name_a_place and subcommand:
            raise click.UsageError(f"{'--prometheus-rules' if self.rules_folder else '--mimir'} does not go with {subcommand!r}: give one of the two.")  # fmt: skip  # a refusal is one line
        given = {"--prometheus": self.prometheus_url, "--prometheus-pid-file": self.pid_file}
        alone = [option for option, value in given.items() if value is not None]
        if alone and self.rules_folder is None:
            raise click.UsageError(f"{alone[0]} needs --prometheus-rules DIR here; other commands have options of their own, after their name.")  # fmt: skip  # a refusal is one line
        if self.prometheus_token_file and self.prometheus_url is None:
            raise click.UsageError("--prometheus-token-file needs --prometheus URL.")
        if self.mimir_token_file and self.mimir_url is None:
            raise click.UsageError("--mimir-token-file needs --mimir URL.")


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
    click.option("--prometheus-rules", "rules_folder", type=FolderPath(), metavar="DIR", help="Write rule files to this folder."),
    click.option("--prometheus", "prometheus_url", metavar="URL", help="Reload and ask that Prometheus."),
    click.option("--prometheus-token-file", type=_FILE, metavar="FILE", help="With its token."),
    click.option("--prometheus-pid-file", "pid_file", type=_FILE, metavar="FILE", help="Reload it by SIGHUP."),
    click.option("--mimir", "mimir_url", metavar="URL", help="Write rules to this ruler (Mimir, Cortex)."),
    click.option("--mimir-token-file", type=_FILE, metavar="FILE", help="With its token."),
)  # fmt: skip  # one option is one line


def named_places(rules: RuleOptions, settings: Settings, resources: ExitStack) -> Iterator[RulePlace]:
    """The places that the options name; what they need is closed with `resources`."""
    if rules.rules_folder is not None:
        yield _folder(rules, rules.rules_folder, settings, resources)
    if rules.mimir_url is not None:
        yield _mimir(rules.mimir_url, rules.mimir_token_file, settings, resources)


def _folder(rules: RuleOptions, folder: Path, settings: Settings, resources: ExitStack) -> RulePlace:
    # Only a push needs an HTTP client.
    from glassbox.prometheus.api import Prometheus
    from glassbox.prometheus.credential import prometheus_credential
    from glassbox.rule_places.folder_push import FolderPlace
    from glassbox.rule_places.reloading import Reloader
    from glassbox.rule_places.rule_folder import RuleFolder

    prometheus = None
    if rules.prometheus_url is not None:
        credential = prometheus_credential(rules.prometheus_token_file)
        prometheus = resources.enter_context(Prometheus(rules.prometheus_url, credential))
    return FolderPlace(RuleFolder(folder, settings.grafana.folder_uid), Reloader(prometheus, rules.pid_file))


def _mimir(url: str, token_file: Path | None, settings: Settings, resources: ExitStack) -> RulePlace:
    from glassbox.prometheus.credential import prometheus_credential
    from glassbox.rule_places.behind_grafana import ruler_place
    from glassbox.rule_places.mimir_ruler import MimirRuler

    credential = prometheus_credential(token_file, "Mimir")
    return ruler_place(resources.enter_context(MimirRuler(url, credential, settings.ruler.tenant)), settings)
