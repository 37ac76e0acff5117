"""What is read of somebody's Prometheus without asking: how short, how far back and how much."""

SHORTEST_SECONDS = 600
"""The shortest window, in which there are some scrapes and evaluations."""
SHORTEST = f"{SHORTEST_SECONDS // 60}m"
LOOK_BACK = "70m"
"""How much more than the window `try` and `backtest` read: as far as all of our rules look back, except for those of longer windows."""
ASKED_ABOVE_BYTES = 500 * 1000**2
ASKED_ABOVE = f"{ASKED_ABOVE_BYTES // 1000**2} MB"
"""More than this is read only if the user agrees."""
TOO_MUCH = f"That is more than {ASKED_ABOVE}: choose a shorter --window, or agree with --yes."
