"""What reaches a terminal."""

import io
import sys

from glassbox.cli.output import complain, say


def test_a_title_cannot_command_the_terminal(capsys):
    say("board \x1b[2J")
    complain("error \x1b]0;x\x07")
    assert capsys.readouterr() == ("board \\x1b[2J\n", "error \\x1b]0;x\\x07\n")


def test_what_the_terminal_cannot_encode_is_a_question_mark(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    say("模型 m")
    assert written.getvalue() == b"?? m\n"
