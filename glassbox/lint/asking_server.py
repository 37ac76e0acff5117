"""Asks a running Prometheus for what only it knows: which series and labels there are, and what queries cost."""

import re
import time
from urllib.parse import urlencode

from glassbox.http.json_text import parsed
from glassbox.http.sentences import on_one_line
from glassbox.lint.server_facts import QueryCost, ServerFacts
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.prometheus.api import TOO_MUCH, Prometheus
from glassbox.syntax.grafana_variables import is_of_a_variable, plain
from glassbox.syntax.tree import AggregateNode

LATELY_SECONDS, STEP_SECONDS = 3600, 60
"""The range that a panel is asked for, and its step."""
# A matcher by a variable, of which every value is taken.
_BY_VARIABLE = re.compile(r"""(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*(?:\$|\[\[)(?:[^"\\]|\\.)*\"""")


def server_facts(corpus: Corpus, prometheus: Prometheus) -> ServerFacts:
    """What it says of all that the corpus reads; raises GlassboxError where it does not answer."""
    now = int(time.time())
    names = frozenset(prometheus.values_of("__name__", now - LATELY_SECONDS, now))
    labelled = {series.name for query in corpus.queries if _names_labels(query) for series in query.series}
    labels = {name: _labels(prometheus, name, now) for name in sorted(labelled & names)}
    queries = {query.text: query for query in corpus.queries if query.kind is not QueryKind.VARIABLE}
    costs = {text: _cost(prometheus, query, now) for text, query in queries.items() if _may_be_asked(query, names)}
    return ServerFacts(names, {name: found for name, found in labels.items() if found}, costs)


def _names_labels(query: Query) -> bool:
    grouped = (node.labels for node in query.nodes if isinstance(node, AggregateNode))
    return any(series.matchers for series in query.series) or any(grouped)


def _labels(prometheus: Prometheus, name: str, now: int) -> frozenset[str]:
    """The labels of the series of this name; none where the server does not list them."""
    asked = urlencode({"match[]": f'{{__name__="{name}"}}', "start": now - LATELY_SECONDS, "end": now})
    found = prometheus.about(f"labels?{asked}")
    return frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list) else frozenset()


def _may_be_asked(query: Query, names: frozenset[str]) -> bool:
    """Whether it reads something that is there, and no variable stands for a part of it that is not a value."""
    read = [series.name for series in query.series]
    return query.tree is not None and not any(map(is_of_a_variable, read)) and not names.isdisjoint(read)


def _cost(prometheus: Prometheus, query: Query, now: int) -> QueryCost:
    start = now - LATELY_SECONDS if query.kind is QueryKind.PANEL and not query.instant else now
    asked = plain(_BY_VARIABLE.sub('=~".*"', query.text))
    form = {"query": asked, "start": start, "end": now, "step": STEP_SECONDS, "stats": "all"}
    began = time.perf_counter()
    answer = prometheus.answered("POST", "/api/v1/query_range", form)
    seconds = time.perf_counter() - began
    body = parsed(answer.content)
    found = body if isinstance(body, dict) else {}
    # What stands for a variable may be what the query cannot have there.
    not_taken = answer.status == 400 and not is_of_a_variable(query.text)
    if answer.status in TOO_MUCH or not_taken:
        said = prometheus.without_secrets(str(found.get("error", f"status {answer.status}")))
        return QueryCost(seconds=seconds, refused=on_one_line(said))
    data = found.get("data")
    lines = data.get("result") if isinstance(data, dict) else None
    return QueryCost(len(lines) if isinstance(lines, list) else 0, _samples(data), seconds)


def _samples(data: object) -> int | None:
    """How many samples were read (https://prometheus.io/docs/prometheus/latest/feature_flags, "Per-step stats")."""
    for key in ("stats", "samples", "totalQueryableSamples"):
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, int) else None
