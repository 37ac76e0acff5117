"""What manages an object of Grafana beside people: Git Sync, Terraform, kubectl, an operator, a file on the server.

Dashboards name theirs in the API below `/apis`; folders also in the classic one since they are in unified storage (Grafana
12: parseUnstructuredToLegacyFolder in pkg/services/folder/folderimpl/conversions.go), by its kind alone.
"""

from __future__ import annotations

from glassbox.compile.bundle import Json

# ManagerKind in pkg/apimachinery/utils/manager.go.
REPOSITORY = "repo"
A_FILE = "a file on the Grafana server"
_WORDS = {
    REPOSITORY: "Git Sync",
    "terraform": "Terraform",
    "plugin": "a plugin",
    "grafana": "Grafana itself",
    "classic-file-provisioning": A_FILE,
    "classic-api-provisioning": "a tool that uses the provisioning API",
}

_WRITABLE_PROVENANCES = (None, "", "api")


def provisioner_of(found: Json) -> str:
    """The provenance of a rule or a notification that the API may not replace, such as "file"; "" for none."""
    provenance = found.get("provenance")
    return "" if provenance in _WRITABLE_PROVENANCES else str(provenance)


def manager_of_folder(folder: Json) -> str:
    """What manages a folder, for a sentence; "" where nothing does or Grafana does not say it."""
    return manager_word(str(folder.get("managedBy") or ""))


def manager_word(kind: str) -> str:
    """What people call a manager of this kind; an unknown kind is its own word."""
    return _WORDS.get(kind, kind)
