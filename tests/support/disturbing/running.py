"""Disturbed tests of one alert in one promtool run: when the alert fires in each of them."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import yaml_text
from glassbox.prometheus import promtool
from tests.support.disturbing.disturbances import IS_DOWN
from tests.support.disturbing.samples import Series, written
from tests.support.needed_rules import Rule, as_file, needed_for
from tests.support.promtool_windows import closed
from tests.support.rule_test_files import how_to_run

# `got` of a failed expectation that there is nothing.
_ANSWER = re.compile(r'expr: "(\w+)_over_time\(.*?number!=\\"(\d+)\\".*?\n +exp: .*\n +got: (.*)')
_SAMPLE = re.compile(r"(\{[^{}]*\}) ([-+\d.E]+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_RULE_ERROR = re.compile(r"rule: .* err: (.*)")

Labels = tuple[tuple[str, str], ...]

# Many disturbances of an alert that looks back for days are one run, which a busy machine takes minutes for.
_TIMEOUT_SECONDS = 280


@dataclass(frozen=True)
class Question:
    """When an alert fires in a test of these series."""

    series: Sequence[Series]
    interval_seconds: int
    until_seconds: int


@dataclass(frozen=True)
class Firing:
    """The evaluations at which one alert fires: the first and the last, in seconds, and how many."""

    first: float
    last: float
    count: float


# By labels; or the error of a rule, which ends the evaluation.
Answer = Mapping[Labels, Firing] | str


def firings(
    alert: str,
    file: Path,
    evaluated_seconds: int,
    expected: Mapping[str, str],
    questions: Sequence[Question],
    *,
    identity_labels: Sequence[str] = (),
) -> list[Answer]:
    """An answer to each question, on the rules of a test file, with these labels, that an alert with the expected ones needs."""
    rules = [rule for rule in needed_for(alert, file, *identity_labels) if _may_concern(rule, expected)]
    output = _output(alert, rules, evaluated_seconds, dict(enumerate(questions)))
    if not _RULE_ERROR.search(output):
        return _answers(output, len(questions))
    # promtool does not say in which test a rule fails.
    alone = [_output(alert, rules, evaluated_seconds, {0: question}) for question in questions]
    return [error[1] if (error := _RULE_ERROR.search(each)) else _answers(each, 1)[0] for each in alone]


def _may_concern(rule: Rule, labels: Mapping[str, str]) -> bool:
    """Records of other objectives, which are most of them, have no part in the alert."""
    return all(labels.get(label, value) == value for label, value in rule.own_labels.items())


def _output(alert: str, rules: Sequence[Rule], evaluated_seconds: int, questions: Mapping[int, Question]) -> str:
    tests = [_test(alert, number, question, evaluated_seconds) for number, question in questions.items()]
    content = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{evaluated_seconds}s",
        "tests": tests,
        **how_to_run(),
    }
    with tempfile.TemporaryDirectory(prefix="disturbed-") as folder:
        Path(folder, "rules.yaml").write_text(
            closed(yaml_text(as_file(map(_paused_while_down, rules)))), encoding="utf-8"
        )
        file = Path(folder, "disturbed.test.yml")
        # JSON is YAML, and written much faster.
        file.write_text(json.dumps(content), encoding="utf-8")
        return "\n".join(promtool.test_rules([file], timeout_seconds=_TIMEOUT_SECONDS).problems)


def _paused_while_down(rule: Rule) -> Rule:
    """The rule, which has no result while Prometheus is down: then nothing is recorded, and a wait begins anew."""
    return replace(rule, body=rule.body | {"expr": f"({rule.body['expr']}) unless on () {IS_DOWN}"})


def _test(alert: str, number: int, question: Question, evaluated_seconds: int) -> Json:
    firing = f'ALERTS{{alertname="{alert}",alertstate="firing",number!="{number}"}}'
    length, step = f"{question.until_seconds + 1}s", f"{evaluated_seconds}s"
    asked = [
        f"min_over_time(timestamp({firing})[{length}:{step}])",
        f"max_over_time(timestamp({firing})[{length}:{step}])",
        f"count_over_time({firing}[{length}])",
    ]
    return {
        "interval": f"{question.interval_seconds}s",
        "input_series": [written(series) for series in question.series],
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{question.until_seconds}s", "exp_samples": []} for expr in asked
        ],
    }


def _answers(output: str, count: int) -> list[Answer]:
    read: list[dict[Labels, dict[str, float]]] = [{} for _ in range(count)]
    for operation, number, samples in _ANSWER.findall(output):
        for labels, value in _SAMPLE.findall(samples):
            read[int(number)].setdefault(_labels(labels), {})[operation] = float(value)
    return [
        {labels: Firing(each["min"], each["max"], each["count"]) for labels, each in answer.items()} for answer in read
    ]


def _labels(text: str) -> Labels:
    named = ((label, value.replace('\\"', '"')) for label, value in _LABEL.findall(text))
    return tuple(
        sorted((label, value) for label, value in named if label not in ("__name__", "alertname", "alertstate"))
    )
