"""What is counted, what is reported, and when the run is not good enough."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner

from tests.mutation import judging, run
from tests.mutation.judging import subjects
from tests.mutation.kept import Kept
from tests.mutation.outcomes import Judged, Judgement, Outcome, killed_ratio, outcomes, stale, survivors, table
from tests.mutation.run import SURVIVORS
from tests.support.needed_rules import Rule

ALERT = Rule("alerts/a.yaml", "a", {"alert": "Full", "expr": "x > 1"})
RECORD = Rule("recording_rules/r.yaml", "r", {"record": "job:x:sum", "expr": "sum(x)", "labels": {"slo": "s"}})
NINETEEN_OF_TWENTY = Outcome(ALERT, mutants=21, invalid=1, survivors=("1 -> 1.1",))


def test_the_share_is_of_valid_mutants():
    assert NINETEEN_OF_TWENTY.killed == 19
    assert killed_ratio([NINETEEN_OF_TWENTY]) == 0.95
    assert killed_ratio([NINETEEN_OF_TWENTY, Outcome(RECORD, 5, 0, ())]) == 24 / 25
    assert killed_ratio([Outcome(RECORD, 2, 2, ())]) == 1


def test_a_fault_of_a_shared_piece_counts_once_and_dies_where_any_rule_notices():
    piece, other = ("a", "b"), ("a", "c")
    judged = [
        Judged(RECORD, (Judgement("x", piece, "survived"), Judgement("y", None, "survived"))),
        Judged(ALERT, (Judgement("x", piece, "killed"), Judgement("z", other, "survived"))),
    ]
    assert outcomes(judged) == [Outcome(ALERT, 2, 0, ("z",)), Outcome(RECORD, 1, 0, ("y",))]


def test_the_table_sums_alerts_and_records_apart_and_together():
    lines = table([NINETEEN_OF_TWENTY, Outcome(RECORD, 4, 0, ("a", "b"))]).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["Full", "21", "1", "19", "1", "95.0%"],
        ["job:x:sum{slo=s}", "4", "0", "2", "2", "50.0%"],
        ["alerts", "21", "1", "19", "1", "95.0%"],
        ["recorded", "series", "4", "0", "2", "2", "50.0%"],
        ["together", "25", "1", "21", "3", "87.5%"],
    ]


def test_survivors_come_with_their_reasons_and_those_without_are_counted():
    lines, unexplained = survivors([Outcome(RECORD, 4, 0, ("a", "b"))], {"job:x:sum{slo=s}": {"b": "Because."}})
    assert lines == ["job:x:sum{slo=s}: a: NO REASON in survivors.yaml", "job:x:sum{slo=s}: b: Because."]
    assert unexplained == 1


def test_a_reason_without_a_survivor_is_stale():
    reasons = {"Full": {"1 -> 1.1": "Because.", "1 -> 0.9": "Gone."}, "Renamed": {"x": "Gone."}}
    assert stale([NINETEEN_OF_TWENTY], reasons) == ["Full: 1 -> 0.9", "Renamed: x"]


def test_reasons_are_of_rules_that_exist():
    reasons = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8"))
    assert set(reasons) <= set(subjects())
    assert all(reason.endswith(".") for whats in reasons.values() for reason in whats.values())


def test_a_rule_is_met_under_the_defaults_and_every_other_setting():
    variants = subjects()["InferenceNoCapacity"]
    assert next(iter(variants)) is None
    assert {settings.name for settings in variants if settings} >= {"alerts-no-capacity-expected.settings.yml"}


@pytest.mark.parametrize(
    ("survived", "reasons", "code"),
    [
        (1, "InferenceQPSLow: {'fault 0': Because.}", 0),
        (1, "{}", 1),
        (2, "InferenceQPSLow: {'fault 0': Because., 'fault 1': Because.}", 1),
    ],
)
def test_too_few_killed_or_one_unexplained_is_not_good_enough(survived, reasons, code, tmp_path, monkeypatch):
    file = tmp_path / "survivors.yaml"
    file.write_text(reasons, encoding="utf-8")
    whats = tuple(f"fault {number}" for number in range(survived))
    monkeypatch.setattr(run, "SURVIVORS", file)
    faults = [Judgement(what, None, "survived") for what in whats]
    faults += [Judgement(f"killed {number}", None, "killed") for number in range(20 - survived)]
    # The processes are forked, and have this too.
    monkeypatch.setattr(judging, "judge", lambda variants, *_: Judged(variants[None], tuple(faults)))
    result = CliRunner().invoke(run.main, ["--only", "InferenceQPSLow", "--jobs", "1"])
    assert result.exit_code == code, result.output
    assert "InferenceQPSLow: fault 0" in result.output


def test_a_name_that_fits_no_rule_is_refused():
    result = CliRunner().invoke(run.main, ["--only", "Nonsense"])
    assert result.exit_code == 1
    assert "No alert or recorded series has 'Nonsense' in its name: correct --only." in result.output


def test_what_was_judged_is_known_until_the_rule_reads_otherwise(tmp_path):
    kept, faults = Kept(tmp_path / "new"), (Judgement("x", ("a", "b"), "killed"), Judgement("y", None, "survived"))
    kept.keep(Judged(RECORD, faults), ["sum(x)", "sum(y)"])
    assert kept.faults(RECORD.identity, ["sum(y)", "sum(x)"]) == faults
    assert kept.faults(RECORD.identity, ["sum(x)"]) == ()
    assert kept.faults(ALERT.identity, ["sum(y)", "sum(x)"]) == ()
    Kept(None).keep(Judged(RECORD, faults), ["sum(x)"])
    assert Kept(None).faults(RECORD.identity, ["sum(x)"]) == ()


def test_of_what_is_known_only_survivors_without_a_reason_are_tried_again(tmp_path, monkeypatch):
    tried = []
    variants = {None: Rule("r.yaml", "r", {"record": "a:b:sum", "expr": "sum(x) > 1"})}
    monkeypatch.setattr(judging, "trials", lambda _: [SimpleNamespace(file=tmp_path)])
    monkeypatch.setattr(judging, "settings_file", lambda _: None)
    monkeypatch.setattr(judging, "noticed", lambda _, left: tried.append(sorted(left)) or {min(left)})
    monkeypatch.setattr(judging, "rejected", lambda *_: set())
    first = judging.judge(variants)
    assert [fault.fate for fault in first.faults] == ["killed"] + ["survived"] * (len(first.faults) - 1)
    again = judging.judge(variants, (), first.faults, [first.faults[1].what])
    assert tried[1] == tried[0][2:]
    assert [fault.fate for fault in again.faults[:4]] == ["killed", "survived", "killed", "survived"]
    judging.judge(variants, (), [replace(fault, what="another") for fault in first.faults])
    assert tried[2] == tried[0]
