"""The queries of boards as Grafana sends them, and answers of the HTTP API of a local Prometheus."""

import json
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from glassbox.http.loopback import opened

# A board may read hundreds of millions of samples.
TIMEOUT_SECONDS = 300


def api_data(url: str, path: str, **parameters: str | float) -> Any:
    """`data` of the answer; `path` is below /api/v1, such as `query`, `rules` or `label/job/values`."""
    query = urllib.parse.urlencode(parameters)
    with opened(f"{url}/api/v1/{path}?{query}", timeout_seconds=TIMEOUT_SECONDS) as answer:
        return json.load(answer)["data"]


def with_variables(expr: str, variables: Iterable[Mapping[str, Any]], chosen: Mapping[str, str] | None = None) -> str:
    """The query with the board's variables filled in: `chosen` gives values by name, and every other variable is at All.

    Matchers of regular expressions get the value escaped, and `${name:text}` the word All where nothing is chosen
    (Grafana's documentation, "Advanced variable format options").
    """
    for variable in variables:
        name, value = variable["name"], (chosen or {}).get(variable["name"])
        expr = expr.replace(f'"${{{name}:text}}"', json.dumps("All" if value is None else value))
        if value is not None:
            expr = expr.replace(f'=~"${name}"', f"=~{json.dumps(re.escape(value))}")
        expr = expr.replace(f'"${name}"', json.dumps(variable.get("allValue") or ".*" if value is None else value))
    return expr
