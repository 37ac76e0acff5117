"""PromQL as anybody writes it: read, and what can be said of its result."""
