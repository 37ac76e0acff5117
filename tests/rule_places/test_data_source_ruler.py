"""The ruler of Grafana's data source, asked through a Grafana."""

from contextlib import ExitStack, contextmanager

import pytest
from starlette.responses import PlainTextResponse

from glassbox.compile.bundle import DataSource
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.failures import GrafanaError
from glassbox.rule_places.group_changes import GroupAction
from glassbox.rule_places.ruler_push import RulerPlace
from glassbox.standin.server import GrafanaStandIn
from tests.rule_places.test_mimir_ruler import file_of
from tests.support.fake_prometheus import fake_prometheus
from tests.support.ruler_stand_in import grafana_before, ruler_stand_in

SOURCE = DataSource("mimir-1", "Metrics", "prometheus", is_default=True)


@contextmanager
def grafana_with(url="http://127.0.0.1:9"):
    """A Grafana with one data source at this address."""
    source = {"uid": SOURCE.uid, "name": SOURCE.name, "type": SOURCE.type, "url": url, "isDefault": True}
    with GrafanaStandIn(tokens={"glsa_admin": "Admin"}, data_sources=[source]) as running:
        yield running


@contextmanager
def client_before(ruler):
    with ExitStack() as resources:
        stand_in = resources.enter_context(grafana_with())
        url = resources.enter_context(grafana_before(ruler, stand_in.url, SOURCE.uid))
        yield resources.enter_context(Grafana(url, Token("glsa_admin")))


@contextmanager
def client_of(url="http://127.0.0.1:9"):
    with grafana_with(url) as stand_in, Grafana(stand_in.url, Token("glsa_admin")) as grafana:
        yield grafana


@pytest.mark.parametrize("cortex", [False, True])
def test_recorded_series_go_to_the_ruler_behind_grafana(cortex):
    with ruler_stand_in(cortex=cortex, rules_limit=0) as ruler, client_before(ruler) as grafana:
        place = RulerPlace(grafana.ruler(SOURCE), "glassbox")
        place.push(file_of("ones", 1) | file_of("old", 1), str)
        changes = place.push(file_of("ones", 2), str)
        assert [(change.name, change.action) for change in changes] == [
            ("ones", GroupAction.UPDATE),
            ("old", GroupAction.DELETE),
        ]
        assert ruler.of()["glassbox"] == {"ones": file_of("ones", 2)["ones.yaml"]["groups"][0]}
        assert {change.action for change in place.push(file_of("ones", 2), str)} == {GroupAction.KEEP}


def test_a_limit_of_the_ruler_is_said_with_what_to_do():
    with ruler_stand_in(rules_limit=2) as ruler, client_before(ruler) as grafana:
        place = RulerPlace(grafana.ruler(SOURCE), "glassbox")
        with pytest.raises(GlassboxError) as caught:
            place.push(file_of("ones", 1, 2, 3), str)
    assert "(limit: 2 actual: 3) exceeded" in str(caught.value)
    assert "or set ruler.rules_per_group to that limit; the groups are as they were before." in str(caught.value)


def test_a_refused_write_takes_the_others_back():
    with ruler_stand_in() as ruler, client_before(ruler) as grafana:
        place = RulerPlace(grafana.ruler(SOURCE), "glassbox")
        place.push(file_of("ones", 1), str)
        ruler.refusals = [None, PlainTextResponse("no", 500)]
        with pytest.raises(GlassboxError, match=r"answered 500 .*; the groups are as they were before\.$"):
            place.push(file_of("ones", 2) | file_of("twos", 2), str)
        assert list(ruler.of()["glassbox"]) == ["ones"]
        assert ruler.of()["glassbox"]["ones"]["rules"][0]["expr"] == "vector(1)"


def test_what_has_no_ruler_is_told_apart():
    with ruler_stand_in(enabled=False) as ruler, client_before(ruler) as grafana:
        assert grafana.ruler(SOURCE) is None
    with ruler_stand_in(enabled=False, cortex=True) as ruler, client_before(ruler) as grafana:
        assert grafana.ruler(SOURCE) is None
    with fake_prometheus({"job": "a"}) as prometheus, client_of(prometheus.url) as grafana:
        assert grafana.ruler(SOURCE) is None


def test_a_data_source_that_does_not_answer_is_not_said_to_have_none():
    with client_of() as grafana, pytest.raises(GrafanaError, match="the rules of data source Metrics"):
        grafana.ruler(SOURCE)
