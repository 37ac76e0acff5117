"""The ruler of a data source, asked through Grafana, so that only Grafana needs its credential.

What has one is found out as Grafana's own page does (public/app/features/alerting/unified/api/buildInfo.ts): Mimir says so in
its build information, and Cortex, which has no such page, answers to a list of rules.
"""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from glassbox.compile.bundle import DataSource, Json
from glassbox.grafana.failures import GrafanaError, NotVisibleError
from glassbox.grafana.paths import absent_is_fine, proxied
from glassbox.grafana.transport import GrafanaTransport

_NOTHING = "no rule groups found"
_GROUPS = [{"name": str, "rules": [dict]}]
_SERIES = {"data": {"result": list}}


@dataclass(frozen=True)
class DataSourceRuler:
    """The ruler of one data source; `subtype` is what Grafana calls its kind. Every method raises GrafanaError."""

    transport: GrafanaTransport
    source: DataSource
    subtype: str

    @property
    def title(self) -> str:
        return f"the ruler of data source {self.source.name}"

    @property
    def origin(self) -> dict[str, str]:
        """What finds it again through Grafana."""
        return {"data_source": self.source.uid}

    def groups(self, namespace: str) -> list[Json]:
        """The groups of a namespace; none where there is no such namespace."""
        try:
            found = self._about(namespace, {namespace: _GROUPS}).GET(self._path(namespace))
        except NotVisibleError as error:
            if error.status == 404 and _NOTHING in str(error):
                return []
            raise
        groups: list[Json] = found[namespace]
        return groups

    def put(self, namespace: str, group: Json) -> None:
        """Create the group, or replace the one of its name."""
        self._about(f"{namespace}, group {group['name']}", dict).POST(self._path(namespace), json=group)

    def delete(self, namespace: str, name: str) -> None:
        """Delete the group; an absent one is fine."""
        with absent_is_fine():
            self._about(f"{namespace}, group {name}", dict).DELETE(self._path(namespace, name))

    def has_any(self, names: Collection[str]) -> bool:
        """Whether the data source has a series of one of these names now."""
        return has_any(self.transport, self.source, names)

    def _about(self, what: str, expected: Any) -> GrafanaTransport:
        return self.transport.about(f"{self.title}, namespace {what}", expected)

    def _path(self, *parts: str) -> str:
        below = "".join(f"/{quote(part, safe='')}" for part in parts)
        return f"/ruler/{quote(self.source.uid, safe='')}/api/v1/rules{below}?subtype={self.subtype}"


def ruler_of(transport: GrafanaTransport, source: DataSource) -> DataSourceRuler | None:
    """The ruler of the data source, or None where it has none; raises GrafanaError where that cannot be found out."""
    view = transport.about(f"the rules of data source {source.name}", dict)
    try:
        build = view.GET(proxied(source.uid, "status/buildinfo")).get("data")
    except GrafanaError as error:
        # The proxy hands on what the server says, which may be text.
        if error.status != 404:
            raise
        return _cortex(transport, source)
    return DataSourceRuler(transport, source, "mimir") if _has_ruler(build) else None


def has_any(transport: GrafanaTransport, source: DataSource, names: Collection[str]) -> bool:
    """Whether the data source has a series of one of these names now, asked through Grafana; raises GrafanaError."""
    query = quote(f'{{__name__=~"{"|".join(names)}"}}', safe="")
    view = transport.about(f"series of data source {source.name}", _SERIES)
    return bool(view.GET(f"{proxied(source.uid, 'query')}?query={query}")["data"]["result"])


def _has_ruler(build: Any) -> bool:
    features = (
        build.get("features") if isinstance(build, dict) and build.get("application") == "Grafana Mimir" else None
    )
    return isinstance(features, dict) and features.get("ruler_config_api") == "true"


def _cortex(transport: GrafanaTransport, source: DataSource) -> DataSourceRuler | None:
    """Whether something without build information lists rules; any name of a namespace does."""
    ruler = DataSourceRuler(transport, source, "cortex")
    try:
        ruler.groups("glassbox")
    except NotVisibleError as error:
        if error.status != 404:
            raise
        return None
    return ruler
