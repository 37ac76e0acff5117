"""Bundles of a few objects that are made without compiling, and a stand-in to push them to."""

from contextlib import contextmanager

from glassbox.compile.bundle import Bundle, CompiledContent
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.settings.model import GrafanaTarget, Settings
from glassbox.standin.releases import SUPPORTED
from glassbox.standin.saving import with_version
from glassbox.standin.server import GrafanaStandIn

VERSIONS = SUPPORTED
TOKENS = {"admin": "Admin", "editor": "Editor", "viewer": "Viewer"}


def settings_of(folder="glassbox", **target):
    """Settings of an installation in this folder."""
    return Settings(grafana=GrafanaTarget("", folder, target.pop("title", folder.title()), **target))


def panel(title, number=1, threshold=2, **fields):
    """A panel with one query and one threshold in seconds."""
    steps = [{"color": "green", "value": None}, {"color": "red", "value": threshold}]
    defaults = {"unit": "s", "thresholds": {"mode": "absolute", "steps": steps}}
    targets = [{"refId": "A", "expr": "up", "legendFormat": "p50"}]
    place = {"x": 0, "y": 0, "w": 12, "h": 8}
    return {
        "id": number, "title": title, "type": "timeseries", "description": "Why.", "gridPos": place, "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
    } | fields  # fmt: skip  # one panel


def board(slug, *panels, folder="glassbox", **fields):
    """A dashboard of this folder."""
    return {
        "uid": f"{folder}-{slug}", "title": slug.title(), "tags": ["glassbox"], "panels": list(panels), "refresh": "30s",
    } | fields  # fmt: skip  # one dashboard


def rule(name, group, folder="glassbox", expr="up == 0", **fields):
    """An alert rule of this folder."""
    model = {"expr": expr, "instant": True, "intervalMs": 1000, "maxDataPoints": 43200, "refId": "query"}
    span = {"from": 600, "to": 0}
    query = {"refId": "query", "queryType": "", "relativeTimeRange": span, "datasourceUid": "p", "model": model}
    return {
        "uid": f"{folder}-{name}", "title": name, "folderUID": folder, "ruleGroup": group, "condition": "query",
        "data": [query], "noDataState": "OK", "execErrState": "KeepLast", "for": "5m", "keep_firing_for": "0s",
        "missingSeriesEvalsToResolve": 1, "annotations": {"summary": "It is down"}, "labels": {"severity": "page"},
        "isPaused": False,
    } | fields  # fmt: skip  # one rule


def group(title, *names, folder="glassbox", interval=60, **fields):
    """A rule group with rules of these names."""
    rules = [rule(name, title, folder, **fields) for name in names]
    return {"title": title, "folderUid": folder, "interval": interval, "rules": rules}


def in_folder(folder, *groups):
    """The same groups in a folder of rules; uids stay those of the installation."""
    return [
        each | {"folderUid": folder, "rules": [rule | {"folderUID": folder} for rule in each["rules"]]}
        for each in groups
    ]


def bundle(boards=(), groups=()):
    """A bundle of exactly these."""
    return Bundle({each["uid"]: each for each in boards}, {}, {}, tuple(groups), {}, CompiledContent({}, (), ()))


@contextmanager
def grafana_of(version="12.4.0", token="admin", **options):
    """A stand-in and a client of it."""
    with (
        GrafanaStandIn(version=version, tokens=TOKENS, search_lag_seconds=0, **options) as server,
        Grafana(server.url, Token(token)) as grafana,
    ):
        yield server, grafana


def edited(server, uid, author="alice", **fields):
    """Somebody saves these fields of a dashboard in Grafana."""
    stored = server.state.dashboards[uid]
    with_version(stored, {**stored.spec, **fields}, "", author)
