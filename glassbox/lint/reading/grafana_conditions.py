"""What the expressions of a Grafana rule read, and compare: by a threshold, or by a classic condition, which loses all labels."""

from collections.abc import Mapping
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.reading.located import object_in, text_in
from glassbox.lint.subjects.grouped_rules import GrafanaThreshold

_CLASSIC = "classic_conditions"
# Those of Grafana's evaluators with one number.
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "=="}
# `getReferenceVar` of pkg/expr in github.com/grafana/grafana.
_READING = frozenset({"threshold", "reduce", "resample"})
# Reducers that give one of the values, or what is between them.
_CHOOSING = frozenset({"", "last", "avg", "mean", "min", "max", "median"})


def threshold_of(rule: Mapping[str, Any]) -> GrafanaThreshold | None:
    """What the condition of a rule compares with a number; None where it compares more than one query, or in another way."""
    models = _models(rule)
    condition = models.get(text_in(rule, "condition"), {})
    compared = list(objects_in(condition, "conditions"))
    if len(compared) != 1 or text_in(condition, "type") not in (_CLASSIC, "threshold"):
        return None
    is_classic = text_in(condition, "type") == _CLASSIC
    read, reducer = _read(compared[0]) if is_classic else (text_in(condition, "expression"), "")
    while (model := models.get(read, {})) and text_in(model, "type") == "reduce" and reducer in _CHOOSING:
        models.pop(read)
        read, reducer = text_in(model, "expression"), text_in(model, "reducer")
    evaluator = object_in(compared[0], "evaluator")
    params = evaluator.get("params")
    number = params[0] if isinstance(params, list) and params else None
    operator = _OPERATORS.get(text_in(evaluator, "type"), "")
    if not operator or reducer not in _CHOOSING or isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return GrafanaThreshold(read.removeprefix("$"), operator, float(number))


def reads_nothing(rule: Mapping[str, Any]) -> str:
    """The refId of an expression that does not name what it reads; empty where each does."""
    lost = (name for name, model in _models(rule).items() if _lacks_input(model))
    return next(lost, "")


def compares_a_line(rule: Mapping[str, Any]) -> str:
    """The refId of a query of PromQL that the condition's threshold reads as it is, and that gives the points of a range; else empty."""
    models = _models(rule)
    condition = models.get(text_in(rule, "condition"), {})
    read = text_in(condition, "expression").removeprefix("$") if text_in(condition, "type") == "threshold" else ""
    model = models.get(read, {})
    # Grafana asks for a range unless a query is an instant one (pkg/promlib/models/query.go).
    return read if text_in(model, "expr") and model.get("instant") is not True else ""


def _lacks_input(model: Mapping[str, Any]) -> bool:
    """Whether it is of a kind that reads what `expression` names, and names nothing there."""
    return text_in(model, "type") in _READING and "expr" not in model and not text_in(model, "expression").strip()


def loses_labels(rule: Mapping[str, Any]) -> bool:
    """Whether its condition is a classic one, which gives one result without labels for all series."""
    return text_in(_models(rule).get(text_in(rule, "condition"), {}), "type") == _CLASSIC


def _models(rule: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The models of queries and expressions, by refId."""
    held = ((each, object_in(each, "model")) for each in objects_in(rule, "data"))
    return {text_in(model if "refId" in model else each, "refId"): model for each, model in held}


def _read(condition: Mapping[str, Any]) -> tuple[str, str]:
    """The query that a classic condition compares, and how it makes one number of its points."""
    params = object_in(condition, "query").get("params")
    named = params[0] if isinstance(params, list) and params and isinstance(params[0], str) else ""
    return named, text_in(object_in(condition, "reducer"), "type")
