"""The rule tests of this folder as files: which there are, what is in them, and how promtool is to run them."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

import alerts
import recording_rules
from kit.settings import Settings
from pipeline.bundle import Json
from tests.rules.windows import tolerance

FOLDER = Path(__file__).parent
TEST_FILES = sorted(FOLDER.glob("*.test.yml"))


@cache
def read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def settings_file(file: Path) -> Path | None:
    """`x.settings.yml` beside `x.test.yml`: the settings that its rules are compiled with."""
    beside = file.with_name(file.name.replace(".test.yml", ".settings.yml"))
    return beside if beside.is_file() else None


def how_to_run() -> Json:
    """Records before alerts, since promtool's own order is random and an alert must see the records of its own moment."""
    records = [group.name for group in recording_rules.groups(Settings())]
    return {"group_eval_order": records + [group.name for group in alerts.groups(Settings())], **tolerance()}
