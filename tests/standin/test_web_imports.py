"""The page's modules: each stands on those that it imports, and none of those on it."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "glassbox" / "standin" / "web" / "src"
# `import type` too: a circle of types is a circle of meaning.
IMPORTED = re.compile(r"""^(?:import|export)\b[^'"]*?['"](\.[^'"]+)['"]""", re.MULTILINE)


def imports(file, folder):
    """The modules below the folder that a TypeScript file imports, each by its path."""
    found = {(file.parent / name).resolve() for name in IMPORTED.findall(file.read_text(encoding="utf-8"))}
    candidates = {Path(f"{path}{ending}") for path in found for ending in (".ts", ".tsx", "/index.ts")}
    return {path.relative_to(folder).as_posix() for path in candidates if path.is_file()}


def modules(folder):
    """Each module below the folder, and what it imports."""
    return {file.relative_to(folder).as_posix(): imports(file, folder) for file in folder.rglob("*.ts*")}


def test_no_module_imports_itself_by_way_of_others():
    found = modules(SOURCES)
    assert len(found) > 90
    assert sum(map(len, found.values())) > 200
    TopologicalSorter(found).prepare()


def test_a_circle_is_found(tmp_path):
    (tmp_path / "a.ts").write_text("import { b } from './sub/b';\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.tsx").write_text("import {\n  type A,\n  a,\n} from '../a';\nexport const b = 1;\n")
    assert modules(tmp_path) == {"a.ts": {"sub/b.tsx"}, "sub/b.tsx": {"a.ts"}}
    with pytest.raises(CycleError, match="nodes are in a cycle"):
        TopologicalSorter(modules(tmp_path)).prepare()
