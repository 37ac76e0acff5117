"""What a Prometheus holds of an inference fleet, and what of our content can work on it."""
