"""Content of the user's own beside ours: what it can do, and one sentence with file and line for whatever is wrong with it."""

import json
import re
import sys
from pathlib import Path

import pytest
import yaml

from glassbox.cli.main import main as command_line
from glassbox.compile.collecting import collected
from glassbox.compile.own_content import own_content
from glassbox.start import Product
from glassbox.view.revisions import working_tree
from glassbox.view.snapshot import take_snapshot
from tests.support.ours import main
from tests.support.paths import ROOT

RECORD = """
from glassbox.query.promql import instant, max_by
from glassbox.query.rules import Record, RecordGroup
from recording_rules import engine
from recording_rules.levels import JOB

GROUP = RecordGroup("own-records")
BUSY = Record("job:own_running:max", max_by(JOB, instant(engine.RUNNING)), "Requests in work.")
"""
ALERT = """
from glassbox.query.promql import instant
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from recording_rules.own_records import BUSY


def group(settings):
    return AlertGroup(
        "own-alerts",
        Subject.INFERENCE,
        (
            Alert(
                name="OwnBusy",
                expr=instant(BUSY) > settings.thresholds.qps_low,
                for_="5m",
                severity=Severity.TICKET,
                summary="Busy",
                description="Busy.",
                panel=("own-board", "Running"),
            ),
        ),
    )
"""
BOARD = """
from dashboards.choices import JOB
from glassbox.board.dashboard import dashboard, row
from glassbox.board.panels import timeseries
from glassbox.board.tables import Next
from glassbox.query.promql import instant
from recording_rules.own_records import BUSY


def build(settings):
    return dashboard(
        "own-board",
        "Own",
        question="Is it busy?",
        variables=(JOB,),
        leads_to=Next("gpu", "GPUs"),
        rows=(row("", timeseries("Running", instant(BUSY), why="Requests in work.")),),
    )
"""
RUNBOOK = "# OwnBusy\n\n## Meaning\nx\n\n## Impact\nx\n\n## Diagnosis\nx\n\n## Mitigation\nx\n"
FILES = {
    "recording_rules/own_records.py": RECORD,
    "alerts/own_alerts.py": ALERT,
    "alerts/runbooks/OwnBusy.md": RUNBOOK,
    "dashboards/own_board.py": BOARD,
}


@pytest.fixture
def own(tmp_path):
    """A folder of content beside a settings file."""
    for name, text in FILES.items():
        write(tmp_path / "ours" / name, text)
    (tmp_path / "settings.yaml").write_text("content: [ours]\n")
    return tmp_path / "ours"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def run(own, *arguments, settings=""):
    file = own.parent / "settings.yaml"
    if settings:
        file.write_text(settings)
    return main(["--settings", str(file), *arguments])


def built(own, settings=""):
    """Files by name of a build with the folder."""
    out = own.parent / "build"
    assert run(own, "build", "--out", str(out), settings=settings) == 0
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.*") if path.is_file()}


def refused(own, capsys, settings=""):
    """The one sentence of a build that must fail, without the beginning."""
    assert run(own, "build", "--out", str(own.parent / "build"), settings=settings) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ") and said.count("\n") == 1 and "Traceback" not in said
    assert not (own.parent / "build").exists()
    return said.removeprefix("Error: ")


def line_of(text: str, part: str) -> int:
    return text.partition(part)[0].count("\n") + 1


def test_a_board_an_alert_and_a_record_of_ones_own_stand_beside_ours(own):
    files = built(own)
    assert {"recording_rules/own-records.yaml", "recording_rules/engine.yaml", "alerts/own-alerts.yaml"} <= set(files)
    (rule,) = yaml.safe_load(files["alerts/own-alerts.yaml"])["groups"][0]["rules"]
    assert rule["expr"] == "job:own_running:max > 10"
    assert rule["labels"] == {"severity": "ticket", "owner": "inference"}
    assert rule["annotations"]["dashboard"].startswith("/d/glassbox-own-board?viewPanel=")
    board = json.loads(files["dashboards/glassbox-own-board.json"])
    assert board["panels"][0]["links"][0]["url"].startswith("/d/glassbox-gpu?")
    assert json.loads(files["grafana/own-alerts.json"])["rules"][0]["title"] == "OwnBusy"


def test_lint_sees_what_is_wrong_with_it(own, capsys):
    (own / "alerts/runbooks/OwnBusy.md").unlink()
    write(own / "alerts/runbooks/OwnGone.md", RUNBOOK)
    write(own / "recording_rules/own_records.py", RECORD + "IDLE = Record('job:own_idle:max', BUSY.expr, 'Idle.')\n")
    assert run(own, "lint") == 2
    said = capsys.readouterr().out
    assert "OwnBusy.md: error: The runbook lacks Meaning" in said
    assert "OwnGone.md: error: The runbook belongs to no alert" in said
    assert "job:own_idle:max is read by nothing" in said
    assert said.endswith("\n2 errors, 1 warning in 11 dashboards and 450 rules.\n")


def test_settings_choose_among_it_as_among_ours(own):
    files = built(
        own,
        "content: [ours]\nexclude: {dashboards: [gpu], alerts: [InferenceQPSLow]}\n"
        "alerts: {OwnBusy: {for: 1m}}\njobs: {services: [vllm, batch]}\nthresholds_for: [{job: batch, qps_low: 50}]\n",
    )
    (rule,) = yaml.safe_load(files["alerts/own-alerts.yaml"])["groups"][0]["rules"]
    assert rule["for"] == "1m"
    assert "job:own_running:max > 50 and on (job)" in rule["expr"]
    assert "links" not in json.loads(files["dashboards/glassbox-own-board.json"])["panels"][0]


def test_it_can_be_left_out_itself(own):
    files = built(own, "content: [ours]\nexclude: {dashboards: [own-board], alerts: [OwnBusy]}\n")
    assert not [name for name in files if re.search(r"\bown", name)]


def test_nothing_of_it_stays_when_the_command_ends(own):
    built(own)
    assert not [
        name
        for name in sys.modules
        if name.rpartition(".")[2].startswith("own_") and not name.startswith(("glassbox.", "tests."))
    ]
    (own.parent / "settings.yaml").write_text("{}")
    assert "dashboards/glassbox-own-board.json" not in built(own)


def test_two_folders_may_read_each_other(own):
    second = own.parent / "second"
    write(second / "recording_rules/own_more.py", RECORD.replace("own-records", "more").replace("own_running", "more").replace("engine", "own_records").replace("RUNNING", "BUSY"))  # fmt: skip  # one thing is one line
    files = built(own, "content: [ours, second]\n")
    assert "max by (job) (job:own_running:max)" in files["recording_rules/more.yaml"]


@pytest.mark.parametrize(
    ("name", "text", "line_with", "message"),
    [
        ("alerts/own_alerts.py", ALERT.replace("OwnBusy", "InferenceQPSLow"), 'name="InferenceQPSLow"', "Two definitions of the alert 'InferenceQPSLow': names must be unique, rename one."),
        ("alerts/own_alerts.py", ALERT.replace("own-alerts", "inference-gpu"), '"inference-gpu"', "Two definitions of the rule group 'inference-gpu'"),
        ("recording_rules/own_records.py", RECORD.replace("job:own_running:max", "job:inference_targets:count"), '"job:inference_targets:count"', "Two definitions of the record 'job:inference_targets:count'"),
        ("dashboards/own_board.py", BOARD.replace('"own-board"', '"gpu"'), '"gpu"', "Two definitions of the dashboard 'gpu'"),
        ("alerts/own_alerts.py", ALERT.replace("panel=", "labels=(('owner', 'me'),), panel="), "Alert(\n", "Alert OwnBusy cannot add the label 'owner'"),
        ("alerts/own_alerts.py", ALERT.replace('"Running"', '"Runing"'), 'name="OwnBusy"', "Alert OwnBusy leads to the panel 'Runing'"),
        ("alerts/own_alerts.py", ALERT.replace("def group(", "def group((", 1), "def group(", "SyntaxError: "),
        ("alerts/own_alerts.py", "import nonsense\n" + ALERT, "import nonsense", "ModuleNotFoundError: No module named 'nonsense'"),
        ("alerts/own_alerts.py", ALERT.replace("own_records import BUSY", "own_records import BUSI"), "import BUSI", "ImportError: cannot import name 'BUSI'"),
        ("recording_rules/own_records.py", RECORD.replace("(JOB,", "(('nobody',),"), "max_by(", "has no label 'nobody'"),
        ("alerts/own_alerts.py", ALERT.replace("qps_low", "qps"), "settings.thresholds.qps", "AttributeError: "),
        ("dashboards/gpu.py", BOARD, None, "dashboards/gpu.py is a module of the same name; rename this one."),
        ("alerts/texts.py", "x = 1\n", None, "alerts/texts.py is a module of the same name; rename this one."),
        ("alerts/runbooks/InferenceQPSLow.md", RUNBOOK, None, "alerts/runbooks/InferenceQPSLow.md is a runbook of the same name; rename this one."),
        ("dashboards/own.board.py", BOARD, None, "a module with a dot in its name is not read; rename it."),
        ("recording_rules/more.yaml", "groups: []\n", None, "only modules of Python are read here; declare it in Python, or move the file elsewhere."),
        ("alerts/OwnBusy.md", RUNBOOK, None, "only modules of Python are read here; move a runbook into alerts/runbooks/."),
        ("alerts/own_null.py", "x = 1\0\n", None, "SyntaxError: source code string cannot contain null bytes"),
        ("dashboards/__init__.py", "from dashboards import own_board\n", None, "__init__.py is not read; move what it declares into a module of its own."),
        ("dashboards/team/board.py", BOARD, None, "a module in a folder of dashboards/ is not read; move it up into dashboards/."),
    ],
)  # fmt: skip  # a row is a case
def test_a_mistake_is_one_sentence_with_file_and_line(own, capsys, *, name, text, line_with, message):
    write(own / name, text)
    said = refused(own, capsys)
    line = line_of(text, line_with) if line_with else 1
    assert said.startswith(f"{own / name}:{line}: "), said
    assert message in said


def test_the_path_is_the_one_that_somebody_in_the_folder_would_write(own, capsys, monkeypatch):
    write(own / "alerts/own_alerts.py", "1 / 0\n")
    monkeypatch.chdir(own.parent)
    assert refused(own, capsys).startswith("ours/alerts/own_alerts.py:1: ZeroDivisionError")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda own: own.rename(own.with_name("moved")), "is not a folder; correct its path, which is relative to the settings file."),
        (lambda own: [path.unlink() for path in own.rglob("*.py")], "has no module in dashboards/, alerts/ or recording_rules/; add one, or leave it out."),
        (lambda own: (own / "recording_rules").rename(own / "recording-rules"), "has a folder recording-rules, which is not read; call it recording_rules."),
    ],
    ids=["missing", "empty", "misspelt"],
)  # fmt: skip  # a row is a case
def test_a_folder_without_content_is_refused(own, capsys, prepare, message):
    prepare(own)
    assert refused(own, capsys) == f"Setting content: {own} {message}\n"


def test_a_file_in_the_place_of_a_folder_and_a_link_to_nothing_are_refused(own, capsys):
    (own / "alerts/own_link.py").symlink_to("/nowhere.py")
    assert (
        refused(own, capsys)
        == f"{own / 'alerts/own_link.py'}:1: this module cannot be read: correct it, or remove it.\n"
    )
    (own / "dashboards").rename(own / "boards")
    (own / "dashboards").touch()
    assert (
        refused(own, capsys)
        == f"Setting content: {own / 'dashboards'} is not a folder; make it one, or rename the file.\n"
    )


def test_a_folder_that_is_read_already_is_refused(own, capsys):
    (own.parent / "link").symlink_to(own)
    assert "is read already; leave it out." in refused(own, capsys, "content: [ours, link]\n")
    assert refused(own, capsys, f"content: [{ROOT}]\n") == "Setting content: . is read already; leave it out.\n"


def test_an_empty_package_file_is_no_mistake(own):
    write(own / "dashboards/__init__.py", "\n")
    assert "dashboards/glassbox-own-board.json" in built(own)


def test_a_product_without_content_compiles_that_of_its_user(tmp_path, monkeypatch, capsys):
    """As one does who installed the package and has no checkout of ours."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("dashboards", "alerts", "recording_rules")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if not Path(entry or ".", "dashboards").is_dir()])
    record = (
        "from glassbox.metrics import scrape\nfrom glassbox.query.promql import count_by, instant\n"
        "from glassbox.query.rules import Record, RecordGroup\n\nGROUP = RecordGroup('own')\n"
        "SEEN = Record('job:seen:count', count_by(('job',), instant(scrape.UP)), 'Targets.')\n"
    )
    write(tmp_path / "ours/recording_rules/seen.py", record)
    (tmp_path / "settings.yaml").write_text("content: [ours]\njobs: {services: [a]}\n")
    product = Product(tmp_path / "tool.py", lambda: collected(lambda _: []))
    assert command_line(product, ["--settings", str(tmp_path / "settings.yaml"), "build", "--out", str(tmp_path / "b")]) == 0  # fmt: skip  # a command is one line
    assert capsys.readouterr().out == f"{tmp_path}/b/recording_rules/own.yaml\n"
    (rule,) = yaml.safe_load((tmp_path / "b/recording_rules/own.yaml").read_text())["groups"][0]["rules"]
    assert rule["expr"] == 'count by (job) (up{job="a"})'
    assert "dashboards" not in sys.modules


def test_without_folders_nothing_is_touched():
    before = dict(sys.modules)
    with own_content(()):
        assert dict(sys.modules) == before


def test_a_metric_of_ones_own_exporter_is_declared_where_it_is_recorded(own):
    metric = (
        "from glassbox.metrics.types import Counter, Unit\nfrom glassbox.query.promql import rate, sum_by\n"
        "from glassbox.query.rules import Record, RecordGroup\n\nGROUP = RecordGroup('hits')\n"
        "HITS = Counter(name='search_hits_total', unit=Unit.EVENTS)\n"
        "RATE = Record('job:own_hits:rate5m', sum_by(('job',), rate(HITS, '5m')), 'Hits per second.')\n"
    )
    write(own / "recording_rules/own_hits.py", metric)
    files = built(own)
    assert "sum by (job) (rate(search_hits_total[5m]))" in files["recording_rules/hits.yaml"]


def test_the_preview_and_pictures_see_the_whole(own):
    settings = own.parent / "settings.yaml"
    snapshot = take_snapshot(ROOT / "deploy.py", settings)
    assert "glassbox-own-board" in [board["uid"] for board in snapshot["dashboards"]]
    assert "own-alerts" in [group["title"] for group in snapshot["rule_groups"]]
    assert {"glassbox-own-board", "glassbox-gpu"} <= set(working_tree(ROOT / "deploy.py", settings))
    write(own / "alerts/own_alerts.py", "1 / 0\n")
    problem = take_snapshot(ROOT / "deploy.py", settings)["problem"]
    assert (problem["file"], problem["line"]) == (str(own / "alerts/own_alerts.py"), 1)


def test_a_settings_file_is_found_from_any_folder(own, monkeypatch):
    monkeypatch.chdir(own)
    assert main(["--settings", "../settings.yaml", "build", "--out", "../build"]) == 0
    assert (own.parent / "build/dashboards/glassbox-own-board.json").is_file()
