"""From a bundle to a Grafana that holds it: the plan as data, its renderings, and carrying it out."""
