"""The files tests/rules/*.test.yml: which there are, what is in them, and how promtool runs them on freshly compiled rules.

In an expression, {{ module.NAME }} is the text of that query in `recording_rules/`, which dashboards ask without its being recorded;
that of `cost` has the prices of the file's settings.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import write_bundle
from glassbox.prometheus import promtool
from glassbox.query.expr import Expr
from glassbox.query.promql import instant
from glassbox.settings.model import Settings, load_settings
from recording_rules import cost, gpu, instances
from tests.support.ours import our_alert_groups, our_bundle, our_record_groups
from tests.support.promtool_windows import closed, tolerance

FOLDER = Path(__file__).resolve().parents[1] / "rules"
TEST_FILES = sorted(FOLDER.glob("*.test.yml"))
_NAMED = re.compile(r"\{\{ ([\w.]+) \}\}")


def compile_rules(settings: Path | None, folder: Path) -> None:
    """Write the rules, compiled with a settings file or with the defaults, as promtool reads them."""
    for file in write_bundle(our_bundle(load_settings(settings)), folder):
        file.write_text(closed(file.read_text(encoding="utf-8")), encoding="utf-8")


def problems(file: Path, folder: Path) -> list[str]:
    """What promtool says of a test file on the rules in the folder; nothing where it agrees with every expectation."""
    copy = folder / file.name
    copy.write_text(closed(yaml.safe_dump(read(file) | how_to_run(), width=10**9)), encoding="utf-8")
    return list(promtool.test_rules([copy]).problems)


@cache
def read(file: Path) -> dict[str, Any]:
    """The file's tests as promtool reads them, with its queries written out and without what only `tests.support.rule_cases` reads."""
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    content.pop("not_applicable", None)
    for test in content["tests"]:
        test.pop("cases", None)
    texts = queries(load_settings(settings_file(file)))
    for case in (case for test in content["tests"] for case in test.get("promql_expr_test", ())):
        case["expr"] = _NAMED.sub(lambda named: texts[named[1]], case["expr"])
    return content


def queries(settings: Settings) -> dict[str, str]:
    """The text of each query by its name."""
    named = {
        f"{module.__name__.rpartition('.')[2]}.{name}": query
        for module in (gpu, instances)
        for name, query in vars(module).items()
        if isinstance(query, Expr) and not name.startswith("_")
    }
    named |= {"cost.price": cost.price(settings), "cost.idle": cost.idle(settings, instant(gpu.ACTIVITY))}
    return {name: str(query) for name, query in named.items()}


def settings_file(file: Path) -> Path | None:
    """`x.settings.yml` beside `x.test.yml`: the settings that its rules are compiled with."""
    beside = file.with_name(file.name.replace(".test.yml", ".settings.yml"))
    return beside if beside.is_file() else None


def how_to_run() -> Json:
    """Records before alerts, since promtool's own order is random and an alert must see the records of its own moment."""
    records = [group.name for group in our_record_groups()]
    return {"group_eval_order": records + [group.name for group in our_alert_groups()], **tolerance()}
