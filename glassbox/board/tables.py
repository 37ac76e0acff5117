"""How tables put queries side by side, and where their cells lead. Shapes: Grafana's `merge` and `organize` transformations, data links."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glassbox.board.variables import DATA_SOURCE, Variable
from glassbox.errors import GlassboxError
from glassbox.query.expr import Expr

Json = dict[str, Any]

# The value that was clicked on, within an address. Grafana alone would leave &, # and + as they are.
CLICKED = "${__value.raw:percentencode}"


@dataclass(frozen=True)
class DrillDown:
    """A click on a value of `label` opens the dashboard `slug` with `variable` set to it; time range and `keeping` go along.

    A variable that is kept has its value in the row, or the choice made so far where rows have none.
    The compiler puts the dashboard's uid where the slug stands.
    """

    label: str
    slug: str
    variable: str
    keeping: tuple[Variable, ...] = ()

    def to_json(self, in_rows: Collection[str]) -> Json:
        """The link of a table whose rows have values of the variables of these names."""
        carried = "".join(f"&{_carried(variable, in_rows)}" for variable in self.keeping)
        chosen = f"&var-{self.variable}={CLICKED}"
        url = f"/d/{self.slug}?${{__url_time_range}}&${{{DATA_SOURCE}:queryparam}}{carried}{chosen}"
        return {"title": "Show ${__value.raw} alone", "url": url}


def _carried(variable: Variable, in_rows: Collection[str]) -> str:
    if variable.name not in in_rows:
        return f"${{{variable.name}:queryparam}}"
    return f'var-{variable.name}=${{__data.fields["{heading(variable.label)}"].text:percentencode}}'


@dataclass(frozen=True)
class Page:
    """A click on a value of `label` opens a page elsewhere; `title` may name it as `${__value.raw}`, `url` as `CLICKED`."""

    label: str
    title: str
    url: str

    def to_json(self, _in_rows: Collection[str]) -> Json:
        return {"title": self.title, "url": self.url, "targetBlank": True}


@dataclass(frozen=True)
class Next:
    """The dashboard `slug` to look at next; `title` says what it shows. Time range and all choices go along."""

    slug: str
    title: str

    def to_json(self) -> Json:
        return {"title": self.title, "url": f"/d/{self.slug}?${{__url_time_range}}&${{__all_variables}}"}


# Labels whose own names read badly above a column.
_HEADINGS = {"alertname": "Alert", "model_name": "Model", "model_version": "Version"}
# Pixels that the values of a label take; the columns without share what is left.
_WIDTHS = {
    "severity": 80,
    "job": 110,
    "instance": 180,
    "model_name": 250,
    "model_version": 90,
    "gpu": 60,
}


def heading(label: str) -> str:
    """A label's name as a column's."""
    name = _HEADINGS.get(label, label.replace("_", " ").capitalize())
    return re.sub(r"\bgpu\b", "GPU", name, flags=re.IGNORECASE)


def organized(renamed: Json, hidden: Sequence[str] = ()) -> Json:
    """The transformation that orders and names columns: `renamed` from the field to its heading, in order."""
    shape = {
        "excludeByName": dict.fromkeys(("Time", "__name__", *hidden), True),
        "indexByName": {name: index for index, name in enumerate(renamed)},
        "renameByName": renamed,
    }
    return {"id": "organize", "options": shape}


def common_labels(title: str, columns: Mapping[str, Expr]) -> tuple[str, ...]:
    """The labels by which the results of a table's queries meet; raises GlassboxError where they cannot."""
    first, *others = [query.shape.labels for query in columns.values()]
    if not others or any(set(labels) != set(first) for labels in others):
        raise GlassboxError(
            f"Panel {title!r} needs two or more queries with the same labels: aggregate all columns by the same labels."
        )
    return first


def side_by_side(labels: Sequence[str], columns: Sequence[tuple[str, str]]) -> list[Json]:
    """Transformations that make one row of all results with equal labels; `columns` are pairs of refId and heading."""
    # Grafana calls a query's value after its refId as soon as there are several.
    renamed = {label: heading(label) for label in labels} | {f"Value #{ref}": name for ref, name in columns}
    return [{"id": "merge", "options": {}}, organized(renamed)]


def override(column: str, properties: Json) -> Json:
    """Properties of one column, which is found by its heading."""
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [{"id": name, "value": value} for name, value in properties.items()],
    }


def label_columns(wide: Sequence[str], links: Mapping[str, Json]) -> list[Json]:
    """Overrides of labels' columns: as wide as the values of the `wide` ones, and a link where `links` has one for the label."""
    properties: dict[str, Json] = {label: {"custom.width": _WIDTHS[label]} for label in wide if label in _WIDTHS}
    for label, link in links.items():
        properties.setdefault(label, {})["links"] = [link]
    return [override(heading(label), found) for label, found in properties.items()]
