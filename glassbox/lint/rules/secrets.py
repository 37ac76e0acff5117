"""Secrets where everybody reads them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.lint.subjects.judged_boards import Board

_PLACEHOLDER = re.compile(r"\*{3}|<[^>]*>|\$\{|\{\{|\$\w|x{4}|X{4}|example|redacted|changeme|your[-_ ]", re.IGNORECASE)
# Without one of these no pattern fits: most texts are passed over at once.
_BEGINNINGS = re.compile(
    r"gl(?:sa|c)_|eyJrIjoi|A(?:KI|SI)A|gh[pousr]_|github_pat_|glpat-|xox|hooks\.slack|/bot/v2/hook/|hf_|PRIVATE KEY|https?://[^/\s]*@|Bearer "
)
# What each service that hands them out begins its secrets with, by the service's own documentation.
_SECRETS = (
    ("a token of Grafana", re.compile(r"\bgl(?:sa|c)_[A-Za-z0-9+/=_-]{20,}")),
    ("an API key of Grafana", re.compile(r"\beyJrIjoi[A-Za-z0-9+/=]{20,}")),
    ("a key of AWS", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})")),
    ("a token of GitLab", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("a token of Slack", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}")),
    ("an address of Slack that takes messages", re.compile(r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}")),
    (
        "an address of Feishu or Lark that takes messages",
        re.compile(r"open\.(?:feishu|larksuite)\.\w+/open-apis/bot/v2/hook/[0-9a-f-]{20,}"),
    ),
    ("a token of Hugging Face", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("a private key", re.compile(r"-----BEGIN (?:\w+ )*PRIVATE KEY-----")),
    ("a password in an address", re.compile(r"\bhttps?://[^\s/@:\"']+:[^\s/@\"']{3,}@")),
    ("a bearer token", re.compile(r"\bBearer [A-Za-z0-9._~+/-]{24,}")),
)


@lint_rule(
    "secret",
    Severity.ERROR,
    title="A secret in a text that everybody reads",
    why="Dashboards and rules are kept in repositories and shown to everybody who may see them.",
    fix="Take it back where it was issued, and keep the new one in a file of its own or in the service that uses it.",
    bad=on_panel("up", panel={"texts": ("curl -H 'Authorization: Bearer 5f2c91d07b8e4a6f93d1c0ab72e8d4f6'",)}),
    good=on_panel("up", panel={"texts": ("curl -H 'Authorization: Bearer ${TOKEN}'",)}),
)
def secret(corpus: Corpus) -> Iterator[Defect]:
    """What looks like one of a known kind, and not like a placeholder; what it is itself is not printed."""
    for location, text in _texts(corpus):
        for what in _found_in(text):
            yield Defect(location, f"There is what looks like {what}.")


# Most texts of dashboards are alike, such as "prometheus".
@lru_cache(maxsize=4096)
def _found_in(text: str) -> tuple[str, ...]:
    if not _BEGINNINGS.search(text):
        return ()
    return tuple(
        what for what, pattern in _SECRETS if any(not _PLACEHOLDER.search(found[0]) for found in pattern.finditer(text))
    )


def _texts(corpus: Corpus) -> Iterator[tuple[Location, str]]:
    for board in corpus.boards:
        yield from _of_board(board)
    for rule in corpus.rules:
        yield from _of_rule(rule)
    yield from ((each.location, each.text) for each in corpus.texts)


def _of_board(board: Board) -> Iterator[tuple[Location, str]]:
    yield from ((board.location, text) for text in board.texts)
    for panel in board.panels:
        yield from ((panel.location, text) for text in (*panel.texts, *(query.text for query in panel.queries)))
    for variable in board.variables:
        yield from ((variable.location, text) for text in variable.texts)
    for note in board.annotations:
        yield from ((note.location, text) for text in note.texts)
    yield from ((link.location, link.url) for link in board.links)


def _of_rule(rule: GroupedRule) -> Iterator[tuple[Location, str]]:
    yield from ((rule.location, text) for text in (*rule.annotations.values(), *rule.labels.values(), rule.query.text))


RULES = (secret,)
