"""The files tests/rules/*.test.yml: which there are, what is in them, and what promtool needs to run them.

In an expression, {{ module.NAME }} is the text of that query in `recording_rules/`, which dashboards ask without its being recorded;
that of `cost` has the prices of the file's settings.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from glassbox.compile.bundle import Json
from glassbox.query.expr import Expr
from glassbox.query.promql import instant
from glassbox.settings.loading import load_settings
from glassbox.settings.model import Settings
from recording_rules import cost, gpu, instances
from tests.support.ours import our_alert_groups, our_record_groups
from tests.support.promtool_windows import tolerance

FOLDER = Path(__file__).resolve().parents[1] / "rules"
TEST_FILES = sorted(FOLDER.glob("*.test.yml"))
_NAMED = re.compile(r"\{\{ ([\w.]+) \}\}")


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
    named |= {
        "cost.price": cost.price(settings),
        "cost.of_models": cost.of_models(settings),
        "cost.idle": cost.idle(settings, instant(gpu.ACTIVITY)),
    }
    return {name: str(query) for name, query in named.items()}


def settings_file(file: Path) -> Path | None:
    """`x.settings.yml` beside `x.test.yml`: the settings that its rules are compiled with."""
    beside = file.with_name(file.name.replace(".test.yml", ".settings.yml"))
    return beside if beside.is_file() else None


def how_to_run() -> Json:
    """Records before alerts, since promtool's own order is random and an alert must see the records of its own moment."""
    records = [group.name for group in our_record_groups()]
    return {"group_eval_order": records + [group.name for group in our_alert_groups()], **tolerance()}
