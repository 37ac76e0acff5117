"""A write whose answer leaves open what became of it, where another person saved the object in the meantime."""

import pytest

from glassbox.deploying.change import Action, Change
from glassbox.deploying.writing import written
from glassbox.errors import GlassboxError
from glassbox.grafana.failures import GrafanaError
from glassbox.grafana.kinds.contact_point_kind import ContactPointKind
from tests.support.pushing import push
from tests.support.small_bundle import board, bundle, grafana_of, settings_of


class Unanswered(ContactPointKind):
    """A kind whose writes are answered with an error, and whose object then is as somebody else saved it."""

    def __init__(self, now):
        self.writes, self._now = 0, now

    def write(self, grafana, content, live):
        self.writes += 1
        if self.writes > 1:
            self._now = content
            return
        raise GrafanaError("Grafana is away.", method="PUT", path="/api", status=503)

    def now(self, grafana, content):
        return self._now

    def equal(self, content, live):
        return content == live

    def is_what_we_pushed(self, grafana, content, live):
        return False

    def is_unchanged(self, now, live):
        return now == live


@pytest.mark.parametrize(("now", "writes"), [("found", 2), ("somebody's", 1)])
def test_a_write_is_repeated_only_over_what_the_plan_found(now, writes):
    kind = Unanswered({"name": now})
    change = Change(Action.UPDATE, kind, {"name": "ours"}, {"name": "found"})
    if writes == 1:
        with pytest.raises(GrafanaError, match="is away"):
            written(None, change)
    else:
        written(None, change)
    assert kind.writes == writes


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(("kind", "path"), [("dashboard A", "/api/dashboards/uid/glassbox-a"), ("folder Glassbox", "/api/folders/glassbox")])  # fmt: skip  # a row is a case
def test_an_object_that_is_there_and_not_seen_is_said_to_be_so(kind, path, status):
    with grafana_of("13.2.0") as (server, grafana):
        push(grafana, settings_of(), bundle([board("a")]))
        server.faults.answer(path, status=status, body={"message": "no"}, times=99, method="GET")
        with pytest.raises(GlassboxError) as refused:
            push(grafana, settings_of(), bundle([board("a", refresh="5m")]))
    expected = f"Grafana says that the {kind} is there already (" if (kind, status) != ("folder Glassbox", 403) else "Grafana has a folder 'glassbox' that this credential may not see"  # fmt: skip  # one case
    assert str(refused.value).startswith(expected)
