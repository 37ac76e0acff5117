"""Routes and inhibitions as files of Alertmanager and of its operator hold them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.finding import Location
from glassbox.lint.reading.located import line_of, object_in, text_in, texts_within
from glassbox.lint.subjects.alert_routes import Inhibition, NotificationRoute
from glassbox.lint.subjects.file_parts import LooseText

_MATCHER = re.compile(r"\s*\"?([\w.-]+)\"?\s*(=~|!~|!=|=)\s*(\"(?:[^\"\\]|\\.)*\"|[^,{}\"]*)\s*(?:,|$)")
_DEEPEST_ROUTE = 20
Matchers = tuple[tuple[str, str, str], ...]


def is_alertmanager(value: Any) -> bool:
    """Whether this is the body of a configuration of Alertmanager."""
    return bool(object_in(value, "route")) and isinstance(value.get("receivers"), list)


def routes_of(config: Mapping[str, Any], file: str) -> Iterator[NotificationRoute]:
    """Every route, the outermost first."""
    receivers = objects_in(config, "receivers")
    silent = {text_in(each, "name") for each in receivers if not any(each[key] for key in each if key != "name")}
    for route in _routes(object_in(config, "route"), file, (), "", 0):
        yield replace(route, notifies=route.receiver not in silent)


def inhibitions_of(config: Mapping[str, Any], file: str) -> Iterator[Inhibition]:
    """Every inhibition."""
    for rule in (*objects_in(config, "inhibit_rules"), *objects_in(config, "inhibitRules")):
        equal = rule.get("equal")
        yield Inhibition(
            source=_matchers(rule, "source_matchers", "source_match", "source_match_re", "sourceMatch"),
            target=_matchers(rule, "target_matchers", "target_match", "target_match_re", "targetMatch"),
            equal=tuple(each for each in equal if isinstance(each, str)) if isinstance(equal, list) else (),
            location=Location(file, line_of(rule), "an inhibition"),
        )


def receiver_texts(config: Mapping[str, Any], file: str) -> Iterator[LooseText]:
    """Every text of the receivers and of what all of them share."""
    for receiver in objects_in(config, "receivers"):
        at = Location(file, line_of(receiver, "name"), f"receiver {text_in(receiver, 'name')}")
        yield from (LooseText(text, at) for _, text in texts_within(receiver))
    shared = object_in(config, "global")
    for key, value in shared.items():
        yield from (
            LooseText(text, Location(file, line_of(shared, key), f"global {key}")) for _, text in texts_within(value)
        )


def _routes(
    route: Mapping[str, Any], file: str, outer: Matchers, receiver: str, depth: int
) -> Iterator[NotificationRoute]:
    matchers = outer + _matchers(route, "matchers", "match", "match_re", "")
    receiver = text_in(route, "receiver") or receiver
    yield NotificationRoute(matchers, receiver, Location(file, line_of(route), f"route to {receiver}"), depth == 0)
    for inner in objects_in(route, "routes") if depth < _DEEPEST_ROUTE else ():
        yield from _routes(inner, file, matchers, receiver, depth + 1)


def _matchers(holder: Mapping[str, Any], listed: str, equal: str, pattern: str, of_operator: str) -> Matchers:
    """Matchers in all the ways in which they have been written: as texts, as labels with values, and as the operator's objects."""
    texts = holder.get(listed)
    found = (
        [each for text in texts if isinstance(text, str) for each in _written(text)] if isinstance(texts, list) else []
    )
    for each in (*objects_in(holder, listed), *objects_in(holder, of_operator)):
        operator = text_in(each, "matchType") or ("=~" if each.get("regex") is True else "=")
        found.append((text_in(each, "name"), operator, text_in(each, "value")))
    for key, operator in ((equal, "="), (pattern, "=~")):
        labels = object_in(holder, key)
        found += [(name, operator, text_in(labels, name)) for name in labels]
    return tuple(found)


def _written(text: str) -> Iterator[tuple[str, str, str]]:
    for name, operator, value in _MATCHER.findall(text.strip().removeprefix("{").removesuffix("}")):
        quoted = value.startswith('"')
        yield name, operator, re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value.strip()
