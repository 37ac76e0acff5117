"""The example of own content is built, linted and tested as its settings file says."""

import shutil

import pytest

from glassbox.prometheus import promtool
from tests.support.ours import main
from tests.support.paths import ROOT

EXAMPLE = ROOT / "examples" / "own-content"


@pytest.fixture
def example(tmp_path):
    """A copy, since its test reads what is built into it."""
    return shutil.copytree(EXAMPLE, tmp_path / "own-content", ignore=shutil.ignore_patterns("build", "__pycache__"))


@pytest.mark.usefixtures("components")
def test_its_alert_fires_as_its_promtool_test_says(example, capsys):
    settings = str(example / "settings.yaml")
    assert main(["--settings", settings, "build", "--out", str(example / "build")]) == 0
    built = capsys.readouterr().out
    for file in ("dashboards/glassbox-answers.json", "alerts/answers.yaml", "recording_rules/answer-length.yaml"):
        assert str(example / "build" / file) in built
    result = promtool.test_rules(sorted((example / "tests").glob("*.test.yml")))
    assert result.files == 1
    assert result.passed, result.problems


@pytest.mark.usefixtures("components")
def test_it_has_no_findings_and_ours_is_there_too(capsys):
    assert main(["--settings", str(EXAMPLE / "settings.yaml"), "lint"]) == 0
    with_it = capsys.readouterr().out
    assert main(["lint"]) == 0
    ours = capsys.readouterr().out
    counts = [[int(word) for word in text.split() if word.isdigit()] for text in (ours, with_it)]
    assert counts[1] == [counts[0][0] + 1, counts[0][1] + 2]
