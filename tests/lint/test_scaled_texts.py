"""Texts that print another multiple of bytes or seconds than there is."""

import pytest

from glassbox.lint.examples import as_alert
from glassbox.lint.linting import judged


def messages(expr, text, **grafana):
    example = as_alert(expr, annotations={"description": text}, **grafana)
    return [finding.message for finding in judged(example.corpus, select=("other-multiple-in-text",))]


@pytest.mark.parametrize(
    ("expr", "text", "value"),
    [
        ("sum(rate(x_bytes_total[5m]) / 1000) by (pod) > 2e4", "{{ $value }}B/s", "x_bytes_total / 1000"),
        ("x_bytes / 1024 / 1024 > 1024", "{{ $value | humanize }}B", "x_bytes / 1048576"),
        ("x_bytes / 1048576 > 1024", "{{ $value | humanize1024 }}B", "x_bytes / 1048576"),
        ("x_bytes > 1e9", "{{ $value }} MB", "x_bytes"),
        ("x_bytes > 1e9", "{{ $value | humanize1024 }}MiB", "x_bytes"),
        ("max(x_bytes) / 1e9 > 1", '{{ printf "%.1f" $value }} bytes', "x_bytes / 1000000000"),
        ("x_bytes / 1024 > 1 and y > 2", "{{ $value }}GB", "x_bytes / 1024"),
        ("x_seconds * 1000 > 500", "{{ $value | humanizeDuration }}", "x_seconds * 1000"),
        (
            "1000 * histogram_quantile(0.9, rate(x_seconds_bucket[5m])) > 500",
            "{{ $value }}s",
            "x_seconds_bucket * 1000",
        ),
        ("x_ms > 500", "{{ $value }} seconds", "x_ms"),
        ("x_seconds / 3600 > 5", "{{ $value }} days", "x_seconds / 3600"),
    ],
)
def test_another_multiple_is_found(expr, text, value):
    (message,) = messages(expr, text)
    assert message.endswith(f"and the value is {value}.")


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("x_bytes / 1024 / 1024 > 1024", "{{ $value }}MB"),
        ("x_bytes / 1024 / 1024 > 1024", "{{ $value }}Mi"),
        ("x_bytes > 1e9", "{{ $value | humanize1024 }}B"),
        ("x_bytes > 1e9", "{{ $value | humanize }} bytes"),
        ("x_bytes / 1024 / 1024 / 1024 > 2", "{{ $value | humanize }}GB"),
        ("rate(x_bytes_total[5m]) * 8 / 1e6 > 100", "{{ $value }}MB/s"),
        ("rate(x_bytes_total[5m]) * 8 > 100", "{{ $value }} bps"),
        ("x_bytes / y_bytes > 0.5", "{{ $value }}B"),
        ("x_bytes / 1e9 > 1", "{{ $value }} Backends"),
        ("x_bytes / 1e9 > 1", "{{ $value }} BLOCKS"),
        ("x_bytes * 0 > 1", "{{ $value }}B"),
        ("x_bytes / 0 > 1", "{{ $value }}B"),
        ("x_seconds > 5", "{{ $value }}s"),
        ("x_seconds * 1000 > 5", "{{ $value }}ms"),
        ("x_seconds / 86400 > 5", "{{ $value }} days"),
        ("x_seconds * 0 > 5", "{{ $value }}s"),
        ("rate(x_seconds_total[5m]) * 1000 > 5", "{{ $value }}s"),
        ("increase(x_seconds_total[5m]) * 1000 > 5", "{{ $value }}ms"),
        ("x_timestamp_seconds * 1000 > 5", "{{ $value }}s"),
        ("x > 5", "{{ $value }}MB"),
        ("x_bytes > 1e9", "{{ $labels.size }}MB"),
        ("x_bytes", "{{ $value }}B"),
    ],
)
def test_the_multiple_of_the_value_is_right(expr, text):
    assert messages(expr, text) == []


def test_rules_of_grafana_are_left_alone():
    assert messages("x_bytes > 1e9", "{{ $value }} MB", grafana={}) == []
