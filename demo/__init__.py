"""The whole of Glassbox on one machine, with replayed servers."""
