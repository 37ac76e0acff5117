"""The command line. stdout carries the result, stderr what went wrong; exit codes: 0 done, 2 findings, 1 error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassbox.cli.command_table import COMMANDS
from glassbox.cli.exit_codes import DONE, run
from glassbox.cli.grafana_options import BACKUPS, to_backups
from glassbox.cli.option_order import refusal_after_its_name, refuse_before_its_name
from glassbox.cli.option_values import FilePath, refuse_empty
from glassbox.cli.output import say
from glassbox.cli.rule_options import RuleOptions, rule_options
from glassbox.cli.rules_step import push_rules_alone
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.start import Product

EXAMPLES = """\b
Examples:
  python deploy.py build                                  write build/
  python deploy.py lint                                   check everything, needs promtool
  GRAFANA_TOKEN=... python deploy.py plan --grafana https://grafana.example.com
  GRAFANA_TOKEN=... python deploy.py --grafana https://grafana.example.com
  python deploy.py --prometheus-rules /etc/prometheus/rules --prometheus http://localhost:9090     rules only
  python deploy.py doctor --prometheus http://localhost:9090      what can work there
  python deploy.py try --prometheus http://localhost:9090         see its past on our boards
  python deploy.py preview --prometheus http://localhost:9090     see them in a browser
  python deploy.py --settings settings.yaml --environment staging plan      what would change there

\b
Exit codes: 0 done or nothing to do, 1 error, 2 lint findings, changes of a plan, what verify found,
edits of others that a push kept, a regression, changed pictures, or noisy or changed alerts.
"""

_FILE = FilePath()


class _Commands(click.Group):
    """The commands of the table, each imported when it is used."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for name, entry in COMMANDS.items() if entry.help]

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if entry := COMMANDS.get(cmd_name):
            return click.Command(cmd_name, short_help=entry.help)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            nearest = get_close_matches(args[0], self.list_commands(ctx), n=1)
            advice = f"Did you mean {nearest[0]!r}?" if nearest else f"The commands are {', '.join(self.list_commands(ctx))}."  # fmt: skip  # one thing is one line
            raise click.UsageError(f"No such command {args[0]!r}. {advice}")
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = import_module(COMMANDS[name].module).command
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            raise refusal_after_its_name(error.option_name, ctx) or error from None


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--settings", "settings_file", type=_FILE, metavar="FILE", help="Settings (YAML); without it the defaults."
)
@click.option("--environment", metavar="NAME", default="", callback=refuse_empty, help="One of those in the settings; alone, push to its Grafana.")  # fmt: skip  # one option
@click.option(
    "--grafana", "url", metavar="URL", help="Build, lint, and push dashboards and alert rules to this Grafana."
)
@click.option("--token-file", type=_FILE, metavar="FILE", help="File with the Grafana token, instead of GRAFANA_TOKEN.")
@click.option("--yes", is_flag=True, help="Do not ask before something is deleted or overwritten.")
@click.option("--force", is_flag=True, help="Overwrite and delete what others edited in Grafana.")
@click.option("--no-prune", is_flag=True, help="Keep what the code no longer has.")
@click.option("--only", metavar="GLOB", default="", callback=refuse_empty, help="Push only objects with such a title or uid: 'dashboard/*'.")  # fmt: skip  # one option
@click.option("--plan", type=_FILE, metavar="PLAN", help="Push exactly what `plan --out PLAN` saved, or nothing.")
@click.option("--after", is_flag=True, help="Verify at the end of the push: see `verify`.")
@to_backups
@rule_options
@click.pass_context
def cli(
    context: click.Context, /, settings_file: Path | None, environment: str, rules: RuleOptions, **push: Any
) -> int:
    """Glassbox: dashboards, alerts and recorded series for LLM and OCR inference, as code.

    Credentials come from GRAFANA_TOKEN, --token-file, or GRAFANA_USER and GRAFANA_PASSWORD.
    """
    if context.invoked_subcommand:
        refuse_before_its_name(context, import_module(COMMANDS[context.invoked_subcommand].module).command)
    pushes = push["url"] is not None or bool(environment and not context.invoked_subcommand)
    _refuse_mixed(push, context.invoked_subcommand, pushes=pushes, keeps=pushes or rules.name_a_place)
    rules.check(context.invoked_subcommand)
    _refuse_unknown_environment(environment, context.invoked_subcommand)
    context.obj = Session(context.obj, settings_file, environment, context.with_resource(ExitStack()))
    if pushes:
        from glassbox.cli.push_command import PushOptions, push_to

        return push_to(PushOptions(**push), context.obj, rules)
    if rules.name_a_place:
        return push_rules_alone(rules, context.obj, push["backups"])
    if not context.invoked_subcommand:
        say(context.get_help())
    return DONE


def _refuse_mixed(push: Mapping[str, Any], subcommand: str | None, *, pushes: bool, keeps: bool) -> None:
    """UsageError for an option that means nothing here; what `keeps` a backup needs no Grafana."""
    if push["url"] is not None and subcommand:
        raise click.UsageError(f"--grafana does not go with {subcommand!r}: give one of the two.")
    if push["backups"] != BACKUPS and not keeps:
        raise click.UsageError("--backups needs --grafana URL, --prometheus-rules DIR or --mimir URL here.")
    others = {name: value for name, value in push.items() if name not in ("url", "backups")}
    alone = [f"--{name.replace('_', '-')}" for name, value in others.items() if value]
    if alone and not pushes:
        raise click.UsageError(f"{alone[0]} needs --grafana URL.")


def _refuse_unknown_environment(environment: str, subcommand: str | None) -> None:
    if environment and subcommand and not COMMANDS[subcommand].knows_environments:
        raise click.UsageError(f"--environment does not go with {subcommand!r}, which works with the settings without an environment: leave it out.")  # fmt: skip  # a refusal is one line


def main(product: Product, arguments: Sequence[str] | None = None) -> int:
    """Run one command on what the product declares and return its exit code."""
    return run(cli, product.script.name, arguments, product)
