"""Which place the rules of a backup came from: whatever it is called, wherever the command is run, and of which tenant."""

import json
from contextlib import ExitStack

import pytest

from glassbox.cli import main as command_line
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.ruler_stand_in import grafana_before, ruler_stand_in
from tests.support.small_content import PRODUCT

OLD = {"name": "old", "interval": "1m", "rules": [{"record": "all:old:sum", "expr": "vector(1)"}]}


class Installation:
    """Pushes and rollbacks of one Grafana whose data source is that ruler's server."""

    def __init__(self, stack, folder, capsys):
        self.ruler = stack.enter_context(ruler_stand_in(tenants=True))
        source = {**prometheus_source(self.ruler.source_url), "uid": "m", "name": "Metrics", "isDefault": True}
        server = GrafanaStandIn(tokens={"admin": "Admin"}, data_sources=[source], search_lag_seconds=0)
        self.grafana = stack.enter_context(server)
        self.kept, self._capsys = folder / "kept", capsys
        self._url, self._file = self.grafana.url, folder / "settings.yaml"

    def through_grafana(self, stack):
        self.ruler.tenants = False
        self._url = stack.enter_context(grafana_before(self.ruler, self.grafana.url, "m"))

    def run(self, seconds, *arguments, ruler="{through_grafana: never}"):
        self._file.write_text(f"ruler: {ruler}\nevaluation_interval_seconds: {seconds}\n")
        given = ["--settings", str(self._file), *map(str, arguments)]
        code = command_line.main(PRODUCT, [*given, "--grafana", self._url, "--backups", str(self.kept)])
        return code, *self._capsys.readouterr()

    def of_tenant(self, tenant, seconds, *arguments):
        """With that tenant's rules at the ruler."""
        return self.run(seconds, *arguments, "--mimir", f"{self.ruler.url}/prometheus", ruler=f"{{tenant: {tenant}}}")

    def identities(self):
        """The oldest first."""
        return [line.partition(" ")[0] for line in reversed(self.run(10, "rollback", "--list")[1].splitlines())]

    def intervals(self):
        """The interval of each group, by tenant."""
        return {
            tenant: {name: group["interval"] for name, group in held.get("glassbox", {}).items()}
            for tenant, held in self.ruler.state.items()
        }

    def as_earlier(self, title):
        """Give the places of all backups the title and no origin, as an earlier version wrote them."""
        for file in self.kept.iterdir():
            backup = json.loads(file.read_text())
            backup["places"] = [each | {"title": title, "origin": {}} for each in backup["places"]]
            file.write_text(json.dumps(backup))


@pytest.fixture
def stack():
    with ExitStack() as resources:
        yield resources


@pytest.fixture
def installation(stack, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    return Installation(stack, tmp_path, capsys)


@pytest.fixture
def folders(tmp_path):
    """`rules` in each of two folders."""
    made = [tmp_path / name / "rules" for name in ("one", "two")]
    for folder in made:
        folder.mkdir(parents=True)
    return made


def intervals_in(folder):
    return [line.strip() for file in folder.glob("*.yaml") for line in file.read_text().splitlines() if "interval" in line]  # fmt: skip  # one thing is one line


@pytest.mark.parametrize("yes", ["--yes", "--dry-run"])
def test_a_data_source_that_was_renamed_since_is_the_same_place(installation, stack, yes):
    installation.through_grafana(stack)
    always = "{through_grafana: always}"
    assert installation.run(10, ruler=always)[0] == 0
    assert installation.run(20, ruler=always)[0] == 0
    installation.grafana.state.data_sources["m"]["name"] = "Renamed"
    installation.ruler.of()["glassbox"]["old"] = OLD
    assert installation.run(20, "--yes", ruler=always)[0] == 0
    assert installation.intervals() == {"anonymous": {"waiting": "20s"}}
    code, out, _ = installation.run(20, "rollback", yes, "--to", installation.identities()[1], ruler=always)
    assert "Rules in the ruler of data source Metrics" not in out
    told = out.split("Rules in the ruler of data source Renamed, namespace glassbox:\n")
    # Once as the plan, and once as it is done.
    assert len(told) == (3 if yes == "--yes" else 2)
    assert "  + old\n" in told[1] and "  ~ waiting\n" in told[1]
    if yes == "--yes":
        assert (code, installation.intervals()) == (0, {"anonymous": {"waiting": "10s", "old": "1m"}})


def test_one_ruler_at_two_addresses_keeps_what_it_got_by_the_first(installation, stack):
    installation.through_grafana(stack)
    direct = ("--mimir", f"{installation.ruler.url}/prometheus")
    assert installation.run(10, ruler="{through_grafana: always}")[0] == 0
    assert installation.run(20, *direct)[0] == 0
    installation.ruler.of()["glassbox"]["old"] = OLD
    assert installation.run(20, "--yes", ruler="{through_grafana: always}")[0] == 0
    assert installation.run(30, *direct)[0] == 0
    to = installation.identities()[1]
    assert installation.run(30, "rollback", "--yes", "--to", to, *direct)[0] == 0
    assert installation.intervals() == {"anonymous": {"waiting": "10s", "old": "1m"}}


def test_the_same_words_in_another_folder_are_another_place(installation, folders, monkeypatch):
    one, two = folders
    option = ("--prometheus-rules", "rules")
    monkeypatch.chdir(one.parent)
    assert installation.run(10, *option)[0] == installation.run(20, *option)[0] == 0
    monkeypatch.chdir(two.parent)
    code, out, _ = installation.run(20, "rollback", "--yes", "--to", installation.identities()[1], *option)
    assert (code, intervals_in(one), intervals_in(two)) == (0, ["interval: 20s"], [])
    assert f"Rules in {one} were changed too and are left as they are: name that place with --prometheus-rules DIR" in out  # fmt: skip  # one sentence


@pytest.mark.parametrize("how", ["relative", "from above", "a link"])
def test_a_folder_is_known_by_whatever_path(installation, folders, monkeypatch, how):
    one, two = folders
    assert installation.run(10, "--prometheus-rules", one)[0] == installation.run(20, "--prometheus-rules", one)[0] == 0
    monkeypatch.chdir(one.parent)
    (two / "link").symlink_to(one)
    path = {"relative": "rules", "from above": "../one/rules", "a link": two / "link"}[how]
    code, out, _ = installation.run(20, "rollback", "--yes", "--prometheus-rules", path)
    assert (code, intervals_in(one)) == (0, ["interval: 10s"])
    assert f"Rules in {one}:\n  ~ waiting\n" in out


def test_the_groups_of_another_tenant_are_left_alone(installation):
    for seconds in (10, 20):
        assert installation.of_tenant("A", seconds)[0] == 0
    assert installation.of_tenant("B", 30)[0] == 0
    second = installation.identities()[1]
    code, out, _ = installation.of_tenant("B", 30, "rollback", "--yes", "--to", second)
    assert (code, installation.intervals()) == (0, {"A": {"waiting": "20s"}, "B": {}})
    title = f"the ruler at {installation.ruler.url}/prometheus for tenant A, namespace glassbox"
    assert f"Rules in {title} were changed too and are left as they are: name that place with --prometheus-rules DIR or --mimir URL, with the ruler.tenant and ruler.namespace that were set then, to bring them back.\n" in out  # fmt: skip  # one sentence
    assert installation.of_tenant("A", 30, "rollback", "--yes", "--to", second)[0] == 0
    assert installation.intervals() == {"A": {"waiting": "10s"}, "B": {}}


def test_a_tenant_that_an_earlier_version_did_not_keep_is_not_guessed(installation):
    for seconds in (10, 20):
        assert installation.of_tenant("A", seconds)[0] == 0
    title = f"the ruler at {installation.ruler.url}/prometheus, namespace glassbox"
    installation.as_earlier(title)
    second, writes = installation.identities()[1], len(installation.grafana.writes)
    code, _, err = installation.of_tenant("A", 20, "rollback", "--yes", "--to", second)
    assert (code, installation.intervals(), len(installation.grafana.writes)) == (1, {"A": {"waiting": "20s"}}, writes)
    assert err == f"Error: Backup {second} of an earlier version holds rules in {title} and does not say the tenant of that ruler, so nothing was changed: take these rules from its file by hand, and roll back without --mimir.\n"  # fmt: skip  # one sentence
    code, out, _ = installation.run(20, "rollback", "--yes", "--to", second)
    assert (code, installation.intervals()) == (0, {"A": {"waiting": "20s"}})
    assert f"Rules in {title} were changed too and are left as they are: backup {second} of an earlier version does not say the tenant of that ruler.\n" in out  # fmt: skip  # one sentence


def test_a_relative_path_of_an_earlier_version_is_not_guessed(installation, folders, monkeypatch):
    one, _ = folders
    option = ("--prometheus-rules", "rules")
    monkeypatch.chdir(one.parent)
    assert installation.run(10, *option)[0] == installation.run(20, *option)[0] == 0
    installation.as_earlier("rules")
    second, writes = installation.identities()[1], len(installation.grafana.writes)
    code, _, err = installation.run(20, "rollback", "--yes", "--to", second, *option)
    assert (code, intervals_in(one), len(installation.grafana.writes)) == (1, ["interval: 20s"], writes)
    assert f"Backup {second} of an earlier version holds rules in rules and does not say the folder that this path begins at, so nothing was changed" in err  # fmt: skip  # one sentence
    code, out, _ = installation.run(20, "rollback", "--yes", "--to", second)
    assert (code, intervals_in(one)) == (0, ["interval: 20s"])
    assert "Rules in rules were changed too and are left as they are: backup" in out


def test_an_absolute_path_of_an_earlier_version_is_that_folder(installation, folders):
    one, two = folders
    (two / "link").symlink_to(one)
    assert installation.run(10, "--prometheus-rules", one)[0] == installation.run(20, "--prometheus-rules", one)[0] == 0
    installation.as_earlier(str(two / "link"))
    assert installation.run(20, "rollback", "--yes", "--prometheus-rules", one)[0] == 0
    assert intervals_in(one) == ["interval: 10s"]
