"""Alerts: one module for each subject. Each alert has a runbook of its name in `runbooks/`."""
