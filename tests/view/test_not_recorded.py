"""The boards in a real browser, over a real Prometheus that has none of our rules, and over one that has them and nothing else."""

import time
from pathlib import Path

import pytest

from glassbox.compile.not_recorded import NAME, WHAT_TO_DO, WORDS
from glassbox.compile.outputs import yaml_text
from glassbox.prometheus.board_queries import api_data
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from glassbox.servers.victoria import victoria_metrics
from glassbox.standin.folder_content import FolderContent
from glassbox.view.local_grafana import PrometheusAddress, serving
from tests.support.ours import our_bundle
from tests.support.own_targets import own_targets
from tests.support.waiting import eventually

BUNDLE = our_bundle()
BOARDS = BUNDLE.dashboards
ALWAYS = BUNDLE.content.always_recorded
PANELS = """(all) => all.map(({ dataset, innerText }) => ({ title: dataset.panelTitle, text: innerText }))"""
# Bands have their words on a canvas.
DRAWN = {panel["title"] for board in BOARDS.values() for panel in board["panels"] if panel["type"] == "state-timeline"}
# Panels that read what is recorded, and would otherwise say that there is nothing.
CLAIMS = {
    ("glassbox-inference-overview", "Targets up"): "No target",
    ("glassbox-inference-overview", "Health"): "No target",
    ("glassbox-inference-overview", "Verdict"): "No model",
    ("glassbox-inference-overview", "Firing alerts"): "No alert fires",
    ("glassbox-llm-serving", "Engines"): "No model",
    ("glassbox-capacity-and-diagnosis", "What to do"): "No model",
    ("glassbox-capacity-and-diagnosis", "Verdict over time"): "No model",
    ("glassbox-replicas", "All replicas"): "No replica",
    ("glassbox-slo", "Budget left, worst model"): "Not enough requests",
}


@pytest.fixture(scope="module", autouse=True)
def _installed():
    ensure_components(DEBIAN_PACKAGES | SCALE_OUT_PACKAGES)


@pytest.fixture(scope="module")
def shown(watched):
    """Opens a board over this Prometheus: the title of its menu, and the text of each panel by title."""

    def show(url, uid):
        with serving(PrometheusAddress(url)) as server:
            server.show(FolderContent("f", "F", list(BOARDS.values())))
            opened = watched()
            page = opened.open(f"{server.url}/d/{uid}")
            menu = page.get_by_role("button", name="Glassbox").inner_text()
            panels = page.eval_on_selector_all("[data-panel-id]", PANELS)
            assert not opened.errors
            page.close()
        return menu, {panel["title"]: panel["text"] for panel in panels}

    return show


@pytest.fixture(scope="module")
def without_rules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("without")
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(folder / "prometheus.yml", folder=folder) as server:
        yield server.url


@pytest.fixture(scope="module")
def with_rules(tmp_path_factory):
    """Our rules are evaluated every two seconds, and nothing is scraped."""
    folder = tmp_path_factory.mktemp("with")
    for name, file in BUNDLE.recording_rules.items():
        groups = [{**group, "interval": "2s"} for group in file["groups"]]
        Path(folder, name).write_text(yaml_text({"groups": groups}), encoding="utf-8")
    (folder / "prometheus.yml").write_text(f"rule_files: ['{folder}/*.yaml']\n", encoding="utf-8")
    with prometheus(folder / "prometheus.yml", folder=folder) as server:
        assert eventually(lambda: api_data(server.url, "query", query=ALWAYS)["result"], 30)
        # A page asks for what was so at its last full step.
        since = time.time()
        assert eventually(lambda: time.time() - since > 16, 20)
        yield server.url


@pytest.mark.parametrize("uid", BOARDS)
def test_without_our_rules_no_panel_claims_that_there_is_nothing(shown, without_rules, uid):
    menu, texts = shown(without_rules, uid)
    assert WHAT_TO_DO in menu
    silent = {
        panel["title"]
        for panel in BOARDS[uid]["panels"]
        if panel["type"] != "row" and len(own_targets(panel)) < len(panel["targets"])
    }
    assert silent, "no panel of this board reads what is recorded"
    for title in silent:
        text = texts[title].removeprefix(title)
        assert WORDS in text or title in DRAWN, (title, text)
        assert not any(
            words in text for words in ("No ", "Nothing", "None", "Not reported", "Not measured", "Not enough")
        ), (title, text)


@pytest.mark.parametrize("uid", sorted({uid for uid, _ in CLAIMS}))
def test_with_our_rules_and_nothing_else_panels_say_what_there_is_none_of(shown, with_rules, uid):
    menu, texts = shown(with_rules, uid)
    assert menu.strip() == "Glassbox"
    assert not [title for title, text in texts.items() if WORDS in text]
    for title, words in ((title, words) for (board, title), words in CLAIMS.items() if board == uid):
        assert words in texts[title]


def test_victoria_metrics_understands_each_question(tmp_path):
    questions = {
        target["expr"]
        for board in BOARDS.values()
        for panel in board["panels"]
        for target in panel.get("targets", ())
        if target["refId"] == NAME
    }
    assert any("@ end()" in question for question in questions)
    with victoria_metrics(tmp_path) as server:
        for question in questions:
            (found,) = api_data(server.url, "query", query=question)["result"]
            assert found["value"][1] == "1"
