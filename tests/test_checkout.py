"""The repository needs nothing that is not in it."""

import re
import subprocess

import pytest

from tests.support.longest_first import LONGEST_FIRST
from tests.support.paths import ROOT

# What leads out of the checkout: the folder above it in pathlib's words, or in a Makefile, which runs at the top.
OUTSIDE = re.compile(r"\bROOT\.parent\b|\(wildcard \.\./|\(ROOT / \"\.\.")


def test_no_tracked_file_leads_out_of_the_checkout():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in tracked.stdout.split("\0") if name]
    assert len(files) > 300
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in files
        if path.is_file() and (match := OUTSIDE.search(path.read_text(encoding="utf-8", errors="ignore")))
    }
    assert not found


@pytest.mark.parametrize("text", ["$(firstword $(wildcard " + "../data/*.json))", "(ROOT." + 'parent / "data")'])
def test_such_a_reference_would_be_noticed(text):
    assert OUTSIDE.search(text)


def test_the_files_that_begin_first_exist():
    assert [name for name in LONGEST_FIRST if not (ROOT / name).is_file()] == []
