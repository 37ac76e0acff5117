"""Names in labels as words that people read."""

from collections.abc import Sequence

from glassbox.query.expr import Expr
from glassbox.query.promql import with_label


def in_words(label: str, operand: Expr, *, most_words: int, capitals: Sequence[str]) -> Expr:
    """The operand with the names in one label as words: kv_cache_full is `KV cache full` where KV is one of the capitals.

    A name has at most `most_words` words, and a word of capitals is its first.
    """
    for _ in range(most_words - 1):
        operand = with_label(label, operand, copied_from=label, pattern="(.*?)_(.*)", text="$1 $2")
    for word in capitals:
        operand = with_label(label, operand, copied_from=label, pattern=f"{word.lower()}( .*)", text=f"{word}$1")
    return operand
