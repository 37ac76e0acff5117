"""Build, lint, push and preview this repository's dashboards, alerts and recorded series: `python deploy.py --help`."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from glassbox.start import Product, start

if TYPE_CHECKING:
    from glassbox.compile.content import Content

ROOT = Path(__file__).resolve().parent


def content() -> "Content":
    """What this repository declares; content of the user's own has been added to its packages by then."""
    # Commands say what is wrong with content, so they start without it.
    from dashboards.annotations import ANNOTATIONS  # noqa: PLC0415  # see above
    from glassbox.compile.collecting import collected  # noqa: PLC0415  # see above
    from recording_rules.baseline_measures import MEASURES  # noqa: PLC0415  # see above
    from recording_rules.slo import BURN_LIMIT  # noqa: PLC0415  # see above

    return collected(ANNOTATIONS, MEASURES, always_recorded=BURN_LIMIT)


def demo_prometheus(resources: ExitStack) -> str:
    """Start the demo; the URL of its Prometheus."""
    from demo.demo import prometheus_of  # noqa: PLC0415  # the demo is more than most commands need

    return prometheus_of(resources)


PRODUCT = Product(ROOT / "deploy.py", content, demo_prometheus)

if __name__ == "__main__":
    raise SystemExit(start(PRODUCT, ROOT / ".venv" / "bin" / "python"))
