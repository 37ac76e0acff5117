"""What a reviewer sees of a change: the files in tests/golden, kept equal to what the content compiles to."""

from tests.support.golden import committed_files, golden_files


def test_the_golden_files_are_what_the_content_compiles_to():
    committed, compiled = committed_files(), golden_files()
    differ = sorted(name for name in committed.keys() | compiled.keys() if committed.get(name) != compiled.get(name))
    assert not differ, f"run `make golden` and review the diff of {', '.join(differ)}"
