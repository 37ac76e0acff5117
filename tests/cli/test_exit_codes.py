"""How the process of a command ends."""

import subprocess
import sys

from tests.support.paths import ROOT

_PROGRAM = """
import click
from glassbox.cli.exit_codes import FINDINGS, run

class Tree:
    def __init__(self):
        self.root = self

    def __del__(self):
        print("looked through")

@click.command()
def command():
    Tree()
    return FINDINGS

raise SystemExit(run(command, "program", []))
"""


def test_what_a_command_leaves_is_not_looked_through_at_its_end():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
