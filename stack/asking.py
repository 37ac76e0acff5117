"""Questions to a Prometheus of ours, over its HTTP API."""

import json
import urllib.parse
import urllib.request
from typing import Any

# Boards that read hundreds of millions of samples take their time.
TIMEOUT_SECONDS = 300


def ask(url: str, path: str, **parameters: str | float) -> Any:
    """`data` of its answer; path is below /api/v1, such as `query`, `rules` or `label/job/values`."""
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{url}/api/v1/{path}?{query}", timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)["data"]
