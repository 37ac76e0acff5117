"""Files that users name: written whole or not at all, and what is no file is not replaced by one."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from glassbox.compile.outputs import write_file
from glassbox.errors import GlassboxError
from tests.support.paths import ROOT


def test_a_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path):
    (tmp_path / "there").mkdir()
    link, file = tmp_path / "link", tmp_path / "there" / "plan.json"
    link.symlink_to(file)
    for text in ("first\n", "second\n"):
        write_file(link, text, "--out")
        assert (link.is_symlink(), file.read_text()) == (True, text)
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["link", "plan.json", "there"]


def test_a_pipe_gets_the_text_and_stays_a_pipe(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_file(pipe, "text\n", "--out")
    reader.join(30)
    assert (read, pipe.is_fifo()) == (["text\n"], True)


@pytest.mark.parametrize("to_a_file", [True, False])
def test_stdout_by_its_name_gets_the_text(tmp_path, to_a_file):
    program = "from pathlib import Path; from glassbox.compile.outputs import write_file; write_file(Path('/dev/stdout'), 'text\\n', '--out')"
    command = [sys.executable, "-c", program]
    if to_a_file:
        with (tmp_path / "out").open("w") as out:
            subprocess.run(command, cwd=ROOT, check=True, stdout=out)
        assert (tmp_path / "out").read_text() == "text\n"
    else:
        assert subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout == "text\n"
    assert Path("/dev/stdout").is_symlink()


def test_a_folder_is_one_sentence(tmp_path):
    with pytest.raises(GlassboxError, match=r"cannot be written \(.+\): choose another with --out"):
        write_file(tmp_path, "text", "--out")
