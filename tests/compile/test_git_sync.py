"""The folder for Grafana's Git Sync: what stands in it, and that a dashboard in it is the one that a push sends."""

import json

import pytest

from glassbox.cli import main as command_line
from glassbox.compile.compiler import compile_bundle
from glassbox.compile.git_sync import synced_files
from glassbox.compile.outputs import render, write_git_sync
from glassbox.settings.model import GrafanaTarget, Settings
from tests.support.small_content import PRODUCT, content

BUNDLE = compile_bundle(content(), Settings())


@pytest.fixture
def built(tmp_path):
    """What `build --target git-sync` writes, by path."""
    assert command_line.main(PRODUCT, ["build", "--target", "git-sync", "--out", str(tmp_path)]) == 0
    root = tmp_path / "git-sync"
    return {str(file.relative_to(root)): json.loads(file.read_text()) for file in root.rglob("*") if file.is_file()}


def test_one_file_a_dashboard_and_one_for_the_folder_and_no_rules(built):
    assert set(built) == {"glassbox/_folder.json", "glassbox/queue.json"}
    assert built["glassbox/_folder.json"] == {
        "apiVersion": "folder.grafana.app/v1beta1", "kind": "Folder", "metadata": {"name": "glassbox"}, "spec": {"title": "Glassbox"},
    }  # fmt: skip  # one object


def test_a_dashboard_is_the_one_that_a_push_sends_under_its_uid(built):
    found = built["glassbox/queue.json"]
    board = BUNDLE.dashboards["glassbox-queue"]
    assert {key: found[key] for key in ("apiVersion", "kind", "metadata")} == {
        "apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "metadata": {"name": "glassbox-queue"},
    }  # fmt: skip  # one object
    assert {"uid": "glassbox-queue", **found["spec"]} == board
    assert not {"id", "uid", "version"} & found["spec"].keys()


def test_rules_in_a_folder_of_their_own_leave_the_files_as_they_are_and_keep_their_uids(built):
    apart = Settings(grafana=GrafanaTarget(rules_folder_uid="team-rules"))
    bundle = compile_bundle(content(), apart)
    assert synced_files(bundle.dashboards, apart.grafana) == built
    (group,) = [json.loads(text) for path, text in render(bundle).items() if path.startswith("grafana/")]
    assert group["folderUid"] == "team-rules"
    assert [(rule["uid"], rule["folderUID"]) for rule in group["rules"]] == [("glassbox-RequestsWaiting", "team-rules")]


def test_the_folder_is_that_of_the_settings(tmp_path):
    settings = Settings(grafana=GrafanaTarget(folder_uid="team-a", folder_title="Team A"))
    files = write_git_sync(compile_bundle(content(), settings), settings, tmp_path)
    assert [str(file.relative_to(tmp_path)) for file in files] == ["git-sync/team-a/_folder.json", "git-sync/team-a/queue.json"]  # fmt: skip  # a row
    folder = json.loads((tmp_path / "git-sync/team-a/_folder.json").read_text())
    assert (folder["metadata"]["name"], folder["spec"]["title"]) == ("team-a", "Team A")
