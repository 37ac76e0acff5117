"""Grafana over its HTTP API: the client, the plan, the push."""
