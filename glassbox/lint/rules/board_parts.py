"""What does not fit together within a dashboard, or between dashboards."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from string import ascii_uppercase

from glassbox.lint.examples import Example, on_board, on_panel, together
from glassbox.lint.finding import Location, Repair, Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board, BoardLink, BoardPanel, Grid
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.lint.words import listed

_COLUMNS = 24

_AT = Location("dashboard.json", object="Example")
_PANEL = _AT.within("Panel")
_TWICE = BoardPanel("Panel", "stat", _PANEL, queries=(Query("up", _PANEL, QueryKind.PANEL, "A"),) * 2)


@lint_rule(
    "duplicate-uid",
    Severity.WARNING,
    title="Two dashboards with one uid",
    why="Grafana keeps one of them: whichever is written last.",
    fix="Give one of them another uid.",
    bad=together(on_panel("up"), on_panel("up == 0")),
    good=on_panel("up"),
)
def duplicate_uid(corpus: Corpus) -> Iterator[Defect]:
    """Among all that is read together; the same dashboard in two places is found too."""
    first: dict[str, Board] = {}
    for board in corpus.boards:
        if board.uid and first.setdefault(board.uid, board) is not board:
            other = first[board.uid].location
            yield Defect(board.location, f"The uid {board.uid!r} is that of {other.object!r} in {other.file} too.")


@lint_rule(
    "duplicate-panel-id",
    Severity.WARNING,
    title="Two panels with one id",
    why="A link to one of them opens the other, and Grafana renumbers them when it saves.",
    fix="Give one of them another id.",
    bad=Example(
        "panels: [{id: 1}, {id: 1}]",
        on_board(panels=(BoardPanel("A", "stat", _PANEL, id=1), BoardPanel("B", "stat", _PANEL, id=1))),
    ),
    good=Example(
        "panels: [{id: 1}, {id: 2}]",
        on_board(panels=(BoardPanel("A", "stat", _PANEL, id=1), BoardPanel("B", "stat", _PANEL, id=2))),
    ),
)
def duplicate_panel_id(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard."""
    for board in corpus.boards:
        times_of = Counter(panel.id for panel in board.panels if panel.id is not None)
        if twice := [str(number) for number, times in times_of.items() if times > 1]:
            message = f"Several panels have the id {listed(twice)}."
            yield Defect(board.location, message, repairs=tuple(_renumbered(board)))


def _renumbered(board: Board) -> Iterator[Repair]:
    """A number of its own for each panel whose number another one has before it."""
    taken = {panel.id for panel in board.panels if panel.id is not None}
    free, seen = count(max(taken) + 1), set[int]()
    for panel in board.panels:
        if panel.id in seen and panel.id_line and board.complete:
            yield _in_place(panel.id_line, "id", str(panel.id), str(next(free)))
        seen |= {panel.id} if panel.id is not None else set()


def _in_place(line: int, key: str, old: str, new: str) -> Repair:
    return Repair(line, key, old, new, old, new)


@lint_rule(
    "duplicate-ref-id",
    Severity.ERROR,
    title="Two queries of a panel with one name",
    why="Grafana keeps the result of one of them.",
    fix="Give each query of the panel its own refId.",
    bad=Example("targets: [{refId: A}, {refId: A}]", on_board(panels=(_TWICE,))),
    good=on_panel("up"),
)
def duplicate_ref_id(corpus: Corpus) -> Iterator[Defect]:
    """Also of hidden queries."""
    for panel in corpus.panels:
        times_of = Counter(query.ref_id for query in panel.queries if query.ref_id)
        if twice := [name for name, times in times_of.items() if times > 1]:
            message = f"Several queries are called {listed(twice)}."
            yield Defect(panel.location, message, repairs=tuple(_renamed(panel)))


def _renamed(panel: BoardPanel) -> Iterator[Repair]:
    """A name of its own for each query whose name another one has before it, where nothing else in the panel names it."""
    names = [query.ref_id for query in panel.queries]
    free = (letter for letter in ascii_uppercase if letter not in names)
    seen = set[str]()
    for query in panel.queries:
        twice = query.ref_id in seen and query.name_line and _names_only_queries(query.ref_id, panel)
        if twice and (letter := next(free, "")):
            yield _in_place(query.name_line, "refId", query.ref_id, letter)
        seen.add(query.ref_id)


def _names_only_queries(name: str, panel: BoardPanel) -> bool:
    queries = sum(query.ref_id == name for query in panel.queries)
    by_formula = any(f"${name}" in text or f"${{{name}" in text for text in panel.texts)
    return panel.texts.count(name) <= queries and not by_formula


@lint_rule(
    "off-grid",
    Severity.WARNING,
    title="A panel that does not fit the grid",
    why="Grafana's grid has 24 columns: what does not fit is moved, and everything below with it.",
    fix="Make it narrower, or move it to the left.",
    bad=on_panel("up", panel={"grid": Grid(18, 0, 12, 8)}),
    good=on_panel("up", panel={"grid": Grid(12, 0, 12, 8)}),
)
def off_grid(corpus: Corpus) -> Iterator[Defect]:
    """Also of panels without a size."""
    for panel in corpus.panels:
        at = panel.grid
        if at and (at.x < 0 or at.y < 0 or at.x + at.width > _COLUMNS or at.width < 1 or at.height < 1):
            yield Defect(panel.location, f"It begins in column {at.x} and is {at.width} wide and {at.height} high.")


def _placed(*places: Grid) -> Example:
    panels = tuple(
        BoardPanel(f"Panel {number}", "stat", _AT.within(f"Panel {number}"), id=number, grid=grid)
        for number, grid in enumerate(places, 1)
    )
    return Example("\n".join(f"gridPos: {grid}" for grid in places), on_board(panels=panels))


@lint_rule(
    "overlapping-panels",
    Severity.INFO,
    title="Two panels in one place",
    why="Grafana moves one of them down, and everything below with it: the board looks other than it was written.",
    fix="Give each panel a place of its own.",
    bad=_placed(Grid(0, 0, 12, 8), Grid(6, 4, 12, 8)),
    good=_placed(Grid(0, 0, 12, 8), Grid(12, 0, 12, 8)),
)
def overlapping_panels(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard. The panels of a row that is folded are laid out by themselves, and repeated ones by Grafana."""
    for board in corpus.boards:
        placed = [panel for panel in board.panels if panel.grid and not panel.repeats] if board.complete else []
        apart = sorted(placed, key=lambda panel: (panel.laid_out_in, panel.grid.y if panel.grid else 0))
        both = [(one, other) for at, one in enumerate(apart) for other in _beside(one, apart[at + 1 :])]
        if both:
            (one, other), more = both[0], f", and {len(both) - 1} more pairs" if len(both) > 1 else ""
            yield Defect(one.location, f"{one.title!r} and {other.title!r} lie on each other{more}.")


def _beside(one: BoardPanel, following: Sequence[BoardPanel]) -> Iterator[BoardPanel]:
    """Those of the following panels, which begin no higher, that lie on it."""
    for other in following:
        here, there = one.grid, other.grid
        if here is None or there is None or other.laid_out_in != one.laid_out_in or there.y >= here.y + here.height:
            return
        if there.x < here.x + here.width and here.x < there.x + there.width:
            yield other


@lint_rule(
    "broken-link",
    Severity.ERROR,
    title="A link to a dashboard or panel that is not there",
    why="It leads to an error page when somebody needs it.",
    fix="Correct the link, or remove it.",
    bad=on_panel("up", panel={"links": (BoardLink("Gone", "/d/example?viewPanel=7", _PANEL, "example", 7),)}),
    good=on_panel("up", panel={"links": (BoardLink("Here", "/d/example?viewPanel=1", _PANEL, "example", 1),)}),
)
def broken_link(corpus: Corpus) -> Iterator[Defect]:
    """To panels of dashboards that were read; to other dashboards only where those that were read are all there are."""
    by_uid = {board.uid: board for board in corpus.boards}
    for link in (link for board in corpus.boards for link in (*board.links, *_of_panels(board))):
        if link.dashboard_uid and (problem := _leads_nowhere(link, by_uid.get(link.dashboard_uid), corpus)):
            yield Defect(link.location, problem)


def _leads_nowhere(link: BoardLink, there: Board | None, corpus: Corpus) -> str:
    if there is None:
        return f"There is no dashboard with the uid {link.dashboard_uid!r}." if corpus.own else ""
    missing = link.panel_id is not None and link.panel_id not in {panel.id for panel in there.panels}
    return f"{there.title} has no panel with the id {link.panel_id}." if missing and there.complete else ""


def _of_panels(board: Board) -> Iterator[BoardLink]:
    return (link for panel in board.panels for link in panel.links)


RULES = (duplicate_uid, duplicate_panel_id, duplicate_ref_id, off_grid, overlapping_panels, broken_link)
