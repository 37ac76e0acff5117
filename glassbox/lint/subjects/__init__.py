"""What lint judges, whatever it was read from: content of ours, dashboards and rule files of anybody."""
