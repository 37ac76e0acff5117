"""A rule test on freshly compiled rules: on those that it names, and of these on what its cases ask for and all that this reads."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import yaml

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import yaml_text
from glassbox.prometheus import promtool
from tests.support.needed_rules import Rule, as_file, cases, compiled, needed
from tests.support.promtool_windows import closed, unexplained
from tests.support.rule_test_files import how_to_run, read, settings_file

# Budgets of three days take two minutes on a machine with other work.
_TIMEOUT_SECONDS = 600
# A case that looks at alerts of any name needs them all.
_ANY_ALERT = re.compile(r'\bALERTS(_FOR_STATE)?\b(?!\{alertname=")')


def problems(file: Path) -> list[str]:
    """What promtool finds in a test file; nothing where it agrees with every expectation."""
    content = read(file)
    loaded = [rule for rule in compiled(settings_file(file)) if rule.file in content["rule_files"]]
    with tempfile.TemporaryDirectory(prefix="rules-") as folder:
        rules = as_file(_asked_for(content["tests"], loaded))
        Path(folder, "rules.yaml").write_text(closed(yaml_text(rules)), encoding="utf-8")
        copy = Path(folder, file.name)
        test = content | {"rule_files": ["rules.yaml"]} | how_to_run()
        copy.write_text(closed(yaml.safe_dump(test, width=10**9)), encoding="utf-8")
        return unexplained(promtool.test_rules([copy], timeout_seconds=_TIMEOUT_SECONDS).problems)


def _asked_for(tests: Iterable[Json], loaded: Iterable[Rule]) -> Iterable[Rule]:
    looks_at_all = any(_ANY_ALERT.search(case.get("expr", "")) for test in tests for case in cases(test))
    return loaded if looks_at_all else needed(tests, loaded)
