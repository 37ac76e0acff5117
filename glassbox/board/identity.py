"""A dashboard with the labels that identify a service beside its job: a choice of each, and queries that keep them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from glassbox.board.dashboard import Dashboard, Row
from glassbox.board.panels import Comparison, Panel, Table
from glassbox.board.tables import DrillDown, heading
from glassbox.board.variables import Variable

_JOB = "job"


def identified(declared: Dashboard, labels: Sequence[str]) -> Dashboard:
    """The dashboard with a variable for each of the labels before each choice of a job, in the order of the labels.

    They narrow what the choice of the job narrows, and one is narrowed by those before it. Nothing changes without labels.
    """
    if not labels:
        return declared
    choices = {each.name: _choices(each, labels) for each in declared.variables if each.label == _JOB}
    return replace(
        declared,
        variables=tuple(_variables(declared.variables, choices, labels)),
        rows=tuple(_with_choices_kept(line, choices) for line in declared.rows),
        identity=tuple(labels),
    )


def _choices(job: Variable, labels: Sequence[str]) -> tuple[Variable, ...]:
    prefix, title = ("", "") if job.name == _JOB else (f"{job.name}_", f"{job.title}: ")
    made: tuple[Variable, ...] = ()
    for label in labels:
        offered = replace(
            job, name=f"{prefix}{label}", title=f"{title}{heading(label)}", label=label, optional=True, within=made
        )
        made = (*made, offered)
    return made


def _variables(
    declared: Sequence[Variable], choices: dict[str, tuple[Variable, ...]], labels: Sequence[str]
) -> Iterator[Variable]:
    for each in declared:
        if each.name in choices:
            yield from choices[each.name]
        jobs = (each, *each.within)
        before = tuple(choice for job in jobs for choice in choices.get(job.name, ()))
        yield replace(each, within=(*before, *each.within), identity=tuple(labels))


def _with_choices_kept(line: Row, choices: dict[str, tuple[Variable, ...]]) -> Row:
    """The row, with drill-downs that keep the labels of a service wherever they keep its job."""
    return replace(line, panels=tuple(_keeping(panel, choices) for panel in line.panels))


def _keeping(panel: Panel, choices: dict[str, tuple[Variable, ...]]) -> Panel:
    if not isinstance(panel, Table | Comparison) or not isinstance(panel.drill_down, DrillDown):
        return panel
    kept = tuple(found for each in panel.drill_down.keeping for found in (*choices.get(each.name, ()), each))
    return replace(panel, drill_down=replace(panel.drill_down, keeping=kept))
