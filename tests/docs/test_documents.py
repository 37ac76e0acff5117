"""What the documents name is there, and what is there is in the documents."""

import re
from functools import cache

import pytest

from dashboards import states
from deploy import content
from glassbox.cli.command_table import COMMANDS
from glassbox.metrics import CATALOGUE
from glassbox.metrics.engines import ENGINES
from glassbox.reference.pages import bodies, page
from glassbox.settings.model import Settings
from recording_rules.diagnosis import IDLE_CAUSES, VERDICTS
from recording_rules.signals import signals
from tests.support.document_commands import command_problems
from tests.support.document_names import SECTIONS, SETTINGS, is_path, is_unknown_name, path_exists, settings_problem
from tests.support.documents import document, documents
from tests.support.ours import our_bundle
from tests.support.paths import ROOT

DOCUMENTS = documents()
BUNDLE = our_bundle()
ALERTS = {rule["alert"]: rule for file in BUNDLE.alerts.values() for group in file["groups"] for rule in group["rules"]}
BOARDS = {board["title"] for board in BUNDLE.dashboards.values()}
LONGEST_LINES = {"README.md": 130, "ARCHITECTURE.md": 125}
# Words that look like names of alerts and are others'.
OTHERS = {"GPUs"}
each_document = pytest.mark.parametrize("found", DOCUMENTS, ids=lambda found: found.name)


@pytest.mark.parametrize(("name", "lines"), LONGEST_LINES.items())
def test_a_front_page_stays_short(name, lines):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= lines


@each_document
def test_every_link_leads_somewhere(found):
    folder = (ROOT / found.name).parent
    for link in found.links:
        path, _, heading = link.partition("#")
        target = (folder / path).resolve() if path else ROOT / found.name
        assert target.exists(), f"{found.name} links to {link}"
        if heading:
            assert heading in document(target).anchors, f"{found.name} links to {link}"


@each_document
def test_every_command_exists(found):
    assert [problem for line in found.command_lines for problem in command_problems(line)] == []


@each_document
def test_every_setting_exists(found):
    assert [code for code in found.inline_code if is_unknown_name(code)] == []
    assert [
        problem for language, text in found.blocks if language == "yaml" and (problem := settings_problem(text))
    ] == []


@each_document
def test_every_alert_exists(found):
    named = set(re.findall(r"\b(?:Inference|GPU)[A-Z][A-Za-z]+\b", found.text)) - OTHERS
    assert named - set(ALERTS) == set()


@each_document
def test_every_dashboard_exists(found):
    named = re.findall(r'[Bb]oards? "([^"]+)"(?: and "([^"]+)")?', found.prose)
    assert {title for titles in named for title in titles if title} - BOARDS == set()


@each_document
def test_every_path_exists(found):
    # A changelog names what was.
    if found.name != "CHANGELOG.md":
        assert [code for code in found.inline_code if is_path(code) and not path_exists(code)] == []


@each_document
def test_every_series_exists(found):
    known = {record.name for group in content().recording_rules(Settings()) for record in group.records}
    named = {name for code in found.inline_code for name in re.findall(r"\b[a-z]+:[a-z_]+:[a-z0-9_]+\b", code)}
    assert named - known - {"level:metric:operation"} == set()


@cache
def written():
    return bodies(BUNDLE, content(), Settings(), ROOT / "docs")


@pytest.mark.parametrize(
    "name",
    [
        *("alerts.md", "dashboards.md", "metrics.md", "settings.md"),
        *(f"engines/{engine.name}.md" for engine in ENGINES),
    ],
)
def test_a_reference_page_is_what_the_command_writes(name):
    """`make docs` renews it."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert text == page(name, written()[name], text)


def test_every_alert_dashboard_setting_and_metric_is_on_its_page():
    text = {
        name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("alerts", "dashboards", "settings", "metrics")
    }
    assert [name for name in ALERTS if f"\n## {name}\n" not in text["alerts"]] == []
    assert [title for title in BOARDS if f"\n## {title}\n" not in text["dashboards"]] == []
    # A section that only holds keys is a heading.
    assert [path for path in SETTINGS if f"| `{path}` |" not in text["settings"] and path not in SECTIONS] == []
    assert [section for section in SECTIONS if f"\n### `{section}`\n" not in text["settings"]] == []
    metrics = [metric.name for metrics in CATALOGUE.values() for metric in metrics]
    assert [name for name in metrics if f"| `{name}` |" not in text["metrics"]] == []


def test_every_verdict_is_on_its_page():
    text = (ROOT / "docs" / "verdict.md").read_text(encoding="utf-8")
    assert [word for word in dict.fromkeys(case.word for case in VERDICTS) if f"\n| {word} |" not in text] == []


def test_every_word_signal_and_cause_of_an_idle_gpu_is_explained():
    """The boards name them only."""
    text = (ROOT / "docs" / "verdict.md").read_text(encoding="utf-8")
    assert [each.name for each in signals() if f"| `{each.name}` | {each.means} |" not in text] == []
    words = [each for each in vars(states).values() if isinstance(each, states.State)]
    assert [each.word for each in words if f"\n| {each.word} | {each.means} |" not in text] == []
    assert [case.word for case in IDLE_CAUSES if f"\n| {case.word} | {case.act} |" not in text] == []


def test_every_command_is_in_getting_started():
    text = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    assert [name for name, entry in COMMANDS.items() if entry.help and f"`python deploy.py {name}" not in text] == []


def test_every_page_is_reached_from_the_readme():
    linked, left = set(), ["README.md"]
    while left:
        found = document(ROOT / left.pop())
        folder = (ROOT / found.name).parent
        targets = {(folder / link.partition("#")[0]).resolve() for link in found.links}
        new = {
            str(target.relative_to(ROOT)) for target in targets if target.suffix == ".md" and target.exists()
        } - linked
        linked |= new
        left += new
    assert {found.name for found in DOCUMENTS if found.name.startswith("docs/")} - linked == set()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("python deploy.py biuld", "no command biuld of deploy.py"),
        ("python deploy.py build --targt kubernetes", "no option --targt of build"),
        ("python deploy.py --setings a.yaml build", "no option --setings of deploy.py"),
        ("python deploy.py baseline sav NAME", "no command sav of baseline"),
        ("make dmeo", "no target dmeo"),
        ("make demo SENARIO=xid", "no variable SENARIO"),
        ("python -m stack.robot", "no module stack.robot"),
    ],
)
def test_a_wrong_command_is_found(line, problem):
    assert command_problems(line) == [problem]


def test_a_misspelt_setting_is_found():
    assert is_unknown_name("thresholds.kv_cache_hihg_ratio")
    assert is_unknown_name("treshold.qps_low")
    assert "hihg" in settings_problem("thresholds: {kv_cache_hihg_ratio: 0.9}")
    assert "treshold" in settings_problem("treshold: {qps_low: 5}")


def test_a_missing_path_is_found():
    assert is_path("glassbox/compiler.py") and not path_exists("glassbox/compiler.py")
    assert not path_exists("build/dashbords/")
