import pytest

from glassbox.query import wording


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.9, "90%"), (0.975, "97.5%"), (0.07, "7%"), (0.011, "1.1%"), (1, "100%"), (0, "0%")]
)
def test_a_share_keeps_its_digits(ratio, text):
    assert wording.percent(ratio) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        ("5m", "5 minutes"),
        ("60m", "1 hour"),
        ("90s", "90 seconds"),
        ("1d", "1 day"),
        (120, "2 minutes"),
        (60, "1 minute"),
    ],
)
def test_a_span_is_in_the_largest_unit_that_fits(duration, text):
    assert wording.span(duration) == text


def test_a_span_that_ends_now_leaves_out_a_single_one():
    assert wording.last("1h") == "last hour"
    assert wording.last("10m") == "last 10 minutes"
