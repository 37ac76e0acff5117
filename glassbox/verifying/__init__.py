"""Whether what was pushed has something to show: every panel's and alert's query, asked through Grafana."""
