"""Alerts: one module for each subject. Each alert has a runbook of its name in `runbooks/`. A new module is listed here."""

from alerts import engine, gpu, service
from kit.rules import AlertGroup
from kit.settings import Settings


def groups(settings: Settings) -> tuple[AlertGroup, ...]:
    """All alert groups with this installation's thresholds."""
    return service.group(settings), engine.group(settings), gpu.group(settings)
