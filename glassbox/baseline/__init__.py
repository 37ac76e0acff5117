"""`deploy.py baseline`: the normal range of the recorded series at each load as a file, and what has changed since."""
