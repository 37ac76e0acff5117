"""Times as people write them."""

import pytest

from glassbox.errors import GlassboxError
from glassbox.prometheus.times import milliseconds

NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW_MS),
        ("now-30m", NOW_MS - 1_800_000),
        ("now-1w", NOW_MS - 604_800_000),
        ("1795335462979", 1_795_335_462_979),
        ("1970-01-01T00:00:01", 1000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-02", 86_400_000),
    ],
)
def test_a_time_is_milliseconds(text: str, expected: int) -> None:
    assert milliseconds(text, NOW_MS) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "now+1h", "now-1y", "12", "now-" + "9" * 50 + "d", "9999999999999999"]
)
def test_anything_else_is_one_sentence(text: str) -> None:
    with pytest.raises(GlassboxError, match="is not a time: write now-30m"):
        milliseconds(text, NOW_MS)
