"""Which queries of a dashboard are asked of Prometheus: others, as of Loki, have the same keys and another language."""

import re
from collections.abc import Mapping
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.reading.located import object_in, text_in

_VICTORIA_METRICS = "victoriametrics-metrics-datasource"
_OF_PROMETHEUS = frozenset(
    {
        "prometheus",
        _VICTORIA_METRICS,
        "grafana-amazonprometheus-datasource",
        "grafana-azureprometheus-datasource",
        "datasource",  # the plugin of "-- Mixed --", whose queries name their own
    }
)
_NAMES_VARIABLE = re.compile(r"\$\{?(\w+)(?::\w+)?\}?|\[\[(\w+)\]\]", re.ASCII)
# Names of data sources, which dashboards before Grafana 8.3 hold without their kind.
_OTHER_NAMES = re.compile(
    r"\b(loki|tempo|influx(db)?|elastic(search)?|cloudwatch|graphite|mysql|postgres(ql)?|victorialogs)\b", re.I
)
# A pipe behind a selector, or a line filter, whose text no comparison of PromQL takes.
_LOG_QL = re.compile(r"\}\s*(?:\|[=~]|\|\s*[a-z]|!=\s*[\"`]|!~\s*[\"`])")


class DataSourceKinds:
    """The kinds of the data sources that a dashboard leaves open, by the names of its variables and inputs."""

    def __init__(self, board: Mapping[str, Any]) -> None:
        inputs = {text_in(each, "name"): text_in(each, "pluginId") for each in objects_in(board, "__inputs")}
        variables = objects_in(object_in(board, "templating"), "list")
        chosen = {
            text_in(each, "name"): text_in(each, "query") for each in variables if each.get("type") == "datasource"
        }
        self._kinds = inputs | chosen
        self.asks_victoria_metrics = _VICTORIA_METRICS in chosen.values()

    def is_prometheus(self, *askers: Mapping[str, Any]) -> bool:
        """Whether the last of these, such as a panel and its query, that names a data source names none of another kind.

        What asks VictoriaMetrics by its own plugin asks a Prometheus too, and is noted in `asks_victoria_metrics`.
        """
        kinds = (self._kind(each.get("datasource")) for each in reversed(askers))
        kind = next(filter(None, kinds), "prometheus")
        self.asks_victoria_metrics |= kind == _VICTORIA_METRICS
        return kind in _OF_PROMETHEUS

    def _kind(self, source: Any) -> str:
        """The kind that a data source is of as a dashboard writes it; empty where it is not known."""
        if isinstance(source, dict):
            return text_in(source, "type") or self._kind(source.get("uid"))
        if not isinstance(source, str):
            return ""
        if found := _NAMES_VARIABLE.fullmatch(source):
            return self._kinds.get(found[1] or found[2], "")
        other = _OTHER_NAMES.search(source)
        return other[0].lower() if other else ""


def name_of_source(holder: Mapping[str, Any]) -> str:
    """The uid or name under which something names its data source; empty where it leaves it to others."""
    return text_in(object_in(holder, "datasource"), "uid") or text_in(holder, "datasource")


def is_log_ql(query: str) -> bool:
    """Whether a query can only be one of Loki."""
    return bool(_LOG_QL.search(query))
