"""`plan --all-environments`: one plan for each environment of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import click

from glassbox.cli.exit_codes import DONE, ERROR, FINDINGS
from glassbox.cli.output import complain, is_result_lost, say
from glassbox.cli.planning import MadePlan, PlanOptions, make_plan, say_made
from glassbox.cli.session import Session
from glassbox.errors import GlassboxError

SCHEMA = "glassbox-plans/1"


@dataclass(frozen=True)
class _OfEnvironment:
    """The plan of an environment, or why there is none."""

    name: str
    made: MadePlan | None
    problem: str = ""


def plan_everywhere(session: Session, wanted: PlanOptions) -> int:
    """Make and print the plans. One that cannot be made is reported as missing, and the others are still shown."""
    _refuse_mixed(session, wanted)
    names = session.settings.environments
    if not names:
        raise GlassboxError("The settings have no environments: declare some under environments, or plan with --grafana URL.")  # fmt: skip  # a refusal is one line
    found = []
    for name in names:
        found.append(_plan_of(session, wanted, name))
        if wanted.form != "json":
            _say(found[-1], wanted.form)
    if wanted.form == "json":
        _say_json(found)
    for each in found:
        if each.problem:
            complain(f"Environment {each.name}: {each.problem}")
    if is_result_lost() or any(each.problem for each in found):
        return ERROR
    return FINDINGS if any(each.made and each.made.has_changes for each in found) else DONE


def _refuse_mixed(session: Session, wanted: PlanOptions) -> None:
    given = {
        "--environment": session.environment,
        "--grafana": wanted.url,
        "--token-file": wanted.token_file,
        "--out": wanted.out,
    }
    for option, value in given.items():
        if value:
            raise click.UsageError(f"{option} is of one Grafana, and does not go with --all-environments: leave one of the two out.")  # fmt: skip  # a refusal is one line


def _plan_of(session: Session, wanted: PlanOptions, name: str) -> _OfEnvironment:
    # Content of the user's own must be gone before the next environment reads it.
    with ExitStack() as resources:
        try:
            return _OfEnvironment(name, make_plan(replace(session, environment=name, resources=resources), wanted))
        except GlassboxError as error:
            return _OfEnvironment(name, None, str(error))


def _say(found: _OfEnvironment, form: str | None) -> None:
    say(f"## {found.name}\n" if form == "markdown" else f"Environment {found.name}")
    if found.made:
        say_made(found.made, form)
    else:
        say("There is no plan of it: see the error.")
    say("")


def _say_json(found: Sequence[_OfEnvironment]) -> None:
    from glassbox.deploying.plan_json import json_of

    plans = {each.name: each.made.whole if each.made else None for each in found}
    say(json_of({"schema": SCHEMA, "plans": plans, "errors": {each.name: each.problem for each in found if each.problem}}))  # fmt: skip  # one object
