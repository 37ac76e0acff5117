"""What a replayed server has lived through: other captures before the present ones, each for a while."""

from collections.abc import Sequence
from dataclasses import dataclass

from demo.captures import Capture


@dataclass(frozen=True)
class Stretch:
    """For how long these captures were replayed, at `pace` times the speed at which they were taken."""

    capture: Capture
    seconds: float
    pace: float = 1.0


@dataclass(frozen=True)
class Moment:
    """How many spans of each capture are over, and the number of the one that is replayed now."""

    spans: tuple[float, ...]
    now: int


class Life:
    """Stretches one after the other up to 0 seconds, and the present capture from then on, for ever.

    `captures` are all that occur, each once, the present one first; `begin_seconds` is 0, or less with stretches.
    """

    def __init__(self, present: Capture, earlier: Sequence[Stretch] = ()) -> None:
        self.captures = tuple(dict.fromkeys((present, *(each.capture for each in earlier))))
        self.begin_seconds = -sum(each.seconds for each in earlier)
        self._earlier = [(self.captures.index(each.capture), each) for each in earlier]

    def at(self, seconds: float) -> Moment:
        """What is over at that time, and what is replayed; before the beginning nothing is over."""
        spans = [0.0] * len(self.captures)
        spans[0] = max(seconds, 0.0) / self.captures[0].span_seconds
        now, start = 0 if seconds >= 0 or not self._earlier else self._earlier[0][0], self.begin_seconds
        for number, stretch in self._earlier:
            if seconds < 0 and start <= seconds:
                now = number
            lived_seconds = min(max(seconds - start, 0.0), stretch.seconds)
            spans[number] += lived_seconds * stretch.pace / stretch.capture.span_seconds
            start += stretch.seconds
        return Moment(tuple(spans), now)
