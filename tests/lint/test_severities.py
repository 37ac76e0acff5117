"""Severities that are misspelled, and those that are only unusual."""

import pytest

from glassbox.lint.examples import as_alert, together
from glassbox.lint.linting import judged


def messages(*severities):
    alerts = (as_alert("up == 0", labels={"severity": each}, name=f"A{at}") for at, each in enumerate(severities))
    return [finding.message for finding in judged(together(*alerts).corpus, select=("misspelled-severity",))]


@pytest.mark.parametrize(
    ("severity", "meant"),
    [
        ("ccritical", "critical"),
        ("critcal", "critical"),
        ("crtiical", "critical"),
        ("criticsl", "critical"),
        ("critical ", "critical"),
        ("Warnig", "warning"),
        ("eror", "error"),
    ],
)
def test_a_slip_is_found(severity, meant):
    (message,) = messages(severity)
    assert f"{severity!r}, and {meant!r} is probably meant" in message


@pytest.mark.parametrize(
    "severity",
    [
        *("critical", "Critical", "CRITICAL", "warnings", "warning2", "warn", "crit", "err", "note", "pager", "slow"),
        *("", "sev1", "P1", "high", "higher", "acute", "{{ $labels.severity }}", "критический", "lacitirc"),
    ],
)
def test_an_unusual_severity_is_right(severity):
    assert messages(severity) == []


def test_one_severity_in_capitals_beside_small_letters_is_found():
    (message,) = messages("critical", "Critical", "critical")
    assert "A1 is 'Critical', and 'critical'" in message
    (message,) = messages("WARN", "warn", "WARN")
    assert "A1 is 'warn', and 'WARN'" in message
    assert len(messages("Page", "page")) == 1


def test_capitals_throughout_are_right():
    assert messages("Critical", "Critical", "Warning") == []
