"""Dashboards, alerts and recorded series as typed Python: the machinery, which knows no content."""
