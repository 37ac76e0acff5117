"""Grafana over its HTTP API: client and credentials, kinds of objects, plan and push."""
