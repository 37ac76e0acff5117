"""Which queries that are not PromQL are MetricsQL, the language of VictoriaMetrics that contains PromQL.

Functions and words are those of github.com/VictoriaMetrics/metricsql (`rollup.go`, `transform.go`, `aggr.go`, `binary_op.go`,
`parser.go` at cc09923d) that no version of Prometheus has.
"""

import re

from glassbox.syntax.grafana_variables import outside_of_texts

_CALL = re.compile(
    r"""(?<![\w:.]) (?:
    any | buckets_limit | default_rollup | deriv_fast | distinct | drop_empty_series | geomean | hoeffding_bound_(?:lower|upper) | ideriv
    | bitmap_(?:and|or|xor) | histogram (?:_share)? | integrate | interpolate | keep_next_value | lag | lifetime | limit_offset | mad | median
    | mode | now | outliers_(?:iqr|mad) | outliersk | prometheus_buckets | quantiles | rand (?:_exponential|_normal)? | rate_over_sum
    | (?:changes|delta|increase|rate)_prometheus | increase_pure | remove_resets | scrape_interval | share | smooth_exponential | sum2
    | sort_by_label_numeric (?:_desc)? | timestamp_with_name | timezone_offset | union | zscore | rollup (?:_[a-z]+)*
    | (?:topk|bottomk)_(?:avg|last|max|median|min) | running_(?:avg|max|min|sum) | labels_equal
    | range_(?:avg|first|last|linear_regression|mad|max|min|normalize|quantile|stddev|stdvar|sum|zscore|trim_(?:outliers|spikes|zscore))
    | label_(?:copy|del|graphite_group|keep|lowercase|map|match|mismatch|move|set|transform|uppercase|value)
    | (?:aggr|ascent|count_values|decreases|descent|distinct|duration|geomean|histogram|increases|median|mode|outlier_iqr|quantiles)_over_time
    | (?:range|stale_samples|sum2|tfirst|tlast|tlast_change|tmax|tmin|zscore)_over_time
    | (?:count|share|sum)_(?:eq|gt|le|ne)_over_time
    ) \s* \(""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(
    r"(?:^|[(,=+*/%^-])\s*with\s*\(|[)\]}\w]\s+(?:default|if|ifnot)\s+[\w({]|\bkeep_metric_names\b", re.IGNORECASE
)


def is_metrics_ql(query: str) -> bool:
    """Whether a query that is not PromQL calls a function or has a word that only MetricsQL knows."""
    plain = '""'.join(outside_of_texts(query))
    return bool(_WORD.search(plain)) or bool(_CALL.search(plain))
