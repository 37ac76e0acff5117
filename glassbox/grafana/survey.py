"""What one comparison reads from Grafana; answers that several objects need are read once."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from threading import Lock

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG
from glassbox.grafana.client import Grafana
from glassbox.grafana.failures import NotVisibleError
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

    @cached_property
    def permissions(self) -> frozenset[str] | None:
        """The actions that the credential may do, wherever; None where the server does not report them."""
        return self.grafana.permissions()

    @cached_property
    def _rules_by_place(self) -> dict[tuple[str, str], list[Json]]:
        places: dict[tuple[str, str], list[Json]] = {}
        for rule in self.rules.values():
            places.setdefault((rule["folderUID"], rule["ruleGroup"]), []).append(rule)
        return places

    def rules_in(self, group: str) -> list[Json]:
        """The rules that one group of our folder holds, in no order."""
        return self._rules_by_place.get((self.folder_uid, group), [])

    @property
    def holds_ours(self) -> bool:
        """Whether our folder holds anything of ours, by mark or by tag, as far as the credential may see it."""
        if self.grafana.dashboard_uids(self.folder_uid, TAG):
            return True
        with suppress(NotVisibleError):
            rules = (rule for rule in self.rules.values() if rule["folderUID"] == self.folder_uid)
            return any(begins_as_ours(rule["uid"], self.folder_uid) for rule in rules)
        return False
