"""From content to a bundle, and from a bundle to files."""
