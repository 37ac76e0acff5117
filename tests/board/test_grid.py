"""Layout and identity of panels."""

import pytest

from glassbox.board.grid import Size, stable_id, widths
from glassbox.errors import GlassboxError


@pytest.mark.parametrize(
    ("given", "result"),
    [([0], [24]), ([0, 0, 0], [8, 8, 8]), ([0] * 5, [4, 5, 5, 5, 5]), ([12, 0, 0], [12, 6, 6]), ([12, 12], [12, 12])],
)
def test_a_row_is_filled_exactly(given, result):
    assert widths([Size(width) for width in given], "here") == result
    assert sum(result) == 24


@pytest.mark.parametrize("given", [[20, 8], [24, 0], [12, 6]])
def test_a_row_that_cannot_be_filled_is_refused(given):
    with pytest.raises(GlassboxError, match="here: the panels of one row take"):
        widths([Size(width) for width in given], "here")


def test_an_id_comes_from_the_title_alone():
    assert stable_id("QPS") == 672555853
    assert 0 < stable_id("x" * 1000) < 2**31
