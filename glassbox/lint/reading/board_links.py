"""Links of dashboards and panels as files hold them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.finding import Location
from glassbox.lint.reading.located import line_of, object_in, text_in
from glassbox.lint.subjects.judged_boards import BoardLink

# In the same Grafana: the address has no host.
_TO_DASHBOARD = re.compile(r"(?:\.?/)?d/([\w-]+)(?:[/?#]|$)")
_PANEL = re.compile(r"[?&](?:viewPanel|editPanel)=(?:panel-)?(\d{1,9})(?:&|$)")


def links_of(holder: Mapping[str, Any], at: Location) -> tuple[BoardLink, ...]:
    """The links that a dashboard or a panel shows itself."""
    return tuple(_link(each, at) for each in objects_in(holder, "links"))


def data_links_of(panel: Mapping[str, Any], at: Location) -> tuple[BoardLink, ...]:
    """The links that a panel's values have."""
    return tuple(_link(each, at) for each in _data_links(object_in(panel, "fieldConfig")))


def _data_links(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from objects_in(object_in(config, "defaults"), "links")
    for override in objects_in(config, "overrides"):
        for each in objects_in(override, "properties"):
            if each.get("id") == "links":
                yield from objects_in(each, "value")


def _link(link: Mapping[str, Any], at: Location) -> BoardLink:
    url, title = text_in(link, "url"), text_in(link, "title")
    there, panel = _TO_DASHBOARD.match(url), _PANEL.search(url)
    location = Location(at.file, line_of(link, "url", "title") or at.line, at.within(f"link {title}").object)
    tags = link.get("tags") if link.get("type") == "dashboards" else None
    return BoardLink(
        title=title,
        url=url,
        location=location,
        dashboard_uid=there[1] if there else "",
        panel_id=int(panel[1]) if there and panel else None,
        tags=tuple(each for each in tags if isinstance(each, str)) if isinstance(tags, list) else (),
        with_variables=link.get("includeVars") is True or "__all_variables" in url,
    )
