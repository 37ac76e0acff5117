"""Queries that give nothing unless they are asked for."""

from glassbox.query.expr import Expr
from glassbox.query.expression_parts import Parts
from glassbox.query.promql import labelled, with_label
from glassbox.query.selectors import QueryError, Selector

# A label that no series has.
_ASKED = "asked_for"


def if_matched(operand: Expr, text: str, pattern: str) -> Expr:
    """The operand if the regular expression matches the text, such as a dashboard's variable that stands for what is chosen, else nothing.

    Its series are held back before anything is computed from them: what is not asked for costs little more than reading them.
    """
    # A text that is matched loses the label, and so meets the series, which lack it.
    asked = with_label(_ASKED, labelled([(_ASKED, text)]), copied_from=_ASKED, pattern=pattern, text="")

    def held_back(series: Selector) -> Parts:
        if series.window or _ASKED in series.labels:
            raise QueryError(f"'{series}' cannot be held back: it must be newest values without the label {_ASKED!r}.")
        return ("(", series, f" and on ({_ASKED}) ", *asked.parts, ")")

    return operand.with_selectors(held_back)
