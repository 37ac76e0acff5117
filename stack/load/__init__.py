"""The load test, `python stack/loadtest.py`: who asks when, what came back and when, and what that means."""
