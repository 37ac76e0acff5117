"""The repository needs nothing that is not in it."""

import re
import subprocess

import pytest

from tests.support.paths import ROOT

# A folder beside the checkout, in a path, in a URL or in pathlib's words.
BESIDE = re.compile(r"""\.\./shared\b|/work/+shared\b|\bparent\s*/\s*["']shared|\bROOT\.parent\b""")


def test_no_tracked_file_refers_to_a_folder_beside_the_checkout():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in tracked.stdout.split("\0") if name]
    assert len(files) > 300
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in files
        if path.is_file() and (match := BESIDE.search(path.read_text(encoding="utf-8", errors="ignore")))
    }
    assert not found


@pytest.mark.parametrize(
    "text",
    ["$(wildcard ../" + "shared/data)", "see /work/" + "shared", 'FOLDER.parent / "' + 'shared"', "ROOT." + "parent"],
)
def test_such_a_reference_would_be_noticed(text):
    assert BESIDE.search(text)
