"""What is wrong with the content before anybody else sees it. A finding is data; `glassbox.cli.report` prints it."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from glassbox.compile.bundle import Bundle, Json
from glassbox.compile.left_out import dead_ends
from glassbox.compile.outputs import yaml_text
from glassbox.prometheus import promtool
from glassbox.query.buckets import SETTING, Buckets, bound_text
from glassbox.query.selectors import Selector

RUNBOOK_HEADINGS = ("## Meaning", "## Impact", "## Diagnosis", "## Mitigation")
_VARIABLES = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h"}


@dataclass(frozen=True)
class Finding:
    """One thing to correct: the rule that found it, where it is, and what is wrong."""

    rule: str
    where: str
    problem: str


Check = Callable[[Bundle], Iterator[Finding]]


def lint(bundle: Bundle) -> list[Finding]:
    """All findings of all checks, in a stable order."""
    return [finding for check in CHECKS for finding in check(bundle)]


def rules_load(bundle: Bundle) -> Iterator[Finding]:
    """promtool accepts every rule file, and every query of a panel or annotation as the rule it would be."""
    files = bundle.alerts | bundle.recording_rules | {"panels.yaml": _panel_rules(bundle)}
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, content in files.items():
            paths.append(Path(folder, name))
            paths[-1].write_text(yaml_text(content), encoding="utf-8")
        for problem in promtool.check_rules(paths):
            yield Finding("promql", "rules", problem.replace(f"{folder}/", ""))


def _panel_rules(bundle: Bundle) -> dict[str, object]:
    rules = []
    for uid, board in bundle.dashboards.items():
        for where, query, text in _queries(board):
            expr = text
            for variable, value in _VARIABLES.items():
                expr = expr.replace(variable, value)
            labels = {"dashboard": uid, "panel": where, "query": query}
            rules.append({"record": "panel:query:check", "expr": expr, "labels": labels})
    return {"groups": [{"name": "panels", "rules": rules}]}


def _queries(board: Json) -> Iterator[tuple[str, str, str]]:
    """Panel or annotation, the query's name in it, and the query."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["refId"], target["expr"]
    for annotation in board["annotations"]["list"]:
        if "expr" in annotation:
            yield annotation["name"], "annotation", annotation["expr"]


def runbooks_complete(bundle: Bundle) -> Iterator[Finding]:
    """Every alert has a runbook with the four headings, and every runbook an alert."""
    alerts = {rule["alert"] for file in bundle.alerts.values() for group in file["groups"] for rule in group["rules"]}
    for name in sorted(alerts):
        text = _runbook(name, bundle)
        missing = [heading.removeprefix("## ") for heading in RUNBOOK_HEADINGS if f"{heading}\n" not in text]
        if missing:
            yield Finding("runbook", f"alerts/runbooks/{name}.md", f"lacks {', '.join(missing)}")
    for path in sorted(path for folder in bundle.runbooks for path in folder.glob("*.md")):
        if path.stem not in alerts | bundle.left_out.alerts:
            yield Finding("runbook", f"alerts/runbooks/{path.name}", "belongs to no alert; remove or rename it")


def _runbook(name: str, bundle: Bundle) -> str:
    """The text of the alert's runbook; empty where there is none."""
    found = (folder / f"{name}.md" for folder in bundle.runbooks)
    return next((path.read_text(encoding="utf-8") for path in found if path.is_file()), "")


def records_used(bundle: Bundle) -> Iterator[Finding]:
    """A recorded series that no dashboard, alert or other record reads costs for nothing."""
    read = {name for query in bundle.content.queries for name in query.expr.names_read if name != query.recorded_as}
    read.add(bundle.content.always_recorded)
    for group in bundle.content.records:
        for name in dict.fromkeys(record.name for record in group.records):
            if name not in read:
                problem = f"{name} is read by nothing; use or remove it"
                yield Finding("unused-record", f"recording_rules, group {group.name}", problem)


def panels_explained(bundle: Bundle) -> Iterator[Finding]:
    """Every panel has a title and a description that says what it means."""
    for uid, board in bundle.dashboards.items():
        for panel in board["panels"]:
            if panel["type"] != "row" and not (panel["title"].strip() and panel["description"].strip()):
                yield Finding(
                    "panel-text", uid, f"panel {panel['title'] or panel['id']!r} needs a title and a description"
                )


def panels_lead_on(bundle: Bundle) -> Iterator[Finding]:
    """Every panel says where to look next."""
    found = dead_ends(bundle.dashboards) - bundle.left_out.dead_ends
    for uid in bundle.dashboards:
        if uid in found:
            yield Finding("panel-link", uid, "its panels lead nowhere; give the dashboard leads_to")


def buckets_known(bundle: Bundle) -> Iterator[Finding]:
    """Every `le` is a bucket of its series with every supported server: any other finds nothing, and nobody notices."""
    for query in bundle.content.queries:
        for series in query.expr.selectors:
            text = _bound(series)
            problem = _no_bucket(text, _buckets_of(series, bundle)) if text else ""
            if problem:
                yield Finding("bucket", query.where, f'{series.name}{{le="{text}"}}: {problem}')


def _bound(series: Selector) -> str:
    """The one finite bound that is selected; empty where all are, or where a variable of the dashboard chooses."""
    bound = dict(series.matchers).get("le")
    chosen = bound is None or bound.operator != "=" or "$" in bound.value
    return "" if bound is None or chosen or bound.value == "+Inf" else bound.value


def _buckets_of(series: Selector, bundle: Bundle) -> Buckets | None:
    """Those of the engine whose series are selected, else those of the first."""
    engine = dict(series.matchers).get("inference_engine")
    own = bundle.buckets_of_engines.get((series.name, engine.value)) if engine and engine.operator == "=" else None
    return own or bundle.buckets.get(series.name)


def _no_bucket(text: str, known: Buckets | None) -> str:
    """What is wrong with the bound, or nothing."""
    if known is None:
        return "no histogram or recorded series of that name has buckets"
    written = {bound_text(bound): bound for bound in known.bounds}
    if text not in written:
        return f"no such bucket; servers have {', '.join(written)}"
    for name, end in known.former_ends:
        if written[text] > end.bound:
            return (
                f"{name} ends at {end.bound:g} up to version {end.last}; choose a smaller bound, "
                f"or name the buckets that your servers have in the setting {SETTING}"
            )
    return ""


CHECKS: tuple[Check, ...] = (
    rules_load,
    runbooks_complete,
    records_used,
    panels_explained,
    panels_lead_on,
    buckets_known,
)
