"""A plan as Markdown, for a comment on a pull request: no title of others can become markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glassbox.deploying.change import Action, ToldChange
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.plan_words import by_part, count_line, edit_sentence, heading, lost_sentence, remarks
from glassbox.http.outside_text import harmless, one_line

_VERBS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~@:&$]|(?<=\bwww)\.|^-)", re.IGNORECASE)
_NUMBER_OF_A_LIST = re.compile(r"^(\d+)\.")
# GitHub looks for these in the text that is shown, where an escape is gone already.
_REFERENCES = ((re.compile(r"\\@"), "\uff20"), (re.compile(r"\\#(?=\d)"), "\uff03"), (re.compile(r"(?<=\bGH)-(?=\d)", re.IGNORECASE), "\u2011"))  # fmt: skip  # one table


def plan_markdown(plan: PushPlan) -> str:
    """The plan as a list; the count is its first line too, since a comment is folded there."""
    allowed = plan.allowed(force=False)
    count = plain_markdown(count_line(plan, allowed))
    lines = [f"**{count}**", "", plain_markdown(heading(plan)), ""]
    for change in plan.pending:
        lines += change_items(change)
    lines += [f"- {plain_markdown(remark)}" for remark in remarks(plan, allowed)]
    return "\n".join([*lines, "", count] if plan.pending else lines).rstrip()


def change_items(change: ToldChange) -> Iterator[str]:
    """One object as an item of a list, and below it what differs by panel or rule."""
    yield f"- **{_VERBS[change.action]}** {change.kind_name} **{plain_markdown(change.title)}**"
    if change.edit:
        yield f"  - {plain_markdown(edit_sentence(change.edit))}; kept without `--force`"
    for part, texts in by_part(change.differences).items():
        yield f"  - {f'{plain_markdown(part)}: ' if part else ''}{plain_markdown('; '.join(texts))}"
    if change.lost and change.kind_name == "rule group":
        yield f"  - {plain_markdown(lost_sentence(change))}"


def plain_markdown(text: str) -> str:
    """The text with every sign of Markdown and HTML escaped; what GitHub takes for people or issues has another sign of the same look."""
    escaped = _NUMBER_OF_A_LIST.sub(r"\1\\.", _MARKUP.sub(r"\\\1", harmless(one_line(text))))
    for reference, sign in _REFERENCES:
        escaped = reference.sub(sign, escaped)
    return escaped
