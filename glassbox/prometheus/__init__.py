"""Prometheus over its HTTP API, and promtool."""
