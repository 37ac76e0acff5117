"""Rule tests with the troubles that every Prometheus meets: failed scrapes, restarts, roll-outs, namespaces, copies of all series."""
