"""Whether a disturbed test has the result of the undisturbed one."""

from collections.abc import Iterable, Mapping

from tests.support.disturbing.disturbances import DISTURBANCES, PROD, STAGING, TWO_NAMESPACES, UNDISTURBED, Disturbance
from tests.support.disturbing.pairs import FIRES, JUST_BELOW, RuleTest
from tests.support.disturbing.running import Answer, Firing, Labels, Question, firings

# By disturbance and case, a sentence for each result that is another one.
Differences = dict[tuple[str, str], str]


def differences(tests: Mapping[str, RuleTest]) -> Differences:
    """What the disturbances change for one alert, given its tests by their case."""
    asked = [(name, case) for name in DISTURBANCES for case in tests]
    found: Differences = {}
    for case, test in tests.items():
        names = [name for name, other in asked if other == case]
        questions = [_question(test, DISTURBANCES[name], tests.get(JUST_BELOW)) for name in names]
        answers = firings(test.alert, test.file, test.evaluated_seconds, tests[FIRES].fires_first[0], questions)
        allowed = _allowed(test, tests.get(JUST_BELOW), answers[names.index(UNDISTURBED)])
        for name, answer in zip(names, answers, strict=True):
            if problem := _difference(test, DISTURBANCES[name], answer, allowed):
                found[name, case] = problem
    return found


def difference_between_tenants(tests: Mapping[str, RuleTest]) -> str:
    """What is wrong where namespaces are told apart: a sentence unless it fires for the one in trouble, and not for the healthy one."""
    test = tests[FIRES]
    expected = {_with_namespace(labels, PROD) for labels in test.fires_first}
    question = _question(test, DISTURBANCES[TWO_NAMESPACES], tests.get(JUST_BELOW))
    (answer,) = firings(
        test.alert, test.file, test.evaluated_seconds, test.fires_first[0], [question], identity_labels=["namespace"]
    )
    if isinstance(answer, str):
        return f"the rules fail: {answer}"
    end = test.until(DISTURBANCES[TWO_NAMESPACES])
    silent = [labels for labels in expected if labels not in answer or answer[labels].last < end]
    wrong = [labels for labels in answer if dict(labels).get("namespace") != PROD]
    return "; ".join([f"{dict(labels)} is silent" for labels in silent] + [f"{dict(labels)} fires" for labels in wrong])


def _with_namespace(labels: Mapping[str, str], namespace: str) -> Labels:
    return tuple(sorted({**labels, "namespace": namespace}.items()))


def _question(test: RuleTest, disturbance: Disturbance, healthy: RuleTest | None) -> Question:
    disturbed = disturbance.change(test.given(disturbance, healthy))
    return Question(disturbed, test.interval_seconds, test.until(disturbance))


def _allowed(test: RuleTest, healthy: RuleTest | None, undisturbed: Answer) -> list[Mapping[str, str]]:
    """The labels of what may fire: what the tests expect, and what fires later where one is to fire."""
    beside = [_elsewhere(labels) for labels in healthy.may_fire] if healthy else []
    later = map(dict, undisturbed) if test.case == FIRES and not isinstance(undisturbed, str) else ()
    return [*test.may_fire, *beside, *later]


def _difference(test: RuleTest, disturbance: Disturbance, answer: Answer, allowed: Iterable[Mapping[str, str]]) -> str:
    if isinstance(answer, str):
        return f"the rules fail: {answer}"
    fired = _joined(answer, disturbance)
    may_fire = {_without(labels, disturbance) for labels in allowed}
    problems = [f"{dict(labels)} fires from {_minutes(fired[labels].first)} on" for labels in fired.keys() - may_fire]
    if test.case == FIRES:
        expected = {_without(labels, disturbance) for labels in test.fires_first}
        problems += [_of_firing(labels, fired.get(labels), test, disturbance) for labels in sorted(expected)]
    return "; ".join(filter(None, problems))


def _elsewhere(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {**labels, "instance": f"{STAGING}-{labels.get('instance')}"}


def _of_firing(labels: Labels, firing: Firing | None, test: RuleTest, disturbance: Disturbance) -> str:
    step = test.evaluated_seconds
    end = test.until(disturbance)
    if firing is None:
        return f"{dict(labels)} is silent until {_minutes(end)}"
    if firing.last < end:
        return f"{dict(labels)} fires from {_minutes(firing.first)} until {_minutes(firing.last)} only"
    evaluations = (firing.last - firing.first) / step + 1
    if disturbance.steadily and firing.count < evaluations:
        return (
            f"{dict(labels)} fires at {firing.count:g} of {evaluations:g} evaluations from {_minutes(firing.first)} on"
        )
    return ""


def _joined(answer: Mapping[Labels, Firing], disturbance: Disturbance) -> dict[Labels, Firing]:
    """Alerts that only the labels of the disturbance tell apart, as one."""
    joined: dict[Labels, Firing] = {}
    for labels, firing in answer.items():
        key = _without(dict(labels), disturbance)
        before = joined.get(key, firing)
        joined[key] = Firing(
            min(before.first, firing.first), max(before.last, firing.last), max(before.count, firing.count)
        )
    return joined


def _without(labels: Mapping[str, str], disturbance: Disturbance) -> Labels:
    return tuple(sorted((label, value) for label, value in labels.items() if label not in disturbance.ignored))


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g}m"
