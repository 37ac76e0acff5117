"""What our HTTP clients share: addresses, retries, files that hold tokens, and the parts of their error sentences."""
