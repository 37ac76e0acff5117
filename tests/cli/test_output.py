"""What reaches a terminal."""

import errno
import io
import os
import sys

import click

from glassbox.cli.exit_codes import DONE, ERROR, run
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


class FullDisk(io.StringIO):
    def write(self, _text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_streams_that_were_closed_before_the_start_lose_what_is_written(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    say("a result")
    complain("an error")


def test_a_result_that_a_full_disk_takes_is_said_to_be_lost_once(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", FullDisk())
    say("a")
    say("b")
    said = "stdout cannot be written (No space left on device): the rest of the result is not printed.\n"
    assert capsys.readouterr().err == said


@click.command(epilog="Some help.")
def command():
    return DONE


def test_help_that_cannot_be_written_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", FullDisk())
    assert run(command, "deploy.py", ["--help"]) == ERROR
    assert capsys.readouterr().err == "Error: stdout cannot be written (No space left on device).\n"
