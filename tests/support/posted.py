"""Lines of an exposition in a VictoriaMetrics, at moments of the past."""

import urllib.request
from collections.abc import Iterable


def posted(url: str, lines: Iterable[str], moments: Iterable[int]) -> None:
    """Import the lines at these moments (Unix seconds), so that they can be found."""
    lines = list(lines)
    body = "\n".join(f"{line} {moment * 1000}" for moment in moments for line in lines)
    urllib.request.urlopen(f"{url}/api/v1/import/prometheus", data=body.encode(), timeout=60).close()
    # What was imported is found when it was written out.
    urllib.request.urlopen(f"{url}/internal/force_flush", timeout=60).close()
