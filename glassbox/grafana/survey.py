"""What one comparison reads from Grafana; answers that several objects need are read once."""

from __future__ import annotations

from functools import cached_property
from threading import Lock

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG
from glassbox.grafana.client import Grafana
from glassbox.grafana.failures import GrafanaError, is_not_served
from glassbox.grafana.kinds.kind import Deployment
from glassbox.grafana.managers import REPOSITORY
from glassbox.grafana.notifications_found import FoundNotifications
from glassbox.grafana.ownership import begins_as_ours, owner_of_rule, tag_of
from glassbox.grafana.paths import not_served_is_fine
from glassbox.grafana.rule_marks import is_where_pushed


class Survey:
    """A server at one moment, seen from one installation's folder. Safe to share between threads."""

    def __init__(self, grafana: Grafana, deployment: Deployment) -> None:
        self.grafana, self.deployment = grafana, deployment
        self.folder_uid = deployment.target.folder_uid
        self.rules_folder_uid = deployment.target.folder_of_rules
        self._lock = Lock()
        self._folders: dict[str, Json | None] = {}
        self._boards: dict[str, list[Json]] = {}
        self._rules: dict[str, Json] | None = None
        self._intervals: dict[tuple[str, str], int | None] = {}
        self._notifications: FoundNotifications | None = None
        self.not_compared: dict[str, str] = {}
        """A sentence about each thing that is not compared, by its subject."""
        self.not_known: dict[str, str] = {}
        """The same about what is not known, and changes nothing of the comparison."""

    def leave_uncompared(self, subject: str, sentence: str) -> None:
        """Note that something is not compared; of several sentences about a subject the first in the alphabet, whichever came first."""
        with self._lock:
            self.not_compared[subject] = min(sentence, self.not_compared.get(subject, sentence))

    @property
    def rules(self) -> dict[str, Json]:
        """All alert rules that the credential may read, by uid."""
        with self._lock:
            if self._rules is None:
                self._rules = {rule["uid"]: rule for rule in self.grafana.alert_rules()}
            return self._rules

    def folder(self, uid: str) -> Json | None:
        """A folder as it was when this first asked for it."""
        with self._lock:
            if uid not in self._folders:
                self._folders[uid] = self.grafana.folder(uid)
            return self._folders[uid]

    def boards_in(self, folder_uid: str) -> list[Json]:
        """The dashboards of a folder, whoever's, as the search knew them when this first asked."""
        with self._lock:
            if folder_uid not in self._boards:
                self._boards[folder_uid] = self.grafana.dashboards_in(folder_uid)
            return self._boards[folder_uid]

    def synced(self, uid: str) -> str:
        """The title of a folder that Git Sync owns, "" for any other: nobody else may write to it, and rules cannot be in it."""
        found = self.folder(uid) or {}
        return str(found["title"]) if found.get("managedBy") == REPOSITORY else ""

    @cached_property
    def permissions(self) -> frozenset[str] | None:
        """The actions that the credential may do, wherever; None where the server does not report them."""
        return self.grafana.permissions()

    @cached_property
    def marks_rules(self) -> bool:
        """Whether any rule has our mark, which what an earlier version pushed has not."""
        return any(owner_of_rule(rule) == self.folder_uid for rule in self.rules.values())

    @cached_property
    def _rules_by_place(self) -> dict[tuple[str, str], list[Json]]:
        places: dict[tuple[str, str], list[Json]] = {}
        for rule in self.rules.values():
            places.setdefault((rule["folderUID"], rule["ruleGroup"]), []).append(rule)
        return places

    def rules_in(self, folder_uid: str, group: str) -> list[Json]:
        """The rules that one group of a folder holds, in no order."""
        return self._rules_by_place.get((folder_uid, group), [])

    def interval_around(self, rule: Json) -> int | None:
        """The interval in seconds of the group that holds a rule; None where that group is gone meanwhile."""
        place = rule["folderUID"], rule["ruleGroup"]
        with self._lock:
            if place not in self._intervals:
                self._intervals[place] = (self.grafana.rule_group(*place) or {"interval": None})["interval"]
            return self._intervals[place]

    def is_in_place(self, rule: Json) -> bool:
        """Whether a rule has the uid of ours, and is in a folder of ours or where its mark says that we pushed it."""
        ours = rule["folderUID"] in (self.folder_uid, self.rules_folder_uid)
        return begins_as_ours(rule["uid"], self.folder_uid) and (ours or is_where_pushed(rule, self.folder_uid))

    @property
    def notifications(self) -> FoundNotifications:
        """All notifications; none where they may not be read and none are declared."""
        if self._notifications is None:
            try:
                self._notifications = self._read_notifications()
            except GrafanaError as error:
                if self.deployment.bundle.notifications.route is not None or not is_not_served(error):
                    raise
                self.not_known["notifications"] = f"Whether there are notifications of ours is not known: {error}"
                self._notifications = FoundNotifications([], [], [], {}, {}, self.folder_uid, frozenset())
        return self._notifications

    def _read_notifications(self) -> FoundNotifications:
        api = self.grafana.notifications
        found = api.contact_points(), api.mute_timings(), api.templates(), api.policies()
        wanted = (rule["uid"] for group in self.deployment.bundle.grafana_groups for rule in group["rules"])
        return FoundNotifications(*found, self.rules, self.folder_uid, frozenset(wanted))

    def holds_ours(self, folder_uid: str) -> bool:
        """Whether this folder of ours holds anything of ours, by mark or by tag, as far as the credential may see it."""
        if folder_uid == self.folder_uid and self.grafana.dashboard_uids(folder_uid, TAG):
            return True
        with not_served_is_fine():
            rules = (rule for rule in self.rules.values() if rule["folderUID"] == folder_uid)
            return any(begins_as_ours(rule["uid"], self.folder_uid) for rule in rules)
        return False

    def others_in(self, folder_uid: str) -> str | None:
        """The folder of another installation that pushes rules or dashboards to this one; None for none, and where it may not be seen."""
        if folder_uid != self.folder_uid and self.grafana.dashboard_uids(folder_uid, tag_of(folder_uid)):
            return folder_uid
        with not_served_is_fine():
            rules = (rule for rule in self.rules.values() if rule["folderUID"] == folder_uid)
            owners = {owner for rule in rules if (owner := owner_of_rule(rule)) and is_where_pushed(rule, owner)}
            return min(owners - {self.folder_uid}, default=None)
        return None
