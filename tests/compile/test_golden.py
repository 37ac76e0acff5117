"""What a reviewer sees of a change: the compiled files in tests/golden, kept equal to what the content says now."""

from pathlib import Path

from glassbox.compile.outputs import render
from tests.support.ours import our_bundle

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def test_the_golden_files_are_what_the_content_compiles_to():
    committed = {
        str(file.relative_to(GOLDEN)): file.read_text(encoding="utf-8")
        for file in GOLDEN.rglob("[!.]*")
        if file.is_file()
    }
    compiled = render(our_bundle())
    differ = sorted(name for name in committed.keys() | compiled.keys() if committed.get(name) != compiled.get(name))
    assert not differ, f"run `make golden` and review the diff of {', '.join(differ)}"
