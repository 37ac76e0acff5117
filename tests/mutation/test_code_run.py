"""Which faults can be made, and what counts as noticed."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from glassbox.errors import GlassboxError
from tests.mutation import code_run, run
from tests.mutation.__main__ import main as both
from tests.mutation.code_faults import CodeFault, code_faults
from tests.mutation.code_run import HANG, Checkout, checkouts, judge, main, report
from tests.support.waiting import eventually

PARTS = {"baseline", "exporter", "load", "normalise", "plan", "push", "query", "standin", "transport"}
TOY = CodeFault("toy", "one is two", "toy.py", "ONE = 1", "ONE = 2", ("test_toy.py",))


def test_every_fault_of_the_tables_can_still_be_made():
    faults = code_faults()
    assert {fault.part for fault in faults} == PARTS
    assert all(not fault.unnoticed or fault.unnoticed.endswith(".") for fault in faults)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"old": "THREE"}, "toy: one is two: `old` occurs 0 times in toy.py, so write a text that occurs once."),
        ({"old": "N"}, "`old` occurs 2 times"),
        ({"file": "gone.py"}, "gone.py does not exist, so correct `file`"),
        ({"new": "ONE ="}, "line 1 of toy.py is no Python then, so correct `new`"),
        ({"near": ["test_gone.py::test_a"]}, "test_gone.py::test_a does not exist, so correct `near`"),
        ({"near": []}, "no tests are near it, so name some under `near`"),
        ({"colour": "red"}, "toy.yaml, one is two: .*'colour'"),
    ],
)
def test_a_fault_that_cannot_be_made_any_more_is_refused(tmp_path, changes, said):
    (tmp_path / "toy.py").write_text("ONE = 1\nTEN = 10\n")
    fault = {"what": "one is two", "file": "toy.py", "old": "ONE = 1", "new": "ONE = 2", "near": ["toy.py"], **changes}
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump({"faults": [fault]}))
    with pytest.raises(GlassboxError, match=said):
        code_faults(tmp_path, tmp_path)


def test_two_faults_of_one_description_are_refused(tmp_path):
    (tmp_path / "toy.py").write_text("ONE = 1\n")
    fault = {"what": "one is two", "file": "toy.py", "old": "1", "new": "2"}
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump({"near": ["toy.py"], "faults": [fault, fault]}))
    with pytest.raises(GlassboxError, match="2 faults are described so, so tell them apart"):
        code_faults(tmp_path, tmp_path)


@pytest.fixture
def checkout(tmp_path):
    """A copy of a repository of one module and its tests, which loop for ever where it says 0."""
    made = object.__new__(Checkout)
    made.folder = tmp_path
    (tmp_path / "toy.py").write_text("ONE = 1\n")
    (tmp_path / "test_toy.py").write_text(
        "import toy\n\ndef test_one():\n    while toy.ONE == 0:\n        pass\n    assert toy.ONE == 1\n"
    )
    return made


@pytest.mark.parametrize(
    ("new", "by"),
    [
        ("ONE = 2", "test_toy.py::test_one"),
        ("ONE = 1.0", ""),
        ("", "test_toy.py::test_one"),
        ("ONE = 1 / 0", "test_toy.py"),
    ],
)
def test_a_fault_is_noticed_by_the_first_test_that_fails(checkout, new, by):
    assert checkout.noticed_by(replace(TOY, new=new), limit_seconds=60) == by
    assert (checkout.folder / "toy.py").read_text() == "ONE = 1\n"


def test_a_hang_is_ended_and_counts_as_noticed(checkout):
    started = time.monotonic()
    assert checkout.noticed_by(replace(TOY, new="ONE = 0"), limit_seconds=3) == HANG
    assert time.monotonic() - started < 30


def test_a_process_that_a_fault_leaves_behind_is_ended(checkout):
    left = "import pathlib, subprocess\nLEFT = subprocess.Popen(('sleep', '600'))\npathlib.Path('pid').write_text(str(LEFT.pid))"
    assert checkout.noticed_by(replace(TOY, new=f"{left}\nONE = 1"), limit_seconds=60) == ""
    assert eventually(lambda: has_ended((checkout.folder / "pid").read_text()), 10, poll_seconds=0.05)


def has_ended(process):
    """Whether it is gone, or waits only for somebody to take note."""
    try:
        return " Z " in Path("/proc", process, "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def interruptible():
    """A shell that runs the tests in the background has them ignore Ctrl-C, and so would what they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_run_that_is_told_to_end_ends_its_tests(checkout, monkeypatch):
    monkeypatch.setattr(code_run, "Checkout", lambda _: checkout)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), checkouts(1):
        checkout.process = subprocess.Popen(("sleep", "600"), start_new_session=True)
        signal.raise_signal(signal.SIGTERM)
    assert checkout.process.poll() == -signal.SIGINT
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_copy_holds_the_files_of_the_checkout_and_no_others(tmp_path):
    Checkout(tmp_path)
    assert (tmp_path / "tests/mutation/test_code_run.py").is_file()
    assert (tmp_path / "pyproject.toml").is_file()
    assert not (tmp_path / ".git").exists()


def test_tests_that_fail_without_a_fault_are_no_judges(checkout, monkeypatch):
    (checkout.folder / "test_toy.py").write_text("def test_one():\n    assert False\n")
    monkeypatch.setattr(code_run, "Checkout", lambda _: checkout)
    with pytest.raises(GlassboxError, match=r"^test_toy\.py::test_one fails without any fault; make it pass first"):
        judge([TOY], 1)


@pytest.mark.parametrize(
    ("unnoticed", "reason", "good"), [(0, "", True), (1, "Because.", True), (1, "", False), (2, "Because.", False)]
)
def test_too_few_noticed_or_one_unexplained_is_not_good_enough(unnoticed, reason, good, capsys):
    faults = [replace(TOY, what=f"fault {number}", unnoticed="" if number else reason) for number in range(10)]
    if unnoticed > 1:
        faults = [replace(fault, unnoticed=reason) for fault in faults]
    assert report({fault: "" if at < unnoticed else "test_a" for at, fault in enumerate(faults)}) is good
    out = capsys.readouterr().out
    assert out.count("Unnoticed: ") == unnoticed
    assert f"Noticed {(10 - unnoticed) / 10:.1%} (at least 90%)" in out


def test_a_text_that_fits_no_fault_is_refused():
    result = CliRunner().invoke(main, ["--only", "Nonsense"])
    assert result.exit_code == 1
    assert "No fault of code has 'Nonsense' in its part, description or file: correct --only." in result.output


@pytest.mark.parametrize(
    ("only", "judges"), [("", "rules code"), ("InferenceQPSLow", "rules"), ("transport: ", "code"), ("Nonsense", "")]
)
def test_both_are_judged_or_the_one_that_has_the_text(monkeypatch, only, judges):
    called = []

    def stand_in(name, code):
        def command(**given):
            called.append((name, given))
            sys.exit(code)

        options = ("--only", "--jobs", "--kept") if name == "rules" else ("--only", "--jobs")
        return click.Command(name, params=[click.Option([option]) for option in options], callback=command)

    monkeypatch.setattr(run, "main", stand_in("rules", 0))
    monkeypatch.setattr(code_run, "main", stand_in("code", 1))
    result = CliRunner().invoke(both, ["--only", only, "--jobs", "3", "--kept", "folder"])
    given = {"rules": {"only": only, "jobs": "3", "kept": "folder"}, "code": {"only": only, "jobs": "3"}}
    assert called == [(name, given[name]) for name in judges.split()]
    assert result.exit_code == (0 if judges == "rules" else 1)
    assert ("Neither a rule nor a fault of code has 'Nonsense'" in result.output) is (judges == "")
