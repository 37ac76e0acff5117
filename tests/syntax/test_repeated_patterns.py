"""Trees of queries whose patterns the parser has compiled before."""

import promql_parser
import pytest

from glassbox.errors import GlassboxError
from glassbox.syntax.parsing import tree_of
from glassbox.syntax.tree import CallNode, LabelMatcher, SeriesNode, TextNode

MATCHERS = {
    'a=~"b|c"': ("a", "=~", "b|c"),
    'a=~"b[.]\\"c"': ("a", "=~", 'b[.]"c'),
    'a=~"$b"': ("a", "=~", "$b"),
    'a = "b"': ("a", "=", "b"),
    'a =~ "b"': ("a", "=~", "b"),
    "a=~'b'": ("a", "=~", "b"),
    "a=~`b`": ("a", "=~", "b"),
    'a!~"b"': ("a", "!~", "b"),
    "a='b=~\"c\"'": ("a", "=", 'b=~"c"'),
    'a="b" # a=~"c"\n': ("a", "=", "b"),
    'x__name__=~"b"': ("x__name__", "=~", "b"),
}


@pytest.mark.parametrize("written", MATCHERS)
def test_a_matcher_is_what_was_written(written):
    assert tree_of(f"up{{{written}}}") == SeriesNode("up", (LabelMatcher(*MATCHERS[written]),))


def test_a_pattern_of_names_names_no_series():
    assert tree_of('{__name__=~"b|c"}') == SeriesNode("", (LabelMatcher("__name__", "=~", "b|c"),))


def test_what_looks_like_a_pattern_within_a_text_stays():
    tree = tree_of("label_replace(up, 'a', 'b=~\"c\"', '', '')")
    assert isinstance(tree, CallNode)
    assert tree.arguments[2] == TextNode('b=~"c"')


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ('up{a=~"b("}', r"illegal regex for b\("),
        ('{a=~".*"}', "at least one non-empty matcher"),
        ('{a=~"b"} + {a=~""}', "at least one non-empty matcher"),
        ('sum(up{a=~"b"}', "unexpected|unclosed|missing"),
    ],
)
def test_what_is_wrong_is_said_of_the_query_as_it_is_written(query, why):
    with pytest.raises(GlassboxError, match=why) as refused:
        tree_of(query)
    assert str(refused.value).startswith(f"'{query}' is not PromQL")


def test_a_pattern_is_compiled_once(monkeypatch):
    parse, handed = promql_parser.parse, []
    monkeypatch.setattr(promql_parser, "parse", lambda text: handed.append(text) or parse(text))
    for number in range(3):
        tree_of(f'queue_{number}{{state=~"compiled|once"}}')
    assert len(handed) == 4
    assert sum("=~" in text for text in handed) == 1
