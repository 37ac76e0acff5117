"""Speed, size and load, measured on this machine."""
