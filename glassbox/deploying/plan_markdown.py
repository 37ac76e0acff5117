"""A plan as Markdown, for a comment on a pull request: no title of others can become markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glassbox.deploying.change import Action, Change
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.plan_words import by_part, count_line, edit_sentence, heading, lost_sentence
from glassbox.http.outside_text import harmless, one_line

_VERBS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~@:])")


def plan_markdown(plan: PushPlan) -> str:
    """The plan as a list; the count is its first line too, since a comment is folded there."""
    lines = [f"**{_plain(count_line(plan))}**", "", _plain(heading(plan)), ""]
    for change in plan.pending:
        lines += _change_lines(change)
    lines += [f"- {_plain(remark)}" for remark in plan.remarks]
    return "\n".join([*lines, "", _plain(count_line(plan))])


def _change_lines(change: Change) -> Iterator[str]:
    yield f"- **{_VERBS[change.action]}** {change.kind.name} **{_plain(change.title)}**"
    if change.edit:
        yield f"  - {_plain(edit_sentence(change.edit))}; kept without `--force`"
    for part, texts in by_part(change.differences).items():
        yield f"  - {f'{_plain(part)}: ' if part else ''}{_plain('; '.join(texts))}"
    if change.lost and change.kind.name == "rule group":
        yield f"  - {_plain(lost_sentence(change))}"


def _plain(text: str) -> str:
    """The text with every sign of Markdown and HTML escaped; "@" is written wide, since GitHub calls people by it."""
    return _MARKUP.sub(r"\\\1", harmless(one_line(text))).replace("\\@", "\uff20")
