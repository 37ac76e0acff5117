"""`adopt`: what others edited in Grafana, by file and line of our content, by keys of the settings, and as a diff."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from deploy import PRODUCT
from glassbox.board.dashboard import dashboard, row
from glassbox.board.panels import stat
from glassbox.board.tables import Next
from glassbox.cli import main as command_line
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import Difference
from glassbox.query.promql import instant
from glassbox.query.selectors import QueryError
from glassbox.reviewing.adopting import Adopting
from glassbox.reviewing.declared_values import line_of
from glassbox.reviewing.moved_settings import Recompile, settings_that_give
from glassbox.settings.model import Settings
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.ours import our_bundle
from tests.support.paths import ROOT
from tests.support.small_bundle import TOKENS, edited
from tests.support.small_content import JOB, WAITING
from tests.support.small_content import PRODUCT as SMALL
from tests.support.small_content import content as small_content

BOARD, ALERT = "glassbox-llm-serving", "InferenceKVCacheNearlyFull"


def line_with(file, name):
    """The first line of the file with this name in quotes, as `adopt` writes it."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return f"  {file}:{1 + next(number for number, line in enumerate(lines) if chr(34) + name + chr(34) in line)}: "


def adopting(product, server, capsys, *arguments, settings=()):
    capsys.readouterr()
    code = command_line.main(product, [*settings, "adopt", *arguments, "--grafana", server.url])
    said = capsys.readouterr()
    return code, said.out, said.err


def second(_settings):
    panel = stat("Waiting", instant(WAITING), why="Who waits.")
    return dashboard("second", "Second", question="Who waits?", variables=(JOB,), rows=(row("Now", panel),), leads_to=Next("queue", "Queue"))  # fmt: skip  # one dashboard


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    with GrafanaStandIn(tokens=TOKENS, data_sources=[prometheus_source("http://127.0.0.1:9")], search_lag_seconds=0) as running:  # fmt: skip  # one server
        yield running


def panel_of(panels, title):
    return next(panel for panel in panels if panel.get("title") == title)


def test_edits_of_boards_and_rules_are_told_by_line_and_by_setting(server, tmp_path, capsys):
    assert command_line.main(PRODUCT, ["--grafana", server.url, "--backups", str(tmp_path)]) == 0
    assert adopting(PRODUCT, server, capsys)[0] == 0
    panels = json.loads(json.dumps(server.state.dashboards[BOARD].spec["panels"]))
    title = "First token p95"
    panel_of(panels, title).update(title="Mine", description="Short.")
    cache = panel_of(panels, "KV cache, fullest")
    cache["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = 0.97
    panel_of(panels, "Output")["targets"][0]["expr"] = "up"
    edited(server, BOARD, panels=panels, refresh="5m")
    rule = server.state.rules[f"glassbox-{ALERT}"]
    rule.body["data"][0]["model"]["expr"] = rule.body["data"][0]["model"]["expr"].replace("0.9", "0.97")
    rule.body["for"] = "1h"
    writes = len(server.writes)
    code, out, _ = adopting(PRODUCT, server, capsys)
    assert (code, len(server.writes)) == (2, writes)
    lines = out.splitlines()
    when = server.state.dashboards[BOARD].newest.created
    assert lines[0] == f"dashboard LLM serving: edited since our last push by alice, {when}"
    board = "dashboards/llm_serving.py"
    assert f"{line_with(board, title)}Mine: title {title} -> Mine" in lines
    assert "    +Short." in lines
    at = lines.index(f"{line_with(board, 'KV cache, fullest')}KV cache, fullest: threshold 90% -> 97%")
    assert lines[at + 1] == "    or in the settings: thresholds.kv_cache_high_ratio: 0.9 -> 0.97"
    assert "    +up" in lines
    assert f"{line_with(board, 'llm-serving')}refresh 30s -> 5m" in lines
    alert = line_with("alerts/engine.py", ALERT)
    at = lines.index(f"{alert}{ALERT}: threshold 0.9 -> 0.97")
    assert lines[at + 1] == "    or in the settings: thresholds.kv_cache_high_ratio: 0.9 -> 0.97"
    at = lines.index(f"{alert}{ALERT}: for 0 s -> 3600 s")
    assert lines[at + 1] == f"    or in the settings: alerts.{ALERT}.for"
    one = adopting(PRODUCT, server, capsys, f"glassbox-{ALERT}")[1]
    assert one.splitlines()[0].startswith("rule group inference-engine: edited since our last push by somebody")
    assert "LLM serving" not in one
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"thresholds: {{kv_cache_high_ratio: 0.97}}\nalerts: {{{ALERT}: {{for: 1h}}}}\n")
    left = adopting(PRODUCT, server, capsys, f"glassbox-{ALERT}", settings=("--settings", str(settings)))
    # The description states the number of the settings.
    assert [line for line in left[1].splitlines() if line.startswith("  alerts/")] == [f"{alert}{ALERT}: annotation description changed"]  # fmt: skip  # one thing is one line


def test_an_alert_that_somebody_gave_another_title_is_found_by_its_uid(server, tmp_path, capsys):
    assert command_line.main(PRODUCT, ["--grafana", server.url, "--backups", str(tmp_path)]) == 0
    name = "InferenceThroughputLow"
    server.state.rules[f"glassbox-{name}"].body.update(title="Mine", **{"for": "1h"})
    code, out, _ = adopting(PRODUCT, server, capsys, f"glassbox-{name}")
    alert, lines = line_with("alerts/engine.py", name), out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{alert}Mine: for "))
    assert (code, lines[at + 1]) == (2, f"    or in the settings: alerts.{name}.for")
    assert f"{alert}Mine: title {name} -> Mine" in lines


def test_a_rename_of_the_folder_and_notifications_are_told_by_their_settings(server, tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_text(
        "notifications: {receiver: Mail, contact_points: [{name: Mail, integrations: [{type: email, settings: {addresses: a@example.org}}]}]}"
    )
    with_file = ("--settings", str(file))
    assert command_line.main(SMALL, [*with_file, "--grafana", server.url, "--backups", str(tmp_path)]) == 0
    point = next(each for each in server.state.contact_points.values() if each["name"] == "Mail")
    point["settings"]["addresses"] = "mine@example.org"
    folder = server.state.folders["glassbox"]
    folder.title, folder.updated_by, folder.created_by = "Mine", "bob", "admin"
    code, out, _ = adopting(SMALL, server, capsys, settings=with_file)
    lines = out.splitlines()
    assert code == 2
    assert "  settings: grafana.folder_title: title Glassbox -> Mine" in lines
    at = lines.index("  settings: notifications.contact_points")
    assert lines[at + 1 :][:4] == [
        "     settings:", "    -  addresses: a@example.org", "    +  addresses: mine@example.org", "     type: email",
    ]  # fmt: skip  # a row is a line


def test_a_rename_of_the_folder_of_rules_is_told_by_its_own_setting(server, tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_text("grafana: {rules_folder_uid: rules}")
    with_file = ("--settings", str(file))
    assert command_line.main(SMALL, [*with_file, "--grafana", server.url, "--backups", str(tmp_path)]) == 0
    folder = server.state.folders["rules"]
    folder.title, folder.updated_by, folder.created_by = "Mine", "bob", "admin"
    code, out, _ = adopting(SMALL, server, capsys, settings=with_file)
    assert (code, "  settings: grafana.rules_folder_title: title Glassbox alerts -> Mine" in out.splitlines()) == (2, True)  # fmt: skip  # one thing is one line


def test_what_nobody_edited_and_what_is_not_there(server, tmp_path, capsys):
    assert command_line.main(SMALL, ["--grafana", server.url, "--backups", str(tmp_path)]) == 0
    assert adopting(SMALL, server, capsys)[:2] == (0, "Nobody has edited anything of ours in Grafana since our last push.\n")  # fmt: skip  # one case
    code, out, _ = adopting(SMALL, server, capsys, "queue")
    assert (code, out) == (0, "Nobody edited it in Grafana since our last push.\n")
    code, _, err = adopting(SMALL, server, capsys, "other")
    assert (code, err.startswith("Error: There is no object of ours 'other' in Grafana")) == (1, True)


def test_the_line_of_a_value_is_that_of_the_constant_in_its_own_call(tmp_path):
    file = tmp_path / "board.py"
    file.write_text('one("A", why="x", limit=True)\ntwo(\n    "B",\n    why="x",\n    limit=1,\n)\n')
    assert line_of(str(file), 3, "x") == 4
    assert line_of(str(file), 3, 1) == 5
    assert line_of(str(file), 1, 1) is None
    assert line_of(str(file), 3, "put together") is None
    assert line_of(str(tmp_path / "none.py"), 3, "x") is None


def test_only_a_setting_whose_new_value_gives_the_edit_is_named():
    tried = []

    def compiled(settings):
        tried.append(settings)
        if settings.thresholds.kv_cache_high_ratio == 0.5:
            raise QueryError("not a bucket")
        if settings.gpu.power_limited_ratio == 0.5:
            raise GlassboxError("refused")
        return settings

    found = settings_that_give(Recompile(Settings(), compiled), 0.9, 0.5, lambda bundle: True)
    assert list(found) == []
    found = settings_that_give(Recompile(Settings(), compiled), 0.9, 0.8, lambda bundle: bundle.gpu.power_limited_ratio == 0.8)  # fmt: skip  # one thing is one line
    assert list(found) == ["gpu.power_limited_ratio: 0.9 -> 0.8"]
    assert len(tried) == 4


def test_a_panel_of_another_product_is_not_told_by_a_line_of_ours(server, tmp_path, capsys):
    assert command_line.main(SMALL, ["--grafana", server.url, "--backups", str(tmp_path)]) == 0
    panels = json.loads(json.dumps(server.state.dashboards["glassbox-queue"].spec["panels"]))
    panel_of(panels, "Waiting")["description"] = "Mine."
    edited(server, "glassbox-queue", panels=panels)
    code, out, _ = adopting(SMALL, server, capsys)
    assert code == 2
    assert "  no line of Python names it: Waiting: description changed" in out.splitlines()


def test_a_value_of_a_panel_that_no_line_names_is_not_looked_for_in_the_rest_of_its_dashboard():
    edit = Difference("Burn rate over 1 hour", "unit", "Where the time goes", "s")
    change = SimpleNamespace(kind_name="dashboard", title="SLO", identity="glassbox-slo", content={}, live={}, edit=SimpleNamespace(differences=(edit,)))  # fmt: skip  # one change
    steps = Adopting(our_bundle(), Recompile(Settings(), lambda _: None)).adoption(change, "").steps
    lines = (ROOT / "dashboards/slo.py").read_text(encoding="utf-8").splitlines()
    assert [each.place for each in steps] == [f"dashboards/slo.py:{1 + lines.index('        ' + chr(34) + 'slo' + chr(34) + ',')}"]  # fmt: skip  # one thing is one line


def test_an_edit_of_what_the_code_no_longer_has_is_told(server, tmp_path, capsys):
    old = SMALL._replace(content=lambda: replace(small_content(), dashboards=(*small_content().dashboards, second)))
    assert command_line.main(old, ["--grafana", server.url, "--backups", str(tmp_path)]) == 0
    edited(server, "glassbox-second", refresh="7m")
    told = "  no line of Python names it: the code no longer has it, so declare it again to keep it"
    for arguments in ((), ("glassbox-second",)):
        code, out, _ = adopting(SMALL, server, capsys, *arguments)
        assert (code, out.splitlines()[1]) == (2, told)
        assert out.startswith("dashboard Second: edited since our last push by alice, ")
