"""Backtest: which alerts would have fired over a fleet's own past, when, for how long, and on what."""
