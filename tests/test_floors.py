"""The floors of the house: each uses only those below it."""

import ast
import re

import pytest

from tests.support.paths import ROOT

WORDS = {
    "glassbox.errors",
    "glassbox.files",
    "glassbox.metrics",
    "glassbox.query",
    "glassbox.board",
    "glassbox.settings",
}
COMPILED = WORDS | {"glassbox.compile"}
TALKING = COMPILED | {"glassbox.http", "glassbox.grafana", "glassbox.prometheus"}
COMMANDS = TALKING | {"glassbox.rule_places", "glassbox.servers", "glassbox.standin", "glassbox.cli", "glassbox.start"}
CONTENT = {"recording_rules", "dashboards", "alerts"}
BELOW = {
    "glassbox/errors": set(),
    "glassbox/metrics": set(),
    "glassbox/query": {"glassbox.errors", "glassbox.metrics"},
    "glassbox/files": {"glassbox.errors"},
    "glassbox/syntax": {"glassbox.errors"},
    "glassbox/settings": {"glassbox.errors", "glassbox.files", "glassbox.metrics", "glassbox.query"},
    "glassbox/board": {"glassbox.errors", "glassbox.metrics", "glassbox.query"},
    "glassbox/compile": WORDS,
    "glassbox/http": {"glassbox.errors", "glassbox.files"},
    "glassbox/grafana": COMPILED | {"glassbox.http"},
    "glassbox/prometheus": WORDS | {"glassbox.http"},
    "glassbox/deploying": COMPILED | {"glassbox.http", "glassbox.grafana"},
    "glassbox/lint": COMPILED | {"glassbox.http", "glassbox.prometheus", "glassbox.syntax"},
    "glassbox/rule_places": TALKING,
    "glassbox/servers": WORDS | {"glassbox.prometheus", "glassbox.http"},
    "glassbox/standin": set(),
    "glassbox/start": {"glassbox.compile"},
    "glassbox/cli": TALKING | {"glassbox.deploying", "glassbox.lint", "glassbox.rule_places", "glassbox.start"},
    "glassbox/doctor": TALKING | {"glassbox.cli", "glassbox.lint", "glassbox.syntax"},
    "glassbox/verifying": TALKING | {"glassbox.cli", "glassbox.deploying", "glassbox.doctor"},
    "glassbox/backtest": COMMANDS
    | {"glassbox.doctor", "glassbox.lint", "glassbox.past", "glassbox.syntax", "glassbox.view"},
    "glassbox/reference": COMPILED | {"glassbox.cli", "glassbox.lint"},
    "glassbox/baseline": TALKING | {"glassbox.cli"},
    "glassbox/view": COMMANDS,
    "glassbox/reviewing": COMMANDS | {"glassbox.deploying", "glassbox.lint", "glassbox.syntax", "glassbox.view"},
    "glassbox/past": COMMANDS | {"glassbox.doctor", "glassbox.syntax", "glassbox.view"},
    "glassbox/load": COMMANDS | {"glassbox.baseline"},
    "glassbox/relay": COMMANDS,
    "recording_rules": WORDS,
    "dashboards": WORDS | {"recording_rules"},
    "alerts": WORDS | {"recording_rules"},
    "deploy": WORDS | CONTENT | {"glassbox.compile", "glassbox.start", "demo"},
    "demo": COMMANDS | CONTENT | {"glassbox.lint", "glassbox.past", "glassbox_exporter", "deploy"},
    "bench": COMMANDS
    | CONTENT
    | {
        "glassbox.deploying",
        "glassbox.past",
        "glassbox.syntax",
        "glassbox.lint",
        "glassbox.view",
        "demo",
        "deploy",
        "glassbox_exporter",
    },
    "environments": set(),
    "exporter/glassbox_exporter": set(),
}
FENCED = {
    "grafanalib": {"glassbox/board/grafanalib_objects.py"},
    "grafana_client": {"glassbox/grafana/"},
    "niquests": {"glassbox/grafana/", "glassbox/http/", "glassbox/prometheus/api.py"},
    # `temporary_folder` says which one is full; the others write beside the file or folder that they make.
    "tempfile": {
        "glassbox/files.py",
        "glassbox/compile/outputs.py",
        "glassbox/deploying/backup_writing.py",
        "glassbox/lint/fixing/repairing.py",
        "glassbox/servers/components.py",
        "glassbox/view/picture_report.py",
        "bench/",
        "environments/",
    },
    "playwright": {"glassbox/view/browser.py"},
    "subprocess": {
        "glassbox/prometheus/promtool.py",
        "glassbox/servers/",
        "glassbox/view/fresh_process.py",
        "glassbox/view/revisions.py",
        "glassbox/view/snapshot.py",
        "demo/demo.py",
        "bench/",
        "environments/",
        "exporter/glassbox_exporter/nvidia_smi.py",
        "exporter/glassbox_exporter/program_output.py",
    },
}
CONTENT_LACKS = {"json", "pathlib", "os", "subprocess", "urllib", "http", "socket", "yaml"}
# The same subject on several floors of content; any other name is one thing.
SUBJECTS = {"engine", "gpu", "kv_transfer", "monitoring", "service", "slo", "requests"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(floor):
    place = ROOT / floor
    found = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    assert found, f"{floor} is empty"
    return [path for path in found if "node_modules" not in path.parts and "capturing" not in path.parts]


def name_of(floor):
    return floor.removeprefix("exporter/").replace("/", ".")


def floor_of(name):
    """The floor that an imported name belongs to; None for third-party libraries."""
    floors = {name_of(floor) for floor in BELOW}
    return next((floor for floor in floors if name == floor or name.startswith(f"{floor}.")), None)


@pytest.mark.parametrize("floor", BELOW)
def test_a_floor_uses_only_those_below_it(floor):
    allowed = BELOW[floor] | {name_of(floor), None}
    for path in modules(floor):
        above = {name for name in imported(path) if floor_of(name) not in allowed}
        assert not above, f"{path.relative_to(ROOT)} imports {above}"


def test_every_package_is_a_floor():
    found = (path for path in (ROOT / "glassbox").iterdir() if path.is_dir() or path.suffix == ".py")
    packages = {f"glassbox/{path.name.removesuffix('.py')}" for path in found}
    assert packages - {"glassbox/__init__", "glassbox/__pycache__"} == {f for f in BELOW if f.startswith("glassbox/")}


def test_no_arrow_leads_back_up():
    """The floors as a whole have no circle."""
    # deploy.py names the demo as one of its commands, and the demo runs deploy.py: the one pair that knows each other.
    order, left = [], {name_of(floor): set(below) - {"demo"} for floor, below in BELOW.items()}
    while left:
        free = [name for name, below in left.items() if not below - set(order)]
        assert free, f"a circle among {sorted(left)}"
        order += free
        left = {name: below for name, below in left.items() if name not in free}


def test_a_fenced_library_stays_behind_its_fence():
    for floor in BELOW:
        for path in modules(floor):
            place = str(path.relative_to(ROOT))
            for library in {name.partition(".")[0] for name in imported(path)} & set(FENCED):
                assert place.startswith(tuple(FENCED[library])), f"{place} imports {library}"


def test_one_function_knows_grafanalib():
    tree = ast.parse((ROOT / "glassbox" / "board" / "grafanalib_objects.py").read_text(encoding="utf-8"))
    (library,) = (
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "grafanalib"
        for alias in node.names
    )
    users = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(each, ast.Name) and each.id == library for each in ast.walk(node))
    ]
    assert users == ["_object"]


@pytest.mark.parametrize("floor", sorted(CONTENT))
def test_content_only_declares(floor):
    for path in modules(floor):
        assert not {name.partition(".")[0] for name in imported(path)} & CONTENT_LACKS, path
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert "open" not in calls, path


def test_the_machinery_knows_no_content_by_name():
    slugs = [path.stem.replace("_", "-") for path in (ROOT / "dashboards").glob("*_*.py") if path.stem[0] != "_"]
    alerts = [path.stem for path in (ROOT / "alerts" / "runbooks").glob("*.md")]
    names = re.compile("|".join((*slugs, *alerts)))
    for floor in BELOW:
        for path in modules(floor) if floor.startswith("glassbox/") else ():
            assert not names.findall(path.read_text(encoding="utf-8")), path


def test_metrics_need_the_standard_library_only():
    for path in modules("glassbox/metrics"):
        others = {name.partition(".")[0] for name in imported(path)}
        assert others <= {
            "glassbox",
            "dataclasses",
            "enum",
            "typing",
            "collections",
            "functools",
            "importlib",
            "pkgutil",
        }, path


def test_one_name_is_one_thing():
    stems = {}
    for floor in BELOW:
        for path in modules(floor) if not floor.startswith("exporter") else ():
            if path.stem not in {"__init__", "__main__"}:
                stems.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))
    twice = {stem: paths for stem, paths in stems.items() if len(paths) > 1 and stem not in SUBJECTS}
    assert not twice


def test_one_class_name_is_one_thing():
    places = {}
    for floor in BELOW:
        for path in modules(floor) if floor.startswith("glassbox/") else ():
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    # Prometheus calls a type of metric so, Grafana a type of panel; what an engine's metric plays, and what an account may do;
    # how bad what an alert sees is, and what lint finds.
    assert {name for name, paths in places.items() if len(paths) > 1} == {"Gauge", "Role", "Severity"}
