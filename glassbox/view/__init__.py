"""The commands `preview` and `pictures`: dashboards in a browser and as images, without Grafana."""
