"""Real servers as child processes on loopback."""
