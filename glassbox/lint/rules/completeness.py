"""What content of ours has to be complete: explained, used, and with a way on."""

from collections.abc import Iterator

from glassbox.lint.examples import as_alert, as_record, on_panel, together
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardLink, BoardPanel
from glassbox.lint.words import listed

RUNBOOK_HEADINGS = ("## Meaning", "## Impact", "## Diagnosis", "## Mitigation")
_RUNBOOKS = "alerts/runbooks"
_RUNBOOK = "\n\n".join(RUNBOOK_HEADINGS) + "\n"
_LINK = BoardLink("Next", "/d/next", Location("dashboard.json", object="Example / Panel / link Next"), "next")


@lint_rule(
    "runbook",
    Severity.ERROR,
    title="An alert without a complete runbook, or a runbook without an alert",
    why="Whom an alert wakes reads its runbook first.",
    fix="Write the headings Meaning, Impact, Diagnosis and Mitigation in a file of the alert's name; remove a file that belongs to none.",
    bad=as_alert("up == 0").given("# Example.md is missing", runbooks={}),
    good=as_alert("up == 0").given("# Example.md has all headings", runbooks={"Example": _RUNBOOK}),
)
def runbook(corpus: Corpus) -> Iterator[Defect]:
    """Of our own content."""
    if corpus.runbooks is None:
        return
    names = {alert.name for alert in corpus.alerts}
    for name in sorted(names):
        text = corpus.runbooks.get(name, "")
        missing = [heading.removeprefix("## ") for heading in RUNBOOK_HEADINGS if f"{heading}\n" not in text]
        if missing:
            yield Defect(Location(f"{_RUNBOOKS}/{name}.md"), f"The runbook lacks {listed(missing)}.")
    for name in sorted(corpus.runbooks.keys() - names - corpus.left_out_alerts):
        yield Defect(Location(f"{_RUNBOOKS}/{name}.md"), "The runbook belongs to no alert; remove or rename it.")


@lint_rule(
    "unused-record",
    Severity.WARNING,
    title="A recorded series that nothing reads",
    why="It is computed and stored for nothing.",
    fix="Use it, or remove its rule.",
    bad=as_record("job:up:sum", "sum by (job) (up)").given("# and nothing reads it", own=True),
    good=together(as_record("job:up:sum", "sum by (job) (up)"), on_panel("job:up:sum")).given(
        "# all there is", own=True
    ),
)
def unused_record(corpus: Corpus) -> Iterator[Defect]:
    """Only where all that may read it was read; the rule that records it does not count."""
    for name, rules in corpus.recorded.items() if corpus.own else ():
        own = {rule.query.location for rule in rules}
        if all(query.location in own for query in corpus.series_read.get(name, ())):
            yield Defect(rules[0].location, f"{name} is read by nothing; use or remove it.")


@lint_rule(
    "unexplained-panels",
    Severity.INFO,
    title="Panels without a title or description",
    why="A number without words is read in as many ways as there are readers.",
    fix="Give each panel a title, and a description that says what it means.",
    bad=on_panel("up", panel={"description": ""}),
    good=on_panel("up"),
)
def unexplained_panels(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard."""
    for board in corpus.boards:
        bare = [panel for panel in board.panels if panel.type != "text" and not panel.library]
        bare = [panel for panel in bare if not (panel.title.strip() and panel.description.strip())]
        if bare:
            count = "1 panel lacks" if len(bare) == 1 else f"{len(bare)} panels lack"
            yield Defect(board.location, f"{count} a title or a description, such as {_called(bare[0])}.")


def _called(panel: BoardPanel) -> str:
    if panel.title.strip():
        return repr(panel.title)
    return "one without a title" if panel.id is None else f"the panel with id {panel.id}"


@lint_rule(
    "dead-end",
    Severity.WARNING,
    title="A panel that leads nowhere",
    why="Who sees something wrong in it has to know by himself where to look next.",
    fix="Give the dashboard leads_to.",
    bad=on_panel("up").given("# content of ours", own=True),
    good=on_panel("up", panel={"links": (_LINK,)}).given("# content of ours", own=True),
)
def dead_end(corpus: Corpus) -> Iterator[Defect]:
    """Of our own content; one finding for each dashboard."""
    for board in corpus.boards if corpus.own else ():
        if bare := [panel.title for panel in board.panels if not panel.links]:
            yield Defect(board.location, f"{listed(bare)}: nothing leads on from there.")


RULES = (runbook, unused_record, unexplained_panels, dead_end)
