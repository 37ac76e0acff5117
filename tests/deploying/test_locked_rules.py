"""Rules that Grafana's page may change, or not, as the settings say."""

import pytest

from tests.support.pushing import planned, push
from tests.support.small_bundle import VERSIONS, bundle, grafana_of, group, settings_of

GROUPS = bundle([], [group("one", "A")])
EDITABLE, LOCKED = settings_of(), settings_of(rules="locked")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_setting_decides_and_a_change_of_it_keeps_the_rules(version):
    with grafana_of(version) as (server, grafana):
        push(grafana, LOCKED, GROUPS)
        before = server.state.rules["glassbox-A"].id
        assert server.state.rules["glassbox-A"].provenance == "api"
        assert planned(grafana, LOCKED, GROUPS).pending == ()
        (change,) = planned(grafana, EDITABLE, GROUPS).pending
        assert [each.text for each in change.differences] == ["in Grafana's page locked -> editable"]
        push(grafana, EDITABLE, GROUPS)
        assert (server.state.rules["glassbox-A"].provenance, server.state.rules["glassbox-A"].id) == ("", before)
        assert planned(grafana, EDITABLE, GROUPS).pending == ()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("settings", [EDITABLE, LOCKED])
def test_rules_are_deleted_as_they_were_written(version, settings):
    """Grafana refuses to delete a rule with the other choice."""
    with grafana_of(version) as (server, grafana):
        push(grafana, settings, GROUPS)
        push(grafana, settings, bundle())
        assert server.state.rules == {}
