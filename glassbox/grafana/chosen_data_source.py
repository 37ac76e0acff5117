"""Which data source of the server dashboards and rules query."""

from glassbox.compile.bundle import DataSource
from glassbox.errors import GlassboxError


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
