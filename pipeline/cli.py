"""The command line. stdout carries the result, stderr what went wrong; exit codes: 0 done, 2 findings, 1 error."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from pipeline.baseline.commands import baseline
from pipeline.content import told_by_line
from pipeline.endings import DONE, FINDINGS, run

# A preview shows what is wrong with content and settings, so the command line must not need them.
if TYPE_CHECKING:
    from kit.settings import Settings
    from pipeline.bundle import Bundle

EXAMPLES = """\b
Examples:
  python deploy.py build                                  write build/
  python deploy.py build --target kubernetes              write build/kubernetes/
  python deploy.py lint                                   check everything, needs promtool
  GRAFANA_TOKEN=... python deploy.py --grafana https://grafana.example.com
  python deploy.py preview --prometheus http://localhost:9090     see them in a browser
  python deploy.py --settings settings.yaml --grafana http://localhost:3000 --token-file token
  python deploy.py baseline save --prometheus http://localhost:9090 --window 1d before-0.33
  python deploy.py baseline compare --prometheus http://localhost:9090 --window 1d before-0.33

\b
Exit codes: 0 done or nothing to do, 1 error, 2 lint findings, a regression, or changed pictures.
"""

_FILE = click.Path(dir_okay=False, path_type=Path)


class _Commands(click.Group):
    """The commands of this module, and those of floors above, which are imported when they are asked for."""

    more: Mapping[str, tuple[str, str]] = MappingProxyType({})
    """Module, whose `command` it is, and the line in --help, by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.more]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.more:
            return click.Command(cmd_name, short_help=self.more[cmd_name][1])
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name and name in self.more:
            command = import_module(self.more[name][0]).command
        return name, command, rest


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--settings", "settings_file", type=_FILE, metavar="FILE", help="Settings (YAML); without it the defaults."
)
@click.option(
    "--grafana", "url", metavar="URL", help="Build, lint, and push dashboards and alert rules to this Grafana."
)
@click.option("--token-file", type=_FILE, metavar="FILE", help="File with the Grafana token, instead of GRAFANA_TOKEN.")
@click.pass_context
def cli(context: click.Context, settings_file: Path | None, url: str | None, token_file: Path | None) -> int:
    """Glassbox: dashboards, alerts and recorded series for LLM and OCR inference, as code.

    Credentials come from GRAFANA_TOKEN, --token-file, or GRAFANA_USER and GRAFANA_PASSWORD.
    """
    if url is not None and context.invoked_subcommand:
        raise click.UsageError(f"--grafana does not go with {context.invoked_subcommand!r}: give one of the two.")
    if context.invoked_subcommand not in cli.more:
        context.obj = _settings(settings_file)
    if url is not None:
        return _push(url, token_file, context.obj)
    if token_file:
        raise click.UsageError("--token-file needs --grafana URL.")
    if not context.invoked_subcommand:
        _say(context.get_help())
    return DONE


cli.add_command(baseline)


@cli.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build"), show_default=True)
@click.option(
    "--target",
    type=click.Choice(["kubernetes"]),
    help="Write the same content as Kubernetes objects, to OUT/kubernetes.",
)
@click.pass_obj
def build(settings: Settings, out: Path, target: str | None) -> int:
    """Write dashboards, rule files and Grafana's rule groups."""
    from pipeline.outputs import write_bundle, write_kubernetes  # noqa: PLC0415  # needs content

    bundle = _compiled(settings)
    files = write_kubernetes(bundle, settings, out) if target else write_bundle(bundle, out)
    for file in files:
        _say(str(file))
    return DONE


@cli.command()
@click.pass_obj
def lint(settings: Settings) -> int:
    """Check all content."""
    return _lint(_compiled(settings))


def _settings(file: Path | None) -> Settings:
    with told_by_line():
        from kit.settings import load_settings  # noqa: PLC0415  # needs content

        return load_settings(file)


def _compiled(settings: Settings) -> Bundle:
    with told_by_line():
        from pipeline.compiler import compile_bundle  # noqa: PLC0415  # needs content

        return compile_bundle(settings)


def _lint(bundle: Bundle) -> int:
    from pipeline import report  # noqa: PLC0415  # `build` starts faster without the checks
    from pipeline.lint import lint as findings_of  # noqa: PLC0415  # as above

    findings = findings_of(bundle)
    for finding in findings:
        _say(report.finding_line(finding))
    rules = sum(
        len(group["rules"])
        for files in (bundle.alerts, bundle.recording_rules)
        for file in files.values()
        for group in file["groups"]
    )
    _say(report.lint_summary(findings, f"{len(bundle.dashboards)} dashboards and {rules} rules"))
    return FINDINGS if findings else DONE


def _push(url: str, token_file: Path | None, settings: Settings) -> int:
    from pipeline import report  # noqa: PLC0415  # as above
    from pipeline.grafana import Grafana, credential_from_environment  # noqa: PLC0415  # only a push needs an HTTP client

    with told_by_line():
        from pipeline.push import compile_for, push  # noqa: PLC0415  # needs content

    credential = credential_from_environment(token_file)
    with Grafana(url, credential) as grafana:
        with told_by_line():
            bundle = compile_for(grafana, settings)
        if _lint(bundle):
            click.echo("Nothing was pushed: correct the findings first.", err=True)
            return FINDINGS
        changes = []
        for change in push(grafana, settings, bundle):
            changes.append(change)
            _say(report.change_line(change))
        _say(report.push_summary(changes))
    return DONE


def _say(text: str) -> None:
    """Print a line of the result. A reader who has gone, such as `| head`, must not stop a push half-way."""
    try:
        click.echo(text)
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # lives as long as the process


def main(arguments: Sequence[str] | None = None, more_commands: Mapping[str, tuple[str, str]] | None = None) -> int:
    """Run one command and return its exit code; `more_commands` are those of floors above, as `_Commands.more`."""
    cli.more = more_commands or {}
    return run(cli, "deploy.py", arguments)
