"""Which labels the templates of legends, annotations and alerts name."""

import re
from collections.abc import Iterator

_LEGEND = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
# What is left of labels with too few braces, once those that are written right are gone.
_OPEN = re.compile(r"\{\{[^{}]*\}?|\{?[^{}]*\}\}")
_BRACED_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_FIELD = re.compile(r"\$\{__field\.labels(?:\.(\w+)|\[\"?'?([^\]\"']+)\"?'?\])[^}]*\}")
_LABEL_NAME = re.compile(r"[A-Za-z_]\w*")
_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
# What an action reads of the alert itself, by name.
_OF_ALERT = re.compile(r"\$labels\.(\w+)|index\s+\$labels\s+\"([^\"]+)\"")
_SHORT = re.compile(r"(?<![\w$)])\.Labels\.(\w+)")
_VALUE = re.compile(r"\{\{-?([^{}]*\$value\b[^{}]*)-?\}\}(\s*%)?")
_PER_LONGER = re.compile(
    r"\{\{-?(?:(?!mul|humanizePercentage)[^{}])*\$value\b(?:(?!mul)[^{}])*-?\}\}(?![ ]*%)[^{}.,;:()/]{0,30}?(?:/ ?|\bper )(?:min(?:ute)?|h(?:r|our)?|day)\b"
)
_DURING_LAST = re.compile(
    r"\{\{-?(?:(?!mul|humanizePercentage)[^{}])*\$value\b(?:(?!mul)[^{}])*-?\}\} (?:times|[a-z]+s) (?:in|over|within|during) the (?:last|past) (?:\d+ ?)?(?:m|min|minutes?|h|hours?|day)\b"
)
_OPENS = re.compile(r"(?:if|with|range|define|block)\b")
_CONDITION = re.compile(r"(?:if|with|else|or|and|not|eq|ne|match|reMatch)\b")


def of_legend(template: str) -> tuple[str, ...]:
    """The labels that a legend or an annotation of Grafana names, as in `{{label}}`."""
    return tuple(dict.fromkeys(name for name in _LEGEND.findall(template) if _LABEL_NAME.fullmatch(name)))


def lacks_a_brace(template: str) -> str:
    """The first part of a legend that begins or ends as `{{label}}` does and lacks a brace; empty where there is none."""
    found = _OPEN.search(_LEGEND.sub("\0", _BRACED_VARIABLE.sub("x", template)))
    return found[0].rpartition("\0")[2].strip() if found else ""


def of_field(text: str) -> tuple[str, ...]:
    """The labels that a link or a field's name reads, as in `${__field.labels.label}`."""
    return tuple(dict.fromkeys(first or second for first, second in _FIELD.findall(text)))


def of_alert(template: str) -> tuple[str, ...]:
    """The labels of the alert's query that its template prints, without those whose absence it asks for (`if`, `with`, `or`)."""
    named, asked = dict[str, None](), set[str]()
    for action, outside in _actions(template):
        labels = [first or second for first, second in _OF_ALERT.findall(action)]
        labels += _SHORT.findall(action) if outside else []
        if _CONDITION.match(action) or " or " in action:
            asked |= set(labels)
        named |= dict.fromkeys(labels)
    return tuple(label for label in named if label not in asked)


def _actions(template: str) -> Iterator[tuple[str, bool]]:
    """Each action, and whether its dot is the alert rather than the result of a query in it."""
    depth = 0
    for action in _ACTION.findall(template):
        yield action, depth == 0
        depth += bool(_OPENS.match(action)) - (action == "end")


def prints_value(template: str) -> bool:
    """Whether the template prints the value of the alert's query."""
    return any(re.search(r"\$value\b|(?<![\w$)])\.Value\b", action) for action, _ in _actions(template))


def values_as_shares(template: str) -> Iterator[bool]:
    """Of each print of `$value` that is a share: whether it must be a ratio of 0 to 1; else it must be percent of 0 to 100."""
    for action, sign in _VALUE.findall(template):
        if "humanizePercentage" in action:
            yield True
        elif sign and "mul" not in action:
            yield False


def says_per_longer_time(template: str) -> bool:
    """Whether it calls `$value`, as it is, a number per minute, hour or day, or of the last minutes or hours."""
    return bool(_PER_LONGER.search(template) or _DURING_LAST.search(template))
