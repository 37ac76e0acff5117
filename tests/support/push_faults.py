"""A push through a proxy that fails one of its writes: the faults, and what must hold after each."""

import time
from dataclasses import replace

from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from tests.support.fault_proxy import HTML, Answer, ProxyFault, says
from tests.support.pushing import planned, push

# A busy machine answers within it.
TIMEOUT_SECONDS = 2.5
AFTER, BEFORE = True, False


def late(answer):
    """Longer than the client waits."""
    time.sleep(TIMEOUT_SECONDS + 0.5)
    return answer


def slow(answer):
    """Shorter than the client waits."""
    time.sleep(TIMEOUT_SECONDS / 10)
    return answer


def cut(answer):
    """Half of the body, and the length of the whole."""
    return replace(answer, status=200, body=answer.body[: len(answer.body) // 2] or b"{", announced_bytes=999)


def half(answer):
    """Half of the body, as if it were whole."""
    return replace(answer, status=200, body=answer.body[: len(answer.body) // 2] or b"{")


def page(status):
    return Answer(status, HTML, "text/html")


SURVIVED = {
    "reset before": ProxyFault(BEFORE, None),
    "reset after": ProxyFault(AFTER, None),
    "time-out after": ProxyFault(AFTER, late),
    "429": ProxyFault(BEFORE, says(429)),
    "429 with Retry-After": ProxyFault(BEFORE, says(429, **{"Retry-After": "2"})),
    "500 before": ProxyFault(BEFORE, says(500, "database is locked")),
    "500 after": ProxyFault(AFTER, says(500, "database is locked")),
    "502 before": ProxyFault(BEFORE, page(502)),
    "503 before": ProxyFault(BEFORE, page(503)),
    "504 after": ProxyFault(AFTER, page(504)),
    "409 before": ProxyFault(BEFORE, says(409)),
    "412 before": ProxyFault(BEFORE, says(412)),
    "412 after": ProxyFault(AFTER, says(412)),
    "slow": ProxyFault(AFTER, slow),
    "cut": ProxyFault(AFTER, cut),
    "half": ProxyFault(AFTER, half),
}
REPORTED = {
    "401": ProxyFault(BEFORE, says(401)),
    "403": ProxyFault(BEFORE, says(403)),
    "429 for an hour": ProxyFault(BEFORE, says(429, **{"Retry-After": "3600"})),
    "gone before": ProxyFault(BEFORE, None, down_after=True),
    "gone after": ProxyFault(AFTER, None, down_after=True),
}


class FaultedPush:
    """An installation behind the proxy, with what is wanted of it: a subclass sets `settings` and `wanted`, and knows the state after it."""

    def __init__(self, proxy, server, folder):
        proxy.heal()
        self.proxy, self.server, self.folder = proxy, server, folder

    def grafana(self):
        return Grafana(self.proxy.url, Token("admin"), timeout_seconds=TIMEOUT_SECONDS)

    def push(self, *, force=True):
        """The names of what was reported as done, and the error or None."""
        done = []
        with self.grafana() as grafana:
            try:
                push(grafana, self.settings, self.wanted, force=force, done=done.append)
            except GlassboxError as error:
                return done, error
        return done, None

    def refuse_false_report(self, done):
        """What was reported as done stands."""
        with self.grafana() as grafana:
            left = {change.name for change in planned(grafana, self.settings, self.wanted).pending}
        assert not {change.name for change in done} & left

    def refuse_unsettled(self):
        """Another push ends with the wanted state, once, and with an empty plan."""
        self.proxy.heal()
        assert self.push()[1] is None
        with self.grafana() as grafana:
            assert planned(grafana, self.settings, self.wanted).pending == ()
        self.refuse_other_state()

    def goes_on(self, name, at, writes):
        """Reading again settles the fault at this write."""
        self.proxy.arm(SURVIVED[name], at)
        done, error = self.push()
        assert self.proxy.met.is_set(), error
        assert (error, len(done)) == (None, writes)
        self.refuse_unsettled()

    def stops(self, name, at, pauses):
        """The push ends at this write, soon, and reports only what stands."""
        self.proxy.arm(REPORTED[name], at)
        done, error = self.push()
        assert self.proxy.met.is_set() and isinstance(error, GlassboxError)
        assert sum(pauses) < 30
        self.proxy.heal()
        self.refuse_false_report(done)
        self.refuse_unsettled()
