"""The question before something is lost, at a terminal."""

import io

import pytest

from glassbox.cli.carrying_out import ask
from glassbox.deploying.change import Action, Change
from glassbox.errors import GlassboxError
from glassbox.grafana.kinds.dashboard_kind import DashboardKind

DELETED = Change(Action.DELETE, DashboardKind(), None, {"dashboard": {"uid": "a", "title": "A"}}, lost=("A",))


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def answered(monkeypatch):
    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


def test_the_question_is_seen_where_the_result_goes_to_a_file(capsys, answered):
    answered("y\n")
    ask([DELETED], yes=False)
    assert capsys.readouterr() == ("", "This deletes 1 object. Go on? [y/N]: ")


def test_anything_but_a_yes_changes_nothing(answered):
    answered("\n")
    with pytest.raises(GlassboxError, match=r"Nothing was changed, as you said\."):
        ask([DELETED], yes=False)
