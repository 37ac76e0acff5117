"""What differs from another revision: changed objects, findings of lint that are new, queries that grew, changed tests of rules."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from glassbox.deploying.change import Action
from glassbox.lint.declared_places import DeclaredPlaces
from glassbox.lint.finding import Finding
from glassbox.lint.linting import judged
from glassbox.lint.of_bundle import corpus_of
from glassbox.lint.reading.boards import board_of
from glassbox.lint.reading.read_rules import group_of
from glassbox.lint.subjects.corpus import Corpus
from glassbox.reviewing.compared_content import ContentChange, changes, content_of
from glassbox.reviewing.query_growth import Growth, growths
from glassbox.view.revisions import RevisionContent, files_changed, revision_content

if TYPE_CHECKING:
    from glassbox.compile.bundle import Bundle

TESTS = "*.test.yml"
"""The names of tests that promtool runs."""


@dataclass(frozen=True)
class RevisionDiff:
    """`revision` is the name that was given; `changes` has one for every object, also for unchanged ones."""

    revision: str
    changes: tuple[ContentChange, ...]
    findings: tuple[Finding, ...]
    growths: tuple[Growth, ...]
    tests: tuple[str, ...]

    @property
    def pending(self) -> tuple[ContentChange, ...]:
        """The changes that change anything."""
        return tuple(change for change in self.changes if change.action is not Action.KEEP)

    @property
    def count(self) -> Counter[Action]:
        """How many objects of each action."""
        return Counter(change.action for change in self.changes)

    @property
    def matters(self) -> bool:
        """Whether anything differs."""
        return bool(self.pending or self.findings or self.tests)


def diff_against(bundle: Bundle, script: Path, revision: str, settings_file: Path | None) -> RevisionDiff:
    """The bundle of the working tree against a revision that builds with the same settings.

    Raises GlassboxError where that revision does not build.
    """
    before = revision_content(script, revision, settings_file, bundle.runbooks)
    after = corpus_of(bundle)
    old = corpus_before(after, before)
    return RevisionDiff(
        revision=revision,
        changes=tuple(changes(before, content_of(bundle))),
        findings=tuple(map(DeclaredPlaces(bundle).placed, new_findings(old, after))),
        growths=tuple(growths(old, after)),
        tests=tuple(files_changed(script, revision, TESTS)),
    )


def corpus_before(after: Corpus, before: RevisionContent) -> Corpus:
    """The earlier state as lint reads it. Its exemptions are not in its files: what was exempt then counts as found then."""
    groups = (group_of(group, file) for file, content in before.rules.items() for group in (content or {}).get("groups") or ())  # fmt: skip  # one thing is one line
    return replace(
        after,
        boards=tuple(board_of(board, f"dashboards/{uid}.json", uid=uid) for uid, board in before.boards.items()),
        groups=tuple(groups),
        exemptions=(),
        runbooks=before.runbooks,
        rule_files={file: json.dumps(content) for file, content in before.rules.items()},
    )


def new_findings(before: Corpus, after: Corpus) -> list[Finding]:
    """What today's rules find in the later state and not in the earlier one."""
    known = {_what(finding) for finding in judged(before)}
    return [finding for finding in judged(after) if _what(finding) not in known]


def _what(finding: Finding) -> tuple[str, str, str, str]:
    return finding.rule, finding.location.file, finding.location.object, finding.message
