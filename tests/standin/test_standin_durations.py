"""Durations in and out."""

import pytest

from glassbox.standin.durations import canonical, go_seconds, parse_ms


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("0", 0), ("0s", 0), ("90s", 90_000), ("1h30m", 5_400_000), ("1d", 86_400_000), ("1w", 604_800_000), ("5ms", 5)],
)
def test_prometheus_durations_are_read(text: str, milliseconds: int) -> None:
    assert parse_ms(text) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "5 minutes", "1s1m", "-5m", "1.5h"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration string"):
        parse_ms(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [("60s", "1m"), ("90s", "1m30s"), ("8d", "8d"), ("14d", "2w"), ("365d", "1y"), ("36h", "1d12h"), ("0m", "0s")],
)
def test_canonical_form_uses_years_and_weeks_only_when_they_divide(text: str, written: str) -> None:
    assert canonical(text) == written


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0s"), (15, "15s"), (75, "1m15s"), (3600, "1h0m0s"), (-10, "-10s")]
)
def test_go_writes_every_smaller_unit(seconds: int, written: str) -> None:
    assert go_seconds(seconds) == written
