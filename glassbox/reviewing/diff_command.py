"""`diff`: what differs from another revision, without a server."""

from __future__ import annotations

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.output import say
from glassbox.cli.session import Session


@click.command("diff")
@click.option("--against", "revision", metavar="REV", required=True, help="The branch, tag or commit to compare with.")
@click.option("--markdown", is_flag=True, help="As Markdown, for a comment on a pull request.")
@click.pass_obj
def command(session: Session, *, revision: str, markdown: bool) -> int:
    """See what the working tree changes: dashboards, rules, new findings of lint, queries that grew and changed tests of rules.

    Both sides are built with the same settings and judged by today's rules of lint. The revision's code runs as this user, without
    the secrets of the environment and, where the system lets us, without network.

    Exit codes: 0 nothing differs, 2 something differs, 1 one of the two does not build.
    """
    bundle = session.compiled()
    # A broken module of ours is reported by `compiled`.
    from glassbox.reviewing.diff_text import diff_lines, diff_markdown
    from glassbox.reviewing.revision_diff import diff_against

    found = diff_against(bundle, session.product.script, revision, session.settings_file)
    if markdown:
        say(diff_markdown(found))
    else:
        for line in diff_lines(found):
            say(line.text, colour=line.colour)
    return FINDINGS if found.matters else DONE
