"""A local stand-in for Grafana: the HTTP API that a deploy needs, answered the way each Grafana release answers it."""
