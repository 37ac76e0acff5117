"""Alerts: one module for each subject. Each alert has a runbook of its name in `runbooks/`. List a new module here."""

from alerts import engine, gpu, monitoring, saturation, service, slo
from glassbox.query.rules import AlertGroup
from glassbox.settings.model import Settings


def groups(settings: Settings) -> tuple[AlertGroup, ...]:
    """All alert groups, with this installation's thresholds."""
    return (
        service.group(settings),
        slo.group(settings),
        engine.group(settings),
        saturation.group(settings),
        gpu.group(settings),
        monitoring.group(settings),
    )
