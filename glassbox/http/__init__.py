"""What every HTTP client of ours shares: addresses and files that hold secrets."""
