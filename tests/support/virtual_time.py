"""An event loop whose clock jumps to the next timer: hours pass at once, and every moment is exact."""

import asyncio
import selectors


class _Jumping(selectors.SelectSelector):
    """Waits for nothing, and says that it did."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0
        return super().select(0)


def run(coroutine):
    """The result of a coroutine that waits for timers alone, from the moment 0.0 on."""
    selector = _Jumping()

    def loop():
        made = asyncio.SelectorEventLoop(selector)
        made.time = lambda: selector.now
        return made

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(coroutine)
