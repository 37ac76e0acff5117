"""Dashboards: one module, one function, one question each."""
