"""Where rules are evaluated: the folder of a Prometheus or vmalert, and the ruler of Mimir, Cortex or Grafana Cloud."""
