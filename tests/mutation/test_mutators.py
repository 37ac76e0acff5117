"""The faults themselves: where each kind is made, and where none is."""

import pytest
import yaml

from glassbox.metrics import dcgm
from glassbox.metrics.vllm import KV_CACHE_USAGE
from glassbox.query.promql import instant, max_by
from recording_rules.gpu import of_exporter
from recording_rules.levels import GPU
from tests.mutation.copies import faults_of
from tests.mutation.faults import expression_faults
from tests.mutation.mutators import mutants, of_reading, pretty


def faulty(expr, kind):
    return [pretty(fault.text) for fault in expression_faults(expr) if fault.kind == kind]


@pytest.mark.parametrize(
    ("operator", "others"),
    [(">", ["<", ">="]), (">=", ["<=", ">"]), ("<", [">", "<="]), ("<=", [">=", "<"]), ("==", ["!="]), ("!=", ["=="])],
)
def test_comparators_are_turned_and_weakened(operator, others):
    assert faulty(f"a {operator} b", "comparator") == [f"a {other} b" for other in others]


def test_a_comparator_keeps_what_it_matches_on():
    assert faulty("a > on (job) group_left (x) b", "comparator") == [
        "a < on (job) group_left (x) b",
        "a >= on (job) group_left (x) b",
    ]


def test_a_comparator_deep_inside_changes_alone():
    assert faulty("a / (b > 0) > 0.5", "comparator") == [
        "a / (b < 0) > 0.5",
        "a / (b >= 0) > 0.5",
        "a / (b > 0) < 0.5",
        "a / (b > 0) >= 0.5",
    ]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("a > 20", ["a > 22", "a > 18"]),
        ("a * 300 >= 20", ["a * 330 >= 20", "a * 270 >= 20", "a * 300 >= 22", "a * 300 >= 18"]),
        ("a < 0.005", ["a < 0.0055", "a < 0.0045"]),
        ("a * -1", ["a * -1.1", "a * -0.9"]),
        ("clamp_min(a, 5)", ["clamp_min(a, 5.5)", "clamp_min(a, 4.5)"]),
        ("vector(0.95)", ["vector(1.045)", "vector(0.855)"]),
        ("a > 0", []),
        ("a and vector(1)", []),
        ("topk by (job) (1, a)", []),
        ("histogram_quantile(0.99, a)", []),
        ('a{le="10.0"}', []),
    ],
)
def test_numbers_that_decide_move_by_a_tenth(expr, expected):
    assert faulty(expr, "number") == expected


@pytest.mark.parametrize(
    ("expr", "kind", "expected"),
    [
        ("rate(a[5m])", "window", ["rate(a[2m30s])", "rate(a[10m])"]),
        (
            "avg_over_time(a[1d] offset 1h)",
            "window",
            ["avg_over_time(a[12h] offset 1h)", "avg_over_time(a[2d] offset 1h)"],
        ),
        (
            "avg_over_time(a[1d] offset 1h)",
            "offset",
            ["avg_over_time(a[1d] offset 30m)", "avg_over_time(a[1d] offset 2h)"],
        ),
        ("max_over_time(a[10m:1m])", "window", ["max_over_time(a[5m:1m])", "max_over_time(a[20m:1m])"]),
    ],
)
def test_times_are_halved_and_doubled(expr, kind, expected):
    assert faulty(expr, kind) == expected


def test_each_matcher_is_dropped_and_the_others_keep_their_quotes():
    expr = r'rate(a{handler!~"|/v1/\"models\"",job=~"x|y",status="5\\d"}[5m])'
    assert faulty(expr, "matcher") == [
        r'rate(a{job=~"x|y",status="5\\d"}[5m])',
        r'rate(a{handler!~"|/v1/\"models\"",status="5\\d"}[5m])',
        r'rate(a{handler!~"|/v1/\"models\"",job=~"x|y"}[5m])',
    ]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum by (job) (a)", ["max by (job) (a)"]),
        ("max without (pid) (a)", ["sum without (pid) (a)", "min without (pid) (a)", "avg without (pid) (a)"]),
        ("min(a)", ["max(a)"]),
        ("avg by (job) (a)", ["max by (job) (a)"]),
        ("count by (job) (a)", ["sum by (job) (a)"]),
        ("min_over_time(a[5m])", ["max_over_time(a[5m])"]),
        ("sum_over_time(a[5m])", ["max_over_time(a[5m])"]),
        (
            "sum by (job) (max by (job, x) (a))",
            [
                "max by (job) (max by (job, x) (a))",
                "sum by (job) (sum by (job, x) (a))",
                "sum by (job) (min by (job, x) (a))",
                "sum by (job) (avg by (job, x) (a))",
            ],
        ),
        ("topk by (job) (1, a)", []),
        ("last_over_time(a[5m])", []),
    ],
)
def test_aggregations_are_exchanged(expr, expected):
    assert faulty(expr, "aggregation") == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("a and max_over_time(b[5m])", []),
        ("a unless on (job) sum by (job) (max_over_time(b[5m]))", []),
        ("a and max_over_time(b[5m]) * 2", []),
        ("group by (job) (max_over_time(b[5m]))", []),
        ("max_over_time(b[5m]) * 0", []),
        (
            "a and max_over_time(b[5m]) > 1",
            [
                "a and sum_over_time(b[5m]) > 1",
                "a and min_over_time(b[5m]) > 1",
                "a and avg_over_time(b[5m]) > 1",
                "a and max_over_time(b[5m]) > 1.1",
                "a and max_over_time(b[5m]) > 0.9",
            ],
        ),
        ("a and topk by (job) (1, min_over_time(b[5m]))", ["a and topk by (job) (1, max_over_time(b[5m]))"]),
        ("min_over_time(a[5m]) and b", ["max_over_time(a[5m]) and b"]),
        ("min_over_time(a[5m]) or b", ["max_over_time(a[5m]) or b"]),
    ],
)
def test_a_value_that_nobody_reads_is_not_changed(expr, expected):
    assert [pretty(fault.text) for fault in expression_faults(expr) if fault.kind in ("aggregation", "number")] == [
        pretty(each) for each in expected
    ]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        # Counts are above 0 together, whether they are added or the greatest is taken.
        ("x and max_over_time(up[2m]) > 0", ["x and min_over_time(up[2m]) > 0"]),
        ("x and sum by (job) (rate(a_total[5m])) > 0", []),
        ("x and sum by (job) (max_over_time(up[2m])) == 0", ["x and sum by (job) (min_over_time(up[2m])) == 0"]),
        ("max(up) > bool 0", ["min(up) > bool 0"]),
        ("x and rate(a_total[5m]) * 300 > 0", []),
        # A value that is read, a number that may be negative, and one that is not 0 tell them apart.
        ("max(up) > 0", ["sum(up) > 0", "min(up) > 0", "avg(up) > 0"]),
        ("x and sum(a) > 0", ["x and max(a) > 0"]),
        ("x and sum(a_total - b_total) > 0", ["x and max(a_total - b_total) > 0"]),
        ("x and sum(up) > 1", ["x and max(up) > 1", "x and sum(up) > 1.1", "x and sum(up) > 0.9"]),
        ("x and sum(up) >= 0", ["x and max(up) >= 0"]),
    ],
)
def test_what_is_above_zero_either_way_is_not_changed(expr, expected):
    assert [pretty(fault.text) for fault in expression_faults(expr) if fault.kind in ("aggregation", "number")] == [
        pretty(each) for each in expected
    ]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        # The other side has the same matcher, and both are matched on its label.
        ('a{x="1"} + b{x="1"}', []),
        ('sum by (x) (a{x="1"}) / on (x) group_left () max by (x) (rate(b{x="1"}[5m]))', []),
        ('sum without (y) (a{x="1"}) > b{x="1"}', []),
        ('c{x="1"} and on (x) sum by (x) (a{x="1"}) * 2', []),
        ('c{x="1"} unless d{x="1"}', ['c unless d{x="1"}']),
        ('(c{x="1"} or d) + a{x="1"}', ['(c{x="1"} or d) + a']),
        # It is not matched on the label, or the label is lost between.
        ('a{x="1"} + on (job) b{x="1"}', ['a + on (job) b{x="1"}', 'a{x="1"} + on (job) b']),
        ('a{x="1"} + ignoring (x) b{x="1"}', ['a + ignoring (x) b{x="1"}', 'a{x="1"} + ignoring (x) b']),
        ('sum(a{x="1"}) + sum(b{x="1"})', ['sum(a) + sum(b{x="1"})', 'sum(a{x="1"}) + sum(b)']),
        ('a{x="1"} + topk(1, b{x="1"})', ['a + topk(1, b{x="1"})', 'a{x="1"} + topk(1, b)']),
        (
            'a{x="1"} + label_replace(b{x="1"}, "x", "1", "", "")',
            ['a + label_replace(b{x="1"}, "x", "1", "", "")', 'a{x="1"} + label_replace(b, "x", "1", "", "")'],
        ),
        # The matchers differ, or it only adds what the other side lacks.
        ('a{x="1"} + b{x="2"}', ['a + b{x="2"}', 'a{x="1"} + b']),
        ('c{x="1"} or d{x="1"}', ['c or d{x="1"}', 'c{x="1"} or d']),
    ],
)
def test_a_matcher_that_the_other_side_makes_good_is_not_dropped(expr, expected):
    assert faulty(expr, "matcher") == [pretty(each) for each in expected]


def test_spellings_of_one_name_have_their_faults_in_common():
    expr = 'rate(a:b_total{x="1"}[5m]) or rate(a_b_total{x="1"}[5m]) or rate(ray_a_b_total{x="1"}[5m])'
    assert faulty(expr, "matcher") == [pretty(expr.replace('{x="1"}', ""))]
    assert faulty(expr, "window") == [pretty(expr.replace("5m", new)) for new in ("2m30s", "10m")]
    dropped = [fault for fault in expression_faults(expr) if fault.kind == "operand"]
    assert [fault.text for fault in dropped] == [
        'rate(a_b_total{x="1"}[5m]) or rate(ray_a_b_total{x="1"}[5m])',
        'rate(a:b_total{x="1"}[5m]) or rate(ray_a_b_total{x="1"}[5m])',
        'rate(a:b_total{x="1"}[5m]) or rate(a_b_total{x="1"}[5m])',
    ]
    assert len({fault.piece for fault in dropped} - {None}) == 3


def test_former_names_have_their_faults_in_common():
    """They are declared with the metric, and each is missed by itself."""
    names = KV_CACHE_USAGE.name, *KV_CACHE_USAGE.former_names
    expr = " or ".join(f"last_over_time({name}[2m])" for name in names)
    assert faulty(expr, "window") == [pretty(expr.replace("2m", new)) for new in ("1m", "4m")]
    assert len(faulty(expr, "operand")) == len(names) == 6


def test_copies_for_single_models_have_their_faults_in_common_but_for_their_limits():
    whom = 'on (job) label_replace(vector(1), "job", "b", "", "")'
    expr = f"min_over_time(a[5m]) > 3 and c > 1 unless {whom} or min_over_time(a[5m]) > 4 and c > 1 and {whom}"
    found = {fault.what: pretty(fault.text) for fault in faults_of(expr)}
    assert found["> 3 -> <"] == pretty(expr.replace("> 3", "< 3").replace("> 4", "< 4"))
    assert found["a[5m] -> [10m]"] == pretty(expr.replace("5m", "10m"))
    assert found["1 -> 1.1"] == pretty(expr.replace("c > 1", "c > 1.1"))
    assert found["copy 1: 3 -> 3.3"] == pretty(expr.replace("> 3", "> 3.3"))
    assert found["copy 2: 4 -> 4.4"] == pretty(expr.replace("> 4", "> 4.4"))
    first, second = (pretty(each) for each in expr.split(" or "))
    assert pretty(found["dropped: copy 1"]) == second and pretty(found["dropped: copy 2"]) == first
    assert found["dropped: whom copy 2 is for"] == pretty(f"min_over_time(a[5m]) > 4 and c > 1 or {first}")


FIRST = {"record": "r", "expr": 'sum by (job) (rate(vllm:t_total{inference_role!="prefill"}[5m]) > 3)'}
OTHER = {
    "record": "r",
    "expr": 'sum by (job) (label_replace(max without (tp_rank) (rate(e_t_total{inference_role!="prefill",rank=""}[5m]) * 0.001), '
    '"inference_engine", "e", "", "") > 3)',
}


def test_of_an_engine_only_its_reading_is_judged():
    """Thresholds, windows, roles and what is summed are those of the first engine's rule."""
    assert [mutant.what for mutant in of_reading(OTHER, FIRST)] == [
        'max -> sum: rate(e_t_total{inference_role!="prefill",rank=""}[5m]) * 0.001',
        'max -> min: rate(e_t_total{inference_role!="prefill",rank=""}[5m]) * 0.001',
        'max -> avg: rate(e_t_total{inference_role!="prefill",rank=""}[5m]) * 0.001',
        "dropped: rank='' of e_t_total",
        "0.001 -> 0.0011",
        "0.001 -> 0.0009",
    ]


def test_a_piece_that_the_first_engines_rule_has_among_others_is_not_judged_again():
    kept = "{0} or last_over_time({0}[2m]) unless on (job) (up == 1 or target:inference_vanished:group)"
    first = f"sum(max without (pid) ({kept.format('vllm:n')}) or {kept.format('http_n')})"
    marked = kept.replace("{0} or last_over_time({0}[2m])", "{now} or {before}")
    now, before = (
        f'label_replace({each}, "inference_engine", "e", "", "")' for each in ("e_n", "last_over_time(e_n[2m])")
    )
    other = f"sum(max without (pid) ({marked.format(now=now, before=before)}))"
    (left,) = of_reading({"expr": other}, {"expr": first})
    assert left.what.startswith("sum -> max: max without (pid)")


def test_a_fault_of_a_reading_is_one_in_every_rule_that_reads_so():
    again = {"expr": OTHER["expr"].replace("rate", "increase").replace("5m", "1h").replace("> 3", "> 9")}
    first = {"expr": FIRST["expr"].replace("rate", "increase").replace("5m", "1h").replace("> 3", "> 9")}
    one, other = ([mutant.piece for mutant in of_reading(*both)] for both in ((OTHER, FIRST), (again, first)))
    assert one == other
    assert len(set(one) - {None}) == 6


def test_le_is_dropped_from_by():
    assert faulty("sum by (job, le) (rate(a[5m]))", "le") == ["sum by (job) (rate(a[5m]))"]
    assert faulty("sum by (job) (rate(a[5m]))", "le") == []


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("a and b", ["a", "b"]),
        ("a or on (job) b", ["a", "b"]),
        ("a unless on (job) b", ["a"]),
        ("(a or b) and c", ["(b) and c", "(a) and c", "(a or b)", "c"]),
        ("a or b and c", ["b and c", "a", "a or b", "a or c"]),
        ("a + b", []),
    ],
)
def test_operands_are_dropped(expr, expected):
    assert sorted(faulty(expr, "operand")) == sorted(pretty(text) for text in expected)


def test_faults_come_in_the_order_of_the_text():
    """A rule that another setting makes longer at its end has the same faults in front, under the same keys."""
    short = mutants({"alert": "A", "expr": "a > 1 or b > 1"})
    longer = mutants({"alert": "A", "expr": "a > 1 or b > 1 or absent(c) > 1"})
    assert [(mutant.key, mutant.what) for mutant in short if mutant.key[0] == "comparator"] == [
        (mutant.key, mutant.what) for mutant in longer if mutant.key[0] == "comparator"
    ][:4]


def test_a_fault_has_one_key_whatever_long_names_settings_give():
    expr = 'group by (job) (up{job=~"a"}) and count by (job) (up{job=~"a"}) > 1'
    jobs, tenants = (
        '"a renamed service|another one that is renamed as well|a third"',
        "by (job, cluster, namespace, tenant)",
    )
    short, long = (
        mutants({"record": "r", "expr": each})
        for each in (expr, expr.replace('"a"', jobs).replace("by (job)", tenants))
    )
    assert [mutant.key for mutant in short] == [mutant.key for mutant in long]
    assert any(mutant.what.endswith("...") for mutant in long)


def test_a_fault_has_one_key_where_a_target_lends_its_namespace():
    used, free = (of_exporter(instant(each)) for each in (dcgm.FB_USED, dcgm.FB_FREE))
    either = max_by(GPU, max_by(GPU, used).or_(max_by(GPU, free * 1024)))
    plain, lent = (
        {mutant.key for mutant in mutants({"record": "r", "expr": str(each)})}
        for each in (either, either.identified(("namespace",)))
    )
    assert "topk" in str(either.identified(("namespace",)))
    assert plain < lent


def test_for_is_halved_and_doubled():
    rule = {"alert": "A", "expr": "a", "for": "60s", "labels": {"severity": "page"}}
    assert [mutant.rule for mutant in mutants(rule)] == [rule | {"for": "30s"}, rule | {"for": "2m"}]
    assert mutants(rule | {"for": "0s"}) == []


def test_a_fault_that_changes_nothing_is_none():
    """`a or a` is `a` whichever side is dropped: one fault, not two."""
    assert [mutant.rule["expr"] for mutant in mutants({"record": "r", "expr": "a or a"})] == ["a"]


def test_equal_descriptions_are_numbered():
    whats = [mutant.what for mutant in mutants({"record": "r", "expr": "(a > 0) / (b > 0)"})]
    assert whats == ["> 0 -> <", "> 0 -> >=", "> 0 -> < (2)", "> 0 -> >= (2)"]


def test_a_mutant_is_written_as_a_rule():
    (mutant, *_) = mutants(yaml.safe_load("{record: r, expr: 'a > 1', labels: {slo: x}}"))
    assert mutant.rule == {"record": "r", "expr": "a < 1", "labels": {"slo": "x"}}


def test_a_matcher_that_one_reading_repeats_is_dropped_everywhere_in_it():
    expr = 'rate(a{x="1"}[1m]) or rate(a{x="1"}[2m]) unless b{x="2"}'
    assert faulty(expr, "matcher") == [
        pretty('rate(a[1m]) or rate(a[2m]) unless b{x="2"}'),
        pretty('rate(a{x="1"}[1m]) or rate(a{x="1"}[2m]) unless b'),
    ]


def test_what_is_calculated_with_each_other_is_read_apart():
    expr = '(a{x="1"} or b) / (a{x="1"} or b)'
    assert faulty(expr, "matcher") == [
        pretty('(a or b) / (a{x="1"} or b)'),
        pretty('(a{x="1"} or b) / (a or b)'),
    ]


def pieces(expr):
    return {fault.what: fault.piece for fault in expression_faults(expr)}


SHARED = "max by (job) (rate(%s[5m]) unless on (job) (%s offset 5m or %s > 2) and up == 1)"


def test_a_fault_in_a_piece_of_the_same_shape_is_the_same_in_every_rule():
    one = pieces(SHARED % (('first_total{x="1"}',) * 3))
    other = pieces((SHARED % (("model:second:rate",) * 3)).replace("5m", "10m"))
    same = pieces(f"sum({SHARED % (('model:third:rate',) * 3)}) / 3")
    assert one["2 -> 2.2"] == same["2 -> 2.2"] is not None
    assert one["2 -> 2.2"] != other["2 -> 2.2"]
    assert one["2 -> 2.2"] != one["2 -> 1.8"]


def test_a_small_piece_and_a_number_outside_of_it_are_their_rules_own():
    assert set(pieces("a > 2 and b > 3").values()) == {None}


def test_a_lost_matcher_is_the_same_only_among_the_same_labels():
    one, other = (pieces(SHARED % ((f'some_total{{{label}="1"}}',) * 3)) for label in "xy")
    assert one["dropped: x='1' of some_total"] != other["dropped: y='1' of some_total"]
    assert one["> 2 -> <"] == other["> 2 -> <"]
