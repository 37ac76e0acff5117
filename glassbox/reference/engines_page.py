"""What an engine reports, and what it does not, as the table of engines has it."""

from collections.abc import Iterator

from glassbox.metrics.roles import Engine, HistogramRole, Reading, Role
from glassbox.reference.markdown import code, codes, table


def engine_body(engine: Engine) -> str:
    """The written part of an engine's page."""
    reported = ((_name(role), _sources(found)) for role, found in engine.reports.items())
    missing = ((_name(role), reason) for role, reason in engine.not_reported.items())
    partly = _by_name((_name(role), which) for role, which in engine.of_some_models.items())
    sections = (
        "## What it reports",
        table(("quantity", "read from"), _by_name(reported)),
        *(("## What it reports of some models only", table(("quantity", "of which"), partly)) if partly else ()),
        "## What it does not report",
        table(("quantity", "why"), _by_name(missing)),
    )
    return "\n\n".join(sections)


def _by_name(rows: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(rows)


def _name(role: Role | HistogramRole) -> str:
    return role.name if isinstance(role, Role) else role.sum.name.removeprefix("sum of the ")


def _sources(found: Reading | tuple[Reading, ...]) -> str:
    """The metrics by precedence, each with what is counted together with it."""
    readings = found if isinstance(found, tuple) else (found,)
    return ", else ".join(" and ".join(map(_source, (each, *each.also))) for each in readings)


def _source(reading: Reading) -> str:
    where = codes(f'{label}=~"{value}"' for label, value in reading.where.items() if value)
    factor = f", times {reading.scale:g}" if reading.scale != 1 else ""
    return code(reading.metric.name) + (f" with {where}" if where else "") + factor
