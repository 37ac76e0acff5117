"""A query over several lines, for people who review it: what belongs together stands together, and a change of one part changes one line.

Reads the text of an `Expr`, which has one space on each side of an operator, so that no parser of PromQL is needed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from glassbox.query.expr import OPERATORS, Expr

WIDTH = 100
_INDENT = "  "
_KEPT_LAYOUTS = 2**16

_OPERATOR = "|".join(sorted(map(re.escape, OPERATORS), key=len, reverse=True))
# An operator is one token with the labels by which it matches, such as ` / on (job) group_left (model_name) `.
_MATCHING = r"(?: (?:on|ignoring|group_left|group_right) \([^()]*\))*"
_TOKEN = re.compile(rf' (?:{_OPERATOR}){_MATCHING} |"(?:[^"\\]|\\.)*"|[({{]|[)}}]|, ?|\s+|[^"(){{}},\s]+')


@dataclass(frozen=True)
class _Brackets:
    """The text within brackets, split at its commas."""

    opening: str
    arguments: "tuple[_Tokens, ...]"
    closing: str

    def __str__(self) -> str:
        comma = "," if self.opening == "{" else ", "
        return self.opening + comma.join(map(_flat, self.arguments)) + self.closing


_Tokens = tuple[str | _Brackets, ...]
_Lines = tuple[str, ...]


def layout(query: Expr | str, width: int = WIDTH) -> str:
    """The query on one line where it fits, else one operand or argument on each; Prometheus reads it as the same query."""
    (tokens,) = _arguments(iter(_TOKEN.findall(str(query))), "")
    return "\n".join(_lines(tokens, width))


def _arguments(words: Iterator[str], closing: str) -> tuple[_Tokens, ...]:
    """The text before the closing bracket, split at the commas that no other bracket encloses."""
    arguments: list[list[str | _Brackets]] = [[]]
    for word in words:
        if word == closing:
            break
        if word in ("(", "{"):
            closed_by = ")" if word == "(" else "}"
            arguments[-1].append(_Brackets(word, _arguments(words, closed_by), closed_by))
        elif word.startswith(","):
            arguments.append([])
        else:
            arguments[-1].append(word)
    return tuple(map(tuple, arguments))


def _flat(tokens: _Tokens) -> str:
    return "".join(map(str, tokens))


def _strength(token: str | _Brackets) -> int:
    """How strongly an operator binds; 0 for every other token."""
    if not isinstance(token, str) or not token.startswith(" "):
        return 0
    return OPERATORS.get(token.strip().partition(" ")[0], 0)


def _weakest(tokens: _Tokens) -> int:
    """The precedence of the operators that are evaluated last; 0 if there is no operator."""
    return min(filter(None, map(_strength, tokens)), default=0)


# An operand is tried at several widths, and so is each operand within it: without the cache the tries multiply with depth.
@lru_cache(_KEPT_LAYOUTS)
def _lines(tokens: _Tokens, width: int) -> _Lines:
    flat = _flat(tokens)
    if len(flat) <= width:
        return (flat,)
    return _chain(tokens, width) if _weakest(tokens) else _opened(tokens, width)


def _chain(tokens: _Tokens, width: int) -> _Lines:
    """Operands below each other, each after its operator; an operand with operators of its own is indented."""
    first, *others = _operands(tokens)
    lines = _operand(first, width)
    for operator, *operand in others:
        lines += _after(str(operator).strip(), tuple(operand), width)
    return lines


def _after(operator: str, operand: _Tokens, width: int) -> _Lines:
    """An operator and what follows it: on the same line where that is one line or one call, else below it."""
    whole, narrow = _lines(operand, width), _lines(operand, width - len(operator) - 1)
    if len(narrow) > 1 and _weakest(operand):
        return (operator, *_operand(operand, width))
    # Only the first line shares its line with the operator.
    fits = len(narrow) > 1 and len(whole) > 1 and len(operator) + 1 + len(whole[0]) <= width
    first, *rest = whole if fits else narrow
    if len(operator) + 1 + len(first) > width:
        return (operator, *_indented(_lines(operand, width - len(_INDENT))))
    return (f"{operator} {first}", *rest)


def _operands(tokens: _Tokens) -> list[_Tokens]:
    """The tokens split before the weakest operators, so that all operands but the first begin with an operator."""
    weakest = _weakest(tokens)
    starts = [index for index, token in enumerate(tokens) if _strength(token) == weakest]
    return [tokens[start:end] for start, end in zip([0, *starts], [*starts, len(tokens)], strict=True)]


def _operand(tokens: _Tokens, width: int) -> _Lines:
    """An operand's lines, indented where they hold an operator."""
    lines = _lines(tokens, width)
    if len(lines) == 1 or not _weakest(tokens):
        return lines
    return _indented(_lines(tokens, width - len(_INDENT)))


def _opened(tokens: _Tokens, width: int) -> _Lines:
    """The last brackets opened, with the arguments below each other; those before hold labels, as in `sum by (job) (x)`."""
    brackets = [(index, token) for index, token in enumerate(tokens) if isinstance(token, _Brackets)]
    if not brackets:
        return (_flat(tokens),)
    index, last = brackets[-1]
    *arguments, final = (_lines(argument, width - len(_INDENT) - 1) for argument in last.arguments)
    within = (*(line for lines in arguments for line in _with_comma(lines)), *final)
    before, after = tokens[:index], _flat(tokens[index + 1 :])
    *above, opening = (_flat(before),) if len(_flat(before)) < width else _opened(before, width)
    return (*above, opening + last.opening, *_indented(within), last.closing + after)


def _with_comma(lines: _Lines) -> _Lines:
    return (*lines[:-1], f"{lines[-1]},")


def _indented(lines: _Lines) -> _Lines:
    return tuple(f"{_INDENT}{line}" for line in lines)
