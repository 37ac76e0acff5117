"""Dashboards, rules and Alertmanager files of anybody, with the line of everything that a finding can name."""
