"""`lint --online`: what a running Prometheus says about what is judged."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import click

from glassbox.cli.command_table import FIRED_BEFORE
from glassbox.cli.lint_options import LintChoices
from glassbox.cli.output import complain
from glassbox.prometheus.credential import prometheus_credential

if TYPE_CHECKING:
    from glassbox.lint.subjects.corpus import Corpus


def with_server(corpus: Corpus, chosen: LintChoices) -> Corpus:
    """The corpus with what the chosen server says about it; raises UsageError for options that do not go together."""
    if chosen.online != bool(chosen.url):
        raise click.UsageError("--online and --prometheus URL go together: give both, or neither.")
    if chosen.window and not chosen.online:
        raise click.UsageError("--window looks back on a server: give it with --online and --prometheus URL.")
    if not chosen.url:
        return corpus
    from glassbox.lint.asking_server import server_facts
    from glassbox.prometheus.api import Prometheus

    with Prometheus(chosen.url, prometheus_credential(chosen.token_file)) as asked:
        facts = server_facts(corpus, asked)
        if chosen.window:
            fired = import_module(FIRED_BEFORE).fired_before(asked, corpus, chosen.window)
            facts = replace(facts, firings=fired)
        if partial := asked.partial_sentence:
            complain(partial)
    return replace(corpus, server=facts)
