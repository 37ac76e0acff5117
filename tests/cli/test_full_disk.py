"""A temporary folder that is full, or that cannot be made: said as what it is, before anything is written."""

import errno
import os
import tempfile
from pathlib import Path

import click
import pytest

from glassbox.cli import main as command_line
from glassbox.cli.exit_codes import ERROR, run
from glassbox.errors import GlassboxError
from glassbox.files import temporary_folder
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.small_bundle import TOKENS
from tests.support.small_content import PRODUCT

SAID = "cannot be written (No space left on device): make room there, or name another one with TMPDIR."


def no_space(file=None):
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *([file] if file else []))


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The temporary folder of this test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_temporary_folder_has_a_name_and_goes(temporary):
    with temporary_folder("some") as made:
        (made / "file").write_text("a")
        assert made.parent == temporary and made.name.startswith("glassbox-some-")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("file", [None, "file"])
def test_a_temporary_folder_that_is_full_is_named_and_goes(temporary, file):
    def written(made):
        raise no_space(file and str(made / file))

    with pytest.raises(GlassboxError) as refused, temporary_folder("some") as made:
        written(made)
    assert str(refused.value) == f"The temporary folder {temporary} {SAID}"
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("error", [no_space("/elsewhere/file"), OSError(errno.EIO, "Input/output error")])
def test_other_errors_are_not_those_of_the_temporary_folder(error):
    with pytest.raises(OSError, match=error.strerror) as raised, temporary_folder("some"):
        raise error
    assert raised.value is error


def test_a_temporary_folder_that_cannot_be_made_is_named(temporary):
    temporary.rmdir()
    with pytest.raises(GlassboxError, match=rf"^The temporary folder {temporary} cannot be written \(No such file or directory\): make room there, or name another one with TMPDIR\.$"), temporary_folder("some"):  # fmt: skip  # one sentence
        pytest.fail("it was made")


def test_no_temporary_folder_at_all_is_said(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nowhere"])
    with pytest.raises(GlassboxError, match=r"^No temporary folder can be written \(No usable temporary directory found in \['/nowhere'\]\): "), temporary_folder("some"):  # fmt: skip  # one sentence
        pytest.fail("it was made")


@pytest.mark.parametrize(("name", "arguments"), [("lint", []), ("rules", []), ("rules", ["rollback"])])
def test_a_push_and_a_rollback_name_it_and_write_nothing(temporary, monkeypatch, capsys, name, arguments):
    tmp_path = temporary.parent
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    rules, settings = tmp_path / "rules", tmp_path / "settings.yaml"
    rules.mkdir()
    with GrafanaStandIn(tokens=TOKENS, data_sources=[prometheus_source("http://127.0.0.1:9")]) as server:
        given = [
            "--prometheus-rules",
            str(rules),
            "--grafana",
            server.url,
            "--backups",
            str(tmp_path / "kept"),
            "--yes",
        ]

        def command(seconds, *some):
            settings.write_text(f"evaluation_interval_seconds: {seconds}\n")
            return command_line.main(PRODUCT, ["--settings", str(settings), *some, *given])

        assert command(10) == command(20) == 0
        before = len(server.writes), {file.name: file.read_text() for file in rules.iterdir()}
        write = Path.write_text

        def full(file, *given, **named):
            if file.parts[: len(temporary.parts) + 1][-1].startswith(f"glassbox-{name}-"):
                raise no_space()
            return write(file, *given, **named)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_text", full)
            capsys.readouterr()
            assert command(30, *arguments) == 1
        assert capsys.readouterr().err.splitlines()[-1] == f"Error: The temporary folder {temporary} {SAID}"
        assert (len(server.writes), {file.name: file.read_text() for file in rules.iterdir()}) == before


@pytest.mark.parametrize(("file", "named"), [(None, "a file"), ("/some/file", "/some/file")])
def test_another_full_disk_is_not_said_to_be_stdout(capsys, file, named):
    @click.command
    def command():
        raise no_space(file)

    assert run(command, "deploy.py", []) == ERROR
    assert capsys.readouterr().err == f"Error: {named} cannot be written (No space left on device): make room there and in the temporary folder, which TMPDIR names.\n"  # fmt: skip  # one sentence
