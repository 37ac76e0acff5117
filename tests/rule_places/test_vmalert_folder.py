"""Rule files in the folder of a real vmalert, whose reload answers before it is done."""

import pytest

from glassbox.errors import GlassboxError
from glassbox.prometheus import promtool
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.rules_api import loaded_groups
from glassbox.rule_places import confirming
from glassbox.rule_places.folder_push import FolderPlace
from glassbox.rule_places.reloading import Reloader
from glassbox.rule_places.rule_folder import RuleFolder
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import running
from glassbox.servers.victoria import victoria_metrics


def rules(value):
    rule = {"record": "all:ones:sum", "expr": f"vector({value})"}
    return {"ones.yaml": {"groups": [{"name": "ones", "interval": "1s", "rules": [rule]}]}}


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    try:
        ensure_components(promtool.SCALE_OUT_PACKAGES)
    except GlassboxError as error:
        pytest.skip(str(error))
    with victoria_metrics(tmp_path_factory.mktemp("storage")) as server:
        yield server


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    return RuleFolder(folder, "glassbox")


@pytest.fixture
def vmalert(components, tmp_path, place, storage):
    """A vmalert that reads the folder; this one needs a rule to start with."""
    (place.folder / "first.yaml").write_text("groups: [{name: first, rules: [{record: x, expr: '1'}]}]")
    command = [str(promtool.find("vmalert")), f"-rule={place.folder}/*.yaml", f"-datasource.url={storage.url}"]
    flags = [f"-remoteWrite.url={storage.url}", f"-notifier.url={storage.url}"]
    with running("vmalert", [*command, *flags], folder=tmp_path, listen_flag="-httpListenAddr") as server:
        yield server


def test_vmalert_has_loaded_and_evaluated_the_rules_when_a_push_is_over(place, vmalert):
    with Prometheus(vmalert.url) as prometheus:
        for value in (1, 2):
            FolderPlace(place, Reloader(prometheus)).push(rules(value), str)
            (group,) = (each for each in loaded_groups(prometheus)[0] if each.file == "glassbox-ones.yaml")
            assert group.known and [rule.name for rule in group.rules] == ["all:ones:sum"]
            assert prometheus.about("rules")["groups"][-1]["rules"][0]["query"] == f"vector({value})"


def test_a_reload_of_vmalert_that_fails_afterwards_brings_the_old_files_back(place, vmalert):
    """It answers 200, and only its metrics say that a file of somebody else is broken."""
    with Prometheus(vmalert.url) as prometheus:
        FolderPlace(place, Reloader(prometheus)).push(rules(1), str)
        theirs = place.folder / "theirs.yaml"
        theirs.write_text("groups: [{name: a, rules: [{record: x, expr: 'sum('}]}]")
        with pytest.raises(
            GlassboxError, match="could not reload its rules: its log says which file is wrong; the files"
        ):
            FolderPlace(place, Reloader(prometheus)).push(rules(2), str)
        assert "vector(1)" in (place.folder / "glassbox-ones.yaml").read_text()


def test_the_storage_behind_vmalert_is_not_taken_for_it(place, storage, monkeypatch):
    monkeypatch.setattr(confirming, "APPEARING_SECONDS", 1.0)
    with Prometheus(storage.url) as prometheus, pytest.raises(GlassboxError, match="did not load the group 'ones'"):
        FolderPlace(place, Reloader(prometheus)).push(rules(1), str)
    assert not list(place.folder.glob("*.yaml"))
