"""Reference pages in Markdown, written from what is declared: settings, dashboards, alerts and metrics."""
