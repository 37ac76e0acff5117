"""What a reviewer sees of a change: the compiled files in tests/golden, kept equal to what the content says now."""

from pathlib import Path

from kit.settings import Settings
from pipeline.compiler import compile_bundle
from pipeline.outputs import render

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def test_the_golden_files_are_what_the_content_compiles_to():
    committed = {
        str(file.relative_to(GOLDEN)): file.read_text(encoding="utf-8")
        for file in GOLDEN.rglob("[!.]*")
        if file.is_file()
    }
    compiled = render(compile_bundle(Settings()))
    differ = sorted(name for name in committed.keys() | compiled.keys() if committed.get(name) != compiled.get(name))
    assert not differ, f"run `make golden` and review the diff of {', '.join(differ)}"
