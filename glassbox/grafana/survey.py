"""What one comparison reads from Grafana; answers that several objects need are read once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds.kind import Deployment
from glassbox.grafana.ownership import begins_as_ours


class Survey:
    """A server at one moment, seen from one installation's folder. Safe to share between threads."""

    def __init__(self, grafana: Grafana, deployment: Deployment) -> None:
        self.grafana, self.deployment = grafana, deployment
        self.folder_uid = deployment.target.folder_uid
        self._lock = Lock()
        self._rules: dict[str, Json] | None = None

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
    def holds_ours(self) -> bool:
        """Whether our folder holds anything of ours, by mark or by tag."""
        rules = (rule for rule in self.rules.values() if rule["folderUID"] == self.folder_uid)
        if any(begins_as_ours(rule["uid"], self.folder_uid) for rule in rules):
            return True
        return bool(self.grafana.dashboard_uids(self.folder_uid, TAG))
