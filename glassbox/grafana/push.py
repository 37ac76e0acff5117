"""Carry out a plan, kind by kind. Unchanged objects are not written."""

from collections.abc import Iterable

from glassbox.compile.bundle import Bundle, DataSource
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.kind import Deployment, ObjectKind
from glassbox.grafana.plan import Action, Change, plan
from glassbox.settings.model import Settings


def data_source_of(grafana: Grafana, settings: Settings) -> DataSource:
    """The data source of this server that dashboards and rules query. Proves the credential first."""
    grafana.organisation()
    return choose_data_source(grafana.data_sources(), settings.grafana.data_source)


def push(grafana: Grafana, settings: Settings, bundle: Bundle, kinds: Iterable[ObjectKind] = KINDS) -> Iterable[Change]:
    """Plan and write; yields each change once it is done, so that an error shows how far it came."""
    for change in plan(grafana, Deployment(bundle, settings.grafana, grafana.version()), kinds):
        if change.action is not Action.KEEP:
            change.kind.write(grafana, change.content, change.live)
        yield change


def choose_data_source(sources: list[DataSource], wanted: str) -> DataSource:
    """The Prometheus data source of this uid or name; without one, the default or the only one."""
    usable = [source for source in sources if source.type == "prometheus"]
    known = ", ".join(f"{source.name} ({source.uid})" for source in usable) or "none"
    if wanted:
        found = [source for source in usable if wanted in (source.uid, source.name)]
        if not found:
            raise GlassboxError(
                f"Grafana does not have a Prometheus data source {wanted!r} (it has: {known}): correct grafana.data_source in the settings."
            )
        return found[0]
    found = [source for source in usable if source.is_default] or (usable if len(usable) == 1 else [])
    if not found:
        raise GlassboxError(
            f"Grafana does not have a default Prometheus data source (it has: {known}): add one, or name one as grafana.data_source in the settings."
        )
    return found[0]
