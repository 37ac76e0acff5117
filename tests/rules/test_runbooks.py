"""What a runbook names must exist: its queries, recorded series, panels and neighbouring runbooks."""

import re
from pathlib import Path

import pytest
import yaml

from glassbox.compile.bundle import Bundle
from glassbox.lint.rules.completeness import RUNBOOK_HEADINGS
from glassbox.prometheus import promtool
from glassbox.servers.components import ensure_components
from tests.support.ours import our_alert_groups, our_bundle, our_record_groups
from tests.support.paths import ROOT

RUNBOOKS = ROOT / "alerts" / "runbooks"
FILES = sorted(RUNBOOKS.glob("*.md"))
RECORDED = {record.name for group in our_record_groups() for record in group.records}
ALERTS = {alert.name for group in our_alert_groups() for alert in group.alerts}
LONGEST_LINES = 80

_QUERY = re.compile(r"^ *```promql\n(.*?)\n *```$", re.MULTILINE | re.DOTALL)
_RECORDED_NAME = re.compile(r"\b(?:model|endpoint|engine|job|gpu|instance|slo|window):[a-z0-9_]+:[a-z0-9_]+")
_PANEL = re.compile(r'`"([^"]+)" -> "([^"]+)"`')
_RUNBOOK = re.compile(r"\b(?:Inference|GPU)\w+(?=\.md)")

each_runbook = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return our_bundle()


@each_runbook
def test_begins_with_its_alert_and_has_the_headings_in_order(file: Path) -> None:
    headings = [line for line in file.read_text(encoding="utf-8").splitlines() if re.match("##? ", line)]
    assert headings == [f"# {file.stem}", *RUNBOOK_HEADINGS]


@each_runbook
def test_is_short_enough_to_be_read_at_night(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_LINES


@each_runbook
def test_queries_can_be_pasted(file: Path, tmp_path: Path) -> None:
    ensure_components()
    queries = _QUERY.findall(file.read_text(encoding="utf-8"))
    assert queries
    rules = [{"record": "q", "expr": query, "labels": {"query": str(n)}} for n, query in enumerate(queries)]
    rule_file = tmp_path / "queries.yml"
    rule_file.write_text(yaml.safe_dump({"groups": [{"name": file.stem, "rules": rules}]}), encoding="utf-8")
    assert promtool.check_rules([rule_file]) == []


@each_runbook
def test_recorded_series_exist(file: Path) -> None:
    assert set(_RECORDED_NAME.findall(file.read_text(encoding="utf-8"))) <= RECORDED


@each_runbook
def test_panels_exist(file: Path, bundle: Bundle) -> None:
    panels = {(board["title"], panel["title"]) for board in bundle.dashboards.values() for panel in board["panels"]}
    named = set(_PANEL.findall(file.read_text(encoding="utf-8")))
    assert named
    assert named <= panels


@each_runbook
def test_other_runbooks_are_those_of_alerts(file: Path) -> None:
    """Whether each alert has its runbook is for lint to say."""
    assert set(_RUNBOOK.findall(file.read_text(encoding="utf-8"))) <= ALERTS
