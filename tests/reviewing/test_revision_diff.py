"""`diff --against REV`: what is printed, in which order, and the exit codes."""

import subprocess
import sys

import pytest

from glassbox.cli import main as command_line
from glassbox.lint.finding import Location
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board, BoardPanel
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.reviewing.query_growth import growths
from glassbox.reviewing.revision_diff import new_findings
from glassbox.start import Product
from tests.support.paths import ROOT
from tests.support.small_content import content

SCRIPT = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from glassbox.start import Product, start
from tests.support.small_content import content
raise SystemExit(start(Product(Path(__file__), lambda: content(limit=5)), Path(sys.executable)))
"""


def git(folder, *words):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    """Its one commit builds the small product, whose alert fires above 5 there; a test of rules changed since."""
    (tmp_path / "deploy.py").write_text(SCRIPT)
    (tmp_path / "a.test.yml").write_text("tests: []\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        git(tmp_path, *words)
    return tmp_path


def diff(folder, limit, *options):
    return command_line.main(Product(folder / "deploy.py", lambda: content(limit=limit)), ["diff", *options])


def test_nothing_differs(repository, capsys):
    assert diff(repository, 5, "--against", "HEAD") == 0
    assert capsys.readouterr().out == "Nothing differs from HEAD.\n"


def test_a_changed_threshold_is_told_on_the_board_and_in_the_rule(repository, capsys):
    (repository / "a.test.yml").write_text("tests: [1]\n")
    assert diff(repository, 7, "--against", "HEAD") == 2
    assert capsys.readouterr().out.splitlines() == [
        "  ~ dashboard  Queue",
        "      Waiting now: description changed; threshold 5 -> 7",
        "  ~ rule group queue",
        "      RequestsWaiting: threshold 5 -> 7; annotation description changed",
        "Changed tests of rules:",
        "  a.test.yml",
        "Against HEAD: 0 to create, 2 to update, 0 to delete, 1 unchanged; 0 new findings of lint.",
    ]


def test_markdown_begins_with_the_count(repository, capsys):
    git(repository, "branch", "a_b")
    assert diff(repository, 7, "--against", "a_b", "--markdown") == 2
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0] == "**Against a\\_b\\: 0 to create, 2 to update, 0 to delete, 1 unchanged; 0 new findings of lint.**"
    )
    assert "- **update** rule group **queue**" in lines
    assert "  - RequestsWaiting: threshold 5 -\\> 7; annotation description changed" in lines


@pytest.mark.parametrize("name", ["no-such-branch", "--output=x"])
def test_a_revision_that_git_does_not_know_is_one_sentence(repository, capsys, name):
    assert diff(repository, 5, f"--against={name}") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"Error: --against {name}: git does not know this revision; name a branch, a tag or a commit.\n"
    assert not (repository / "x").exists()


def test_it_works_as_a_process_whose_environment_holds_secrets(repository):
    (repository / "deploy.py").write_text(SCRIPT.replace("limit=5", "limit=9"))
    done = subprocess.run(
        [sys.executable, "deploy.py", "diff", "--against", "HEAD"],
        cwd=repository, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", "GRAFANA_TOKEN": "x"},
    )  # fmt: skip  # one command
    assert done.returncode == 2, done.stderr
    assert "threshold 5 -> 9" in done.stdout


def corpus(*texts):
    """A board with a panel for each query."""
    at = [Location("b.json", 0, f"Board / Panel {number}") for number in range(len(texts))]
    panels = tuple(
        BoardPanel(place.object, "timeseries", place, queries=(Query(text, place, QueryKind.PANEL, "A"),))
        for place, text in zip(at, texts, strict=True)
    )
    return Corpus(boards=(Board("Board", Location("b.json", 0, "Board"), panels=panels),), scrape_interval_seconds=15)


def test_only_findings_that_were_not_there_are_new():
    before = corpus("rate(x_total[15s])", "sum(up)")
    after = corpus("rate(x_total[15s])", "rate(y_total[15s])")
    found = [(finding.rule, finding.location.object) for finding in new_findings(before, after)]
    assert ("short-window", "Board / Panel 1") in found
    assert ("short-window", "Board / Panel 0") not in found
    assert new_findings(after, after) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("sum(x)", "sum(x) / sum(y)", "1 -> 2 selectors"),
        ("rate(x[5m])", "rate(x[1h])", "range 300 s -> 3600 s"),
        ("max_over_time(rate(x[5m])[1h:])", "max_over_time(rate(x[5m])[1d:])", "range 3600 s -> 86400 s"),
        ("x", f'x{{a="{"b" * 200}"}}', "1 -> 207 characters"),
        ("sum(x) / sum(y)", "sum(x)", None),
        ("sum(x)", "max(x)", None),
        ("sum(x)", "sum(x)", None),
    ],
)
def test_a_query_grew_where_it_reads_more_or_is_much_longer(before, after, words):
    assert [growth.words for growth in growths(corpus(before), corpus(after))] == ([words] if words else [])
