"""What one comparison reads from Grafana; answers that several objects need are read once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG
from glassbox.grafana.client import Grafana
from glassbox.grafana.failures import NotVisibleError
from glassbox.grafana.kinds.kind import Deployment
from glassbox.grafana.notifications_found import FoundNotifications
from glassbox.grafana.ownership import begins_as_ours


class Survey:
    """A server at one moment, seen from one installation's folder. Safe to share between threads."""

    def __init__(self, grafana: Grafana, deployment: Deployment) -> None:
        self.grafana, self.deployment = grafana, deployment
        self.folder_uid = deployment.target.folder_uid
        self._lock = Lock()
        self._rules: dict[str, Json] | None = None
        self._notifications: FoundNotifications | None = None

    @property
    def rules(self) -> dict[str, Json]:
        """All alert rules that the credential may read, by uid."""
        with self._lock:
            if self._rules is None:
                self._rules = {rule["uid"]: rule for rule in self.grafana.alert_rules()}
            return self._rules

    def rules_in(self, group: str) -> Iterator[Json]:
        """The rules that one group of our folder holds, in no order."""
        place = (self.folder_uid, group)
        return (rule for rule in self.rules.values() if (rule["folderUID"], rule["ruleGroup"]) == place)

    @property
    def notifications(self) -> FoundNotifications:
        """All notifications; none where they may not be read and none are declared."""
        if self._notifications is None:
            try:
                self._notifications = self._read_notifications()
            except NotVisibleError:
                if self.deployment.bundle.notifications.route is not None:
                    raise
                self._notifications = FoundNotifications([], [], [], {}, {}, self.folder_uid, frozenset())
        return self._notifications

    def _read_notifications(self) -> FoundNotifications:
        api = self.grafana.notifications
        found = api.contact_points(), api.mute_timings(), api.templates(), api.policies()
        wanted = (rule["uid"] for group in self.deployment.bundle.grafana_groups for rule in group["rules"])
        return FoundNotifications(*found, self.rules, self.folder_uid, frozenset(wanted))

    @property
    def holds_ours(self) -> bool:
        """Whether our folder holds anything of ours, by mark or by tag."""
        rules = (rule for rule in self.rules.values() if rule["folderUID"] == self.folder_uid)
        if any(begins_as_ours(rule["uid"], self.folder_uid) for rule in rules):
            return True
        return bool(self.grafana.dashboard_uids(self.folder_uid, TAG))
