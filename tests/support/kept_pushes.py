"""Pushes with their backups, going back through them, and what a server holds."""

import json

from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups, keep
from glassbox.deploying.created_folders import noting
from glassbox.deploying.rollback import going_back
from tests.support.pushing import planned, push
from tests.support.small_bundle import settings_of

TOGETHER = settings_of()


def applied(grafana, content, folder, settings=TOGETHER, *, force=True):
    """A push with its backup."""
    made = planned(grafana, settings, content)
    note = noting(grafana, keep(grafana, made, made.pending, folder), folder, print)
    return push(grafana, settings, content, force=force, done=note)


def gone_back(grafana, folder, identity="", settings=TOGETHER):
    """A rollback with its backup, and the plan that it carried out."""
    made = going_back(grafana, settings.grafana, all_backups(folder), identity).plan
    apply(grafana, made, made.pending, noting(grafana, keep(grafana, made, made.pending, folder), folder, print))
    return made


def content(server):
    """All that the server holds, without what each write changes."""
    boards = {uid: ({key: value for key, value in each.spec.items() if key not in ("id", "version")}, each.folder_uid) for uid, each in server.state.dashboards.items()}  # fmt: skip  # one thing is one line
    rules = {uid: (each.folder_uid, each.group, each.index, each.interval_seconds, each.provenance, each.body) for uid, each in server.state.rules.items()}  # fmt: skip  # one thing is one line
    return json.loads(json.dumps([boards, rules, {uid: each.title for uid, each in server.state.folders.items()}]))
