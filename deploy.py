"""Build, lint, push and preview this repository's dashboards, alerts and recorded series: `python deploy.py --help`."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from glassbox.start import Product, start

if TYPE_CHECKING:
    from glassbox.compile.content import Content

ROOT = Path(__file__).resolve().parent


def content() -> "Content":
    """What this repository declares."""
    import alerts  # noqa: PLC0415  # commands say what is wrong with content, so they start without it
    import dashboards  # noqa: PLC0415  # as above
    import recording_rules  # noqa: PLC0415  # as above
    from dashboards.annotations import ANNOTATIONS  # noqa: PLC0415  # as above
    from glassbox.compile import collecting  # noqa: PLC0415  # as above
    from glassbox.compile.content import Content  # noqa: PLC0415  # as above
    from recording_rules.baseline_measures import MEASURES  # noqa: PLC0415  # as above

    runbooks = (ROOT / "alerts" / "runbooks",)
    return Content(
        collecting.dashboards(dashboards),
        collecting.alert_groups(alerts),
        collecting.record_groups(recording_rules),
        runbooks,
        ANNOTATIONS,
        MEASURES,
        collecting.metrics((recording_rules, alerts, dashboards)),
    )


def demo_prometheus(resources: ExitStack) -> str:
    """Start the demo; the URL of its Prometheus."""
    from demo.demo import prometheus_of  # noqa: PLC0415  # the demo is more than most commands need

    return prometheus_of(resources)


PRODUCT = Product(ROOT / "deploy.py", content, demo_prometheus)

if __name__ == "__main__":
    raise SystemExit(start(PRODUCT, ROOT / ".venv" / "bin" / "python"))
