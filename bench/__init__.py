"""Speed, size and load, measured on this machine."""

# It makes the exporter of this checkout importable.
import demo  # noqa: F401
