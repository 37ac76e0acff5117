"""What our rules would have recorded over the past of somebody's Prometheus, worked out on this machine."""
