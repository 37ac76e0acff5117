"""The floors of the house: each uses only those below it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BELOW = {
    "metrics": set(),
    "kit": {"metrics"},
    "recording_rules": {"metrics", "kit"},
    "dashboards": {"metrics", "kit", "recording_rules"},
    "alerts": {"metrics", "kit", "recording_rules"},
    "pipeline": {"metrics", "kit", "recording_rules", "dashboards", "alerts"},
    "stack": {"metrics", "kit", "recording_rules", "dashboards", "alerts", "pipeline", "preview", "glassbox_exporter"},
    "preview": set(),
    "exporter/glassbox_exporter": set(),
}
OURS = {Path(floor).name for floor in BELOW}
FENCED = {
    "grafanalib": {"kit/panels.py"},
    "grafana_client": {"pipeline/grafana.py", "pipeline/transport.py"},
    "niquests": {"pipeline/grafana.py", "pipeline/prometheus.py", "pipeline/transport.py"},
    "playwright": {"stack/browser.py"},
    "subprocess": {
        "pipeline/promtool.py",
        "exporter/glassbox_exporter/nvidia_smi.py",
        *(
            f"stack/{name}.py"
            for name in (
                "bench",
                "bench_exporter",
                "bench_preview",
                "blocks",
                "bootstrap",
                "components",
                "demo",
                "processes",
                "revisions",
                "snapshot",
            )
        ),
    },
}
CONTENT_LACKS = {"json", "pathlib", "os", "subprocess", "urllib", "http", "socket", "yaml"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module.split(".")[0]


def modules(floor):
    found = sorted((ROOT / floor).rglob("*.py"))
    assert found, f"{floor} is empty"
    return found


@pytest.mark.parametrize("floor", BELOW)
def test_a_floor_uses_only_those_below_it(floor):
    allowed = BELOW[floor] | {Path(floor).name}
    for path in modules(floor):
        above = (set(imported(path)) & OURS) - allowed
        assert not above, f"{path.relative_to(ROOT)} imports {above}"


def test_a_fenced_library_stays_behind_its_fence():
    for floor in BELOW:
        for path in modules(floor):
            name = str(path.relative_to(ROOT))
            for library in set(imported(path)) & set(FENCED):
                assert name in FENCED[library], f"{name} imports {library}"


@pytest.mark.parametrize("floor", ["recording_rules", "dashboards", "alerts"])
def test_content_only_declares(floor):
    for path in modules(floor):
        assert not set(imported(path)) & CONTENT_LACKS, path
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert "open" not in calls, path


def test_the_machinery_knows_no_dashboard_by_name():
    slugs = ("inference-overview", "llm-serving", "Inference overview", "LLM serving")
    for path in modules("pipeline"):
        assert not any(slug in path.read_text(encoding="utf-8") for slug in slugs), path


def test_metrics_need_the_standard_library_only():
    for path in modules("metrics"):
        assert set(imported(path)) <= {"metrics", "dataclasses", "enum", "typing", "collections"}, path
